/**
 * The shared cache: fresh answers from the store, stale ones while a new one is fetched or while the origin fails
 * (RFC 9111, RFC 5861). What may be stored is the request's rule's to say.
 */

import { AppError } from '#lib/problems.ts';
import type { Directives } from './directives.ts';
import { type FillDeps, type Near, variantKey } from './fill.ts';
import { createLoader, type Loaded, type Loader, type LoadRequest } from './loader.ts';
import { ageSeconds, type Lifetime, mayServeOnError, type Usability, usabilityOf } from './policy.ts';
import { type Found, headersOf, type StoredAnswer, type Tier } from './store.ts';
import { variantOf } from './variants.ts';

const ORIGIN_FAILED = [500, 502, 503, 504];

/** How the answer came about, in the terms of RFC 9211. */
export type CacheOutcome =
  | { readonly kind: 'hit'; readonly ttlSeconds: number; readonly tier: Tier; readonly why: Usability }
  | { readonly kind: 'stale_on_error'; readonly ttlSeconds: number; readonly originStatus: number | null }
  | {
      readonly kind: 'forwarded';
      readonly why: 'miss' | 'vary-miss' | 'stale' | 'request';
      readonly isStored: boolean;
      readonly isCollapsed: boolean;
      readonly isValidated: boolean;
    };

export interface CachedAnswer {
  readonly answer: StoredAnswer;
  readonly ageSeconds: number;
  readonly outcome: CacheOutcome;
}

export interface ReadRequest extends LoadRequest {
  /** The request's own `Cache-Control`. */
  readonly asked: Directives;
  /** Called before the origin is asked on behalf of this request; throws where it must not be. */
  readonly onMiss: () => Promise<void>;
}

export interface SharedCache {
  /**
   * Null when the client wants a stored answer or none, and there is none.
   * @throws {AppError} `unavailable` when the origin gives no answer and nothing stale may be used.
   */
  read(request: ReadRequest): Promise<CachedAnswer | null>;
}

/** A stored answer as it stands now. */
interface Held {
  readonly answer: StoredAnswer;
  readonly tier: Tier;
  readonly life: Lifetime;
  readonly ageSeconds: number;
  readonly usability: Usability;
}

interface LookUp {
  readonly held: Held | null;
  readonly sibling: StoredAnswer | null;
}

export function createSharedCache(deps: FillDeps): SharedCache {
  const load = createLoader(deps);
  return {
    async read(request) {
      const found = await lookUp(deps, request);
      const { held } = found;
      if (held?.usability === 'fresh' || held?.usability === 'stale') return hit(held);
      if (held?.usability === 'revalidate_behind') {
        request.inBackground(refresh(load, request, near(found)));
        return hit(held);
      }
      if (request.asked.has('only-if-cached')) return null;
      await request.onMiss();
      return fetchOrReserve(load, request, found);
    },
  };
}

async function fetchOrReserve(load: Loader, request: ReadRequest, found: LookUp): Promise<CachedAnswer> {
  const { held } = found;
  const isReserve = (isGone: boolean) => held !== null && mayServeOnError(held.life, held.ageSeconds, isGone);
  try {
    const loaded = await load(request, near(found));
    const { status } = loaded.answer;
    if (held !== null && ORIGIN_FAILED.includes(status) && isReserve(false))
      return staleOnError(held, status);
    return forwarded(loaded, found);
  } catch (error) {
    if (held === null || !(error instanceof AppError) || !isReserve(true)) throw error;
    return staleOnError(held, null);
  }
}

async function lookUp(deps: FillDeps, { key, rule, caller, asked }: ReadRequest): Promise<LookUp> {
  const selects = ({ answer }: Found) => {
    return answer.variant === '' || answer.variant === variantOf(headersOf(answer).get('vary'), rule.sent);
  };
  const asItStands = ({ answer, tier }: Found): Held | null => {
    const { life } = answer;
    if (life === null) return null;
    const age = ageSeconds(answer, deps.clock.now());
    return { answer, tier, life, ageSeconds: age, usability: usabilityOf(life, age, asked) };
  };
  try {
    const first = await deps.store.get(key.text);
    if (first === null) return { held: null, sibling: null };
    if (selects(first)) return { held: asItStands(first), sibling: null };
    const wanted = variantOf(headersOf(first.answer).get('vary'), rule.sent);
    const second = await deps.store.get(variantKey(key, wanted));
    return { held: second === null ? null : asItStands(second), sibling: first.answer };
  } catch (error) {
    caller.log.error('the cache store failed', { error });
    return { held: null, sibling: null };
  }
}

function near({ held, sibling }: LookUp): Near {
  return { held: held?.answer ?? null, sibling };
}

async function refresh(load: Loader, request: ReadRequest, stored: Near): Promise<void> {
  try {
    const { answer } = await load(request, stored);
    if (!ORIGIN_FAILED.includes(answer.status)) return;
    request.caller.log.warn('a stale answer could not be refreshed', { status: answer.status });
  } catch (error) {
    request.caller.log.warn('a stale answer could not be refreshed', { error });
  }
}

function hit({ answer, tier, life, ageSeconds: age, usability: why }: Held): CachedAnswer {
  return {
    answer,
    ageSeconds: age,
    outcome: { kind: 'hit', ttlSeconds: life.freshSeconds - age, tier, why },
  };
}

function staleOnError({ answer, life, ageSeconds: age }: Held, originStatus: number | null): CachedAnswer {
  const ttlSeconds = life.freshSeconds - age;
  return { answer, ageSeconds: age, outcome: { kind: 'stale_on_error', ttlSeconds, originStatus } };
}

function forwarded(loaded: Loaded, { held, sibling }: LookUp): CachedAnswer {
  const { answer, isStored, isCollapsed, isValidated } = loaded;
  const missing = sibling === null ? 'miss' : 'vary-miss';
  const why = held === null ? missing : held.usability === 'requested' ? 'request' : 'stale';
  const outcome = { kind: 'forwarded', why, isStored, isCollapsed, isValidated } as const;
  return { answer, ageSeconds: answer.initialAgeSeconds, outcome };
}
