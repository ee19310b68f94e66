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
import {
  ageSeconds,
  type Lifetime,
  mayServeOnError,
  mayServeOutdated,
  type Usability,
  usabilityOf,
} from './policy.ts';
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
  /** It is used only where the origin gave no answer of its own, not even a poor one. */
  readonly isOutdated: boolean;
}

interface LookUp {
  readonly held: Held | null;
  readonly sibling: StoredAnswer | null;
}

export function createSharedCache(deps: FillDeps): SharedCache {
  const load = createLoader(deps);
  const outage = createOutage(deps.clock);
  const { origin } = deps;
  const isAway = (key: string, { isOutdated }: Held) => origin.isLost() || (!isOutdated && outage.isOn(key));
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
      const reserve = standIn(held, 'gone');
      if (reserve !== null && isAway(request.key.text, reserve)) {
        request.inBackground(origin.probe());
        return hit(reserve);
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

/** What has become of the question to the origin, so that something stored may have to answer it. */
type Failure = 'gone' | 'failed' | 'poor' | 'limited';

/** What is held, where it may be used in the place of the origin's answer. */
function standIn(held: Held | null, failure: Failure | null): Held | null {
  if (held === null || failure === null) return null;
  const { life, ageSeconds: age, isOutdated } = held;
  const isGone = failure === 'gone' || failure === 'limited';
  // An origin that answers, however poorly, knows better; and one that is merely asked too much is not gone.
  const mayServe = isOutdated
    ? (failure === 'gone' || failure === 'failed') && mayServeOutdated(life, age)
    : mayServeOnError(life, age, isGone);
  return mayServe ? held : null;
}

function failureOf(answer: StoredAnswer): Failure | null {
  if (ORIGIN_FAILED.includes(answer.status)) return 'failed';
  return isDegraded(answer) ? 'poor' : null;
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
    const { answer } = loaded;
    if (isDegraded(answer)) sources.outage.begin(request.key.text);
    const instead = standIn(held, failureOf(answer));
    return instead === null ? forwarded(loaded, found) : staleOnError(instead, answer.status);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const isGone = error.code === 'unavailable';
    if (isGone) sources.outage.begin(request.key.text);
    // A client over its limit gets what is stored, too: that costs the origin nothing.
    const instead = standIn(held, isGone ? 'gone' : 'limited');
    if (instead === null) throw error;
    return isGone ? staleOnError(instead, null) : hit(instead);
  }
}

async function lookUp(deps: FillDeps, { key, rule, caller, asked }: ReadRequest): Promise<LookUp> {
  const selects = ({ answer }: Found) => {
    return answer.variant === '' || answer.variant === variantOf(headersOf(answer).get('vary'), rule.sent);
  };
  const asItStands = ({ answer, tier, isOutdated }: Found): Held | null => {
    const { life } = answer;
    if (life === null) return null;
    const age = ageSeconds(answer, deps.clock.now());
    const usability = isOutdated ? 'expired' : usabilityOf(life, age, asked);
    return { answer, tier, life, ageSeconds: age, usability, isOutdated };
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
  return { held: held === null || held.isOutdated ? null : held.answer, sibling };
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

function hit(held: Held): CachedAnswer {
  const { answer, tier, ageSeconds: age, usability: why } = held;
  return { answer, ageSeconds: age, outcome: { kind: 'hit', ttlSeconds: ttlOf(held), tier, why } };
}

function staleOnError(held: Held, originStatus: number | null): CachedAnswer {
  const { answer, ageSeconds: age } = held;
  return {
    answer,
    ageSeconds: age,
    outcome: { kind: 'stale_on_error', ttlSeconds: ttlOf(held), originStatus },
  };
}

/** Below zero where a purge has cut it short. */
function ttlOf({ life, ageSeconds: age, isOutdated }: Held): number {
  return Math.min(life.freshSeconds - age, isOutdated ? -1 : Number.POSITIVE_INFINITY);
}

function forwarded(loaded: Loaded, { held, sibling }: LookUp): CachedAnswer {
  const { answer, isStored, isCollapsed, isValidated } = loaded;
  const missing = sibling === null ? 'miss' : 'vary-miss';
  const why = held === null ? missing : held.usability === 'requested' ? 'request' : 'stale';
  const outcome = { kind: 'forwarded', why, isStored, isCollapsed, isValidated } as const;
  return { answer, ageSeconds: answer.initialAgeSeconds, outcome };
}
