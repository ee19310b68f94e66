/** Asks the origin, about the stored answer where there is one, and stores what comes where that is allowed. */

import { withoutHopByHop } from '#edge/headers.ts';
import type { Caller, Origin } from '#edge/origin.ts';
import type { Platform } from '#edge/platform.ts';
import { readBounded } from '#edge/read-bounded.ts';
import { REQUEST_LIMITS } from '#lib/policies.ts';
import { AppError } from '#lib/problems.ts';
import { hasValidator, initialAgeSeconds, lifetimeOf, type Reply, withheldFields } from './policy.ts';
import { type CacheKey, type CacheRule, urlTag } from './rule.ts';
import { headersOf, isDegraded, type StoredAnswer } from './store.ts';
import { cacheTagOf, parseCacheTag } from './tags.ts';
import { confirms, freshened, validatorsOf } from './validation.ts';
import { variantOf } from './variants.ts';

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const NOT_MODIFIED = 304;

export interface Filled {
  readonly answer: StoredAnswer;
  readonly isStored: boolean;
  /** The origin confirmed the stored answer, and its body was not sent again. */
  readonly isValidated: boolean;
}

export interface FillRequest {
  readonly key: CacheKey;
  readonly rule: CacheRule;
  /** Named in the origin's logs; nothing else of this client reaches the origin but what the rule shows it. */
  readonly caller: Caller;
}

/** What the store has under the key, as far as it bears on this request. */
export interface Near {
  /** What the request selects; stale, or it would not be asked for again. */
  readonly held: StoredAnswer | null;
  /** What another request selects; it keeps its place. */
  readonly sibling: StoredAnswer | null;
}

export type FillDeps = Pick<Platform, 'clock' | 'store'> & { readonly origin: Origin };

/** @throws {AppError} `unavailable` when the origin gives no whole answer in time. */
export async function fill(deps: FillDeps, request: FillRequest, near: Near): Promise<Filled> {
  const { held } = near;
  const stored = held === null ? null : headersOf(held);
  const conditions = stored !== null && hasValidator(stored) ? validatorsOf(stored) : {};
  const fetchStartedAt = deps.clock.now().getTime();
  const response = await ask(deps, request, conditions);
  if (response.status !== NOT_MODIFIED || held === null || stored === null) {
    const body = await readWhole(response, request.caller);
    const { status, headers } = response;
    return keep(deps, request, { status, headers, body, fetchStartedAt, near });
  }
  await response.body?.cancel();
  if (!confirms(response.headers, stored)) return fill(deps, request, { ...near, held: null });
  const headers = freshened(stored, response.headers);
  const { status, body } = held;
  const filled = await keep(deps, request, { status, headers, body, fetchStartedAt, near });
  return { ...filled, isValidated: true };
}

function ask({ origin }: FillDeps, { key, rule, caller }: FillRequest, conditions: Record<string, string>) {
  const headers = new Headers(rule.sent);
  for (const [name, value] of Object.entries(conditions)) headers.set(name, value);
  const { path, query } = key;
  return origin.send(
    {
      method: 'GET',
      path,
      query,
      headers,
      body: null,
      timeoutMs: REQUEST_LIMITS.catalogMs,
      isForEverybody: true,
    },
    caller,
  );
}

/** An answer that has come, its body whole. */
interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly fetchStartedAt: number;
  readonly near: Near;
}

/** Stores it where that is allowed. */
export async function keep(deps: FillDeps, request: FillRequest, received: Received): Promise<Filled> {
  const { caller } = request;
  const answer = answerOf(deps, request, received);
  const { held } = received.near;
  const isWorse = isDegraded(answer) && held !== null && !isDegraded(held);
  if (answer.life === null || isWorse) return { answer, isStored: false, isValidated: false };
  const key = storeKey(request.key, answer, received.near.sibling);
  try {
    await deps.store.put(key, answer, answer.life.keepSeconds);
    return { answer, isStored: true, isValidated: false };
  } catch (error) {
    caller.log.warn('an answer could not be stored', { key, error });
    return { answer, isStored: false, isValidated: false };
  }
}

function answerOf({ clock }: FillDeps, { key, rule }: FillRequest, received: Received): StoredAnswer {
  const receivedAt = clock.now();
  const headers = withoutHopByHop(received.headers);
  if (!headers.has('date')) headers.set('date', receivedAt.toUTCString());
  const isAuthorized = rule.sent.has('authorization');
  const reply: Reply = { status: received.status, headers, receivedAt, isAuthorized };
  const allowed = lifetimeOf(reply);
  const life = allowed === null ? null : rule.admit(reply, allowed);
  const age = initialAgeSeconds(reply);
  if (life !== null) for (const name of withheldFields(headers)) headers.delete(name);
  return {
    status: received.status,
    headers: [...headers],
    body: received.body,
    tags: [...parseCacheTag(cacheTagOf(headers)), urlTag(key.path)],
    fetchStartedAt: received.fetchStartedAt,
    initialAgeSeconds: age,
    life,
    variant: variantOf(headers.get('vary'), rule.sent),
  };
}

/** The first variant lies under the key itself and tells what to select by; the others lie beside it. */
function storeKey(key: CacheKey, answer: StoredAnswer, sibling: StoredAnswer | null): string {
  const vary = (stored: StoredAnswer) => headersOf(stored).get('vary');
  const isBeside = sibling !== null && vary(sibling) === vary(answer);
  return isBeside ? variantKey(key, answer.variant) : key.text;
}

export function variantKey(key: CacheKey, variant: string): string {
  return `/__edge/variants/${encodeURIComponent(`${key.text} ${variant}`)}`;
}

async function readWhole(response: Response, caller: Caller): Promise<Uint8Array<ArrayBuffer>> {
  if (response.body === null) return new Uint8Array();
  try {
    const body = await readBounded(response.body, { maxBytes: MAX_ANSWER_BYTES });
    if (body !== null) return body;
    caller.log.error('the answer is too large for the cache', { maxBytes: MAX_ANSWER_BYTES });
  } catch (cause) {
    caller.log.warn('the origin broke off its answer', { cause: String(cause) });
  }
  throw new AppError('unavailable');
}
