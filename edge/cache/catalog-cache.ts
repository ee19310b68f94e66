/**
 * The shared cache in front of the catalogue: fresh answers from the store, stale ones while a new one is fetched
 * or while the origin fails (RFC 5861).
 */

import { AppError } from '#lib/problems.ts';
import type { FillDeps } from './fill.ts';
import { createLoader, type Loaded, type Loader, type LoadRequest } from './loader.ts';
import { ageSeconds, lifetimeOf, type Usability, usabilityOf } from './policy.ts';
import type { StoredAnswer } from './store.ts';

const ORIGIN_FAILED = [500, 502, 503, 504];

/** How the answer came about, in the terms of RFC 9211. */
export type CacheOutcome =
  | { readonly kind: 'hit'; readonly ttlSeconds: number; readonly isStale: boolean }
  | { readonly kind: 'stale_on_error'; readonly ttlSeconds: number; readonly originStatus: number | null }
  | {
      readonly kind: 'forwarded';
      readonly had: 'nothing' | 'stale';
      readonly isStored: boolean;
      readonly isCollapsed: boolean;
    };

export interface CatalogAnswer {
  readonly answer: StoredAnswer;
  readonly ageSeconds: number;
  readonly outcome: CacheOutcome;
}

export interface CatalogRequest extends LoadRequest {
  /** Called before the origin is asked on behalf of this request; throws where it must not be. */
  readonly onMiss: () => Promise<void>;
}

export interface CatalogCache {
  /** @throws {AppError} `unavailable` when the origin gives no answer and nothing stale may be used. */
  read(request: CatalogRequest): Promise<CatalogAnswer>;
}

/** A stored answer as it stands now. */
interface Held {
  readonly answer: StoredAnswer;
  readonly ageSeconds: number;
  readonly ttlSeconds: number;
  readonly usability: Usability;
}

export function createCatalogCache(deps: FillDeps): CatalogCache {
  const load = createLoader(deps);
  return {
    async read(request) {
      const held = await lookUp(deps, request);
      if (held?.usability === 'fresh') return hit(held, false);
      if (held?.usability === 'revalidate') {
        request.inBackground(refresh(load, request));
        return hit(held, true);
      }
      await request.onMiss();
      return fetchOrReserve(load, request, held);
    },
  };
}

async function fetchOrReserve(
  load: Loader,
  request: CatalogRequest,
  held: Held | null,
): Promise<CatalogAnswer> {
  const reserve = held?.usability === 'if_error' ? held : null;
  try {
    const loaded = await load(request);
    const hasFailed = ORIGIN_FAILED.includes(loaded.answer.status);
    if (reserve !== null && hasFailed) return staleOnError(reserve, loaded.answer.status);
    return forwarded(loaded, held === null ? 'nothing' : 'stale');
  } catch (error) {
    if (reserve === null || !(error instanceof AppError)) throw error;
    return staleOnError(reserve, null);
  }
}

async function lookUp(deps: FillDeps, { key, caller }: CatalogRequest): Promise<Held | null> {
  try {
    const answer = await deps.store.get(key.text);
    if (answer === null) return null;
    const life = lifetimeOf(answer.status, headersOf(answer));
    if (life === null) return null;
    const age = ageSeconds(answer, deps.clock.now());
    const usability = usabilityOf(life, age);
    return { answer, ageSeconds: age, ttlSeconds: life.freshSeconds - age, usability };
  } catch (error) {
    caller.log.error('the cache store failed', { error });
    return null;
  }
}

async function refresh(load: Loader, request: CatalogRequest): Promise<void> {
  try {
    const { answer } = await load(request);
    if (!ORIGIN_FAILED.includes(answer.status)) return;
    request.caller.log.warn('a stale answer could not be refreshed', { status: answer.status });
  } catch (error) {
    request.caller.log.warn('a stale answer could not be refreshed', { error });
  }
}

/** The stored header fields; `Headers` cannot be stored itself. */
export function headersOf(answer: StoredAnswer): Headers {
  const headers = new Headers();
  for (const [name, value] of answer.headers) headers.append(name, value);
  return headers;
}

function hit({ answer, ageSeconds: age, ttlSeconds }: Held, isStale: boolean): CatalogAnswer {
  return { answer, ageSeconds: age, outcome: { kind: 'hit', ttlSeconds, isStale } };
}

function staleOnError(held: Held, originStatus: number | null): CatalogAnswer {
  const { answer, ageSeconds: age, ttlSeconds } = held;
  return { answer, ageSeconds: age, outcome: { kind: 'stale_on_error', ttlSeconds, originStatus } };
}

function forwarded({ answer, isStored, isCollapsed }: Loaded, had: 'nothing' | 'stale'): CatalogAnswer {
  const outcome = { kind: 'forwarded', had, isStored, isCollapsed } as const;
  return { answer, ageSeconds: answer.initialAgeSeconds, outcome };
}
