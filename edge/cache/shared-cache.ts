/**
 * The shared cache: fresh answers from the store, stale ones while a new one is fetched or while the origin fails
 * (RFC 9111, RFC 5861). What may be stored is the request's rule's to say.
 */

import type { Origin } from '#edge/origin.ts';
import { type Clock, SECOND_MS } from '#lib/clock.ts';
import { AppError } from '#lib/problems.ts';
import type { Directives } from './directives.ts';
import { type FillDeps, type Near, variantKey } from './fill.ts';
import { createLoader, type Loaded, type Loader, type LoadRequest } from './loader.ts';
import { ageSeconds, type Lifetime, mayServeOnError, type Usability, usabilityOf } from './policy.ts';
import { type Found, headersOf, isDegraded, type StoredAnswer, type Tier } from './store.ts';
import { variantOf } from './variants.ts';

const ORIGIN_FAILED = [500, 502, 503, 504];
/** A key that the origin gave no answer for is left alone for so long by those who can do without one. */
const ORIGIN_PAUSE_MS = SECOND_MS;
const MAX_OUTAGES = 10_000;

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
  const outage = createOutage(deps.clock);
  const { origin } = deps;
  const isAway = (key: string) => origin.isLost() || outage.isOn(key);
  return {
    async read(request) {
      const found = await lookUp(deps, request);
      const { held } = found;
      if (held?.usability === 'fresh' || held?.usability === 'stale') return hit(held);
      if (held?.usability === 'revalidate_behind') {
        request.inBackground(refresh({ load, origin }, request, near(found)));
        return hit(held);
      }
      if (request.asked.has('only-if-cached')) return null;
      if (held !== null && isReserve(held, true) && isAway(request.key.text)) {
        request.inBackground(origin.probe());
        return hit(held);
      }
      return fetchOrReserve({ load, outage }, request, found);
    },
  };
}

/** For which keys the origin has just given no answer. */
interface Outage {
  isOn(key: string): boolean;
  begin(key: string): void;
}

function createOutage(clock: Clock): Outage {
  const endsAt = new Map<string, number>();
  return {
    isOn: (key) => clock.now().getTime() < (endsAt.get(key) ?? 0),
    begin: (key) => {
      if (endsAt.size >= MAX_OUTAGES) endsAt.clear();
      endsAt.set(key, clock.now().getTime() + ORIGIN_PAUSE_MS);
    },
  };
}

function isReserve(held: Held, isGone: boolean): boolean {
  return mayServeOnError(held.life, held.ageSeconds, isGone);
}

interface Sources {
  readonly load: Loader;
  readonly outage: Outage;
}

async function fetchOrReserve(sources: Sources, request: ReadRequest, found: LookUp): Promise<CachedAnswer> {
  const { held } = found;
  try {
    await request.onMiss();
    const loaded = await sources.load(request, near(found));
    const { status } = loaded.answer;
    const isPoor = isDegraded(loaded.answer);
    if (isPoor) sources.outage.begin(request.key.text);
    return held !== null && (ORIGIN_FAILED.includes(status) || isPoor) && isReserve(held, false)
      ? staleOnError(held, status)
      : forwarded(loaded, found);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'unavailable') sources.outage.begin(request.key.text);
    // A client over its limit gets what is stored, too: that costs the origin nothing.
    if (held === null || !isReserve(held, true)) throw error;
    return error.code === 'unavailable' ? staleOnError(held, null) : hit(held);
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

async function refresh(
  { load, origin }: { readonly load: Loader; readonly origin: Origin },
  request: ReadRequest,
  stored: Near,
): Promise<void> {
  await origin.probe();
  if (origin.isLost()) return;
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
