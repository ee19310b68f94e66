/**
 * Turns what the cache found into the client's answer: conditions and ranges, `Age`, `Cache-Status` (RFC 9211) and
 * `Server-Timing`. The members of tiers further in stay where they were asked for this very answer; on a hit they
 * would tell of somebody else's request.
 */

import { DEGRADED_HEADER, type Degradation, degradedField } from '#lib/degraded.ts';
import { rangeOf } from './range.ts';
import type { CachedAnswer, CacheOutcome } from './shared-cache.ts';
import { headersOf } from './store.ts';
import { isHeldByClient } from './validation.ts';

const OK = 200;
const PARTIAL_CONTENT = 206;
const NOT_MODIFIED = 304;
/** Statuses whose answers have no body. */
const BODILESS = [204, 205, 304];
const CACHE_NAME = 'hotshelf-edge';
/** Why a hit that is no longer fresh was one all the same. */
const STALE_DETAIL: Readonly<Record<string, string>> = {
  stale: 'max-stale',
  revalidate_behind: 'stale-while-revalidate',
  requested: 'stale-if-error',
  expired: 'stale-if-error',
};
const STALE: Degradation = { feature: 'origin', source: 'stale' };
/** What is said of one exchange and not of the answer. */
const OF_THE_EXCHANGE = ['cache-status', 'server-timing'];
/** A 304 is without what describes the body it does not have. */
const OF_THE_BODY = ['content-type', 'content-encoding', 'content-language', 'content-range'];

export interface Exchange {
  readonly request: Request;
  readonly present: (headers: Headers) => void;
  readonly startedAt: Date;
  readonly now: Date;
}

export function respond(cached: CachedAnswer, exchange: Exchange): Response {
  const { answer, ageSeconds, outcome } = cached;
  const { request, now } = exchange;
  const headers = headersOf(answer);
  if (outcome.kind !== 'forwarded') for (const name of OF_THE_EXCHANGE) headers.delete(name);
  exchange.present(headers);
  headers.delete('age');
  if (outcome.kind !== 'forwarded' || ageSeconds > 0) headers.set('age', String(ageSeconds));
  headers.append('cache-status', describe(outcome));
  if (isPastItsTime(outcome)) headers.append(DEGRADED_HEADER, degradedField(STALE));
  headers.append('server-timing', timing(outcome, now.getTime() - exchange.startedAt.getTime()));

  if (answer.status === OK && isHeldByClient(request.headers, headers, now)) {
    for (const name of OF_THE_BODY) headers.delete(name);
    return new Response(null, { status: NOT_MODIFIED, headers });
  }
  if (BODILESS.includes(answer.status)) return new Response(null, { status: answer.status, headers });
  if (request.method === 'HEAD') headers.set('content-length', String(answer.body.byteLength));
  else if (outcome.kind === 'hit' && answer.status === OK) return whole(cached, request, headers);
  return new Response(request.method === 'HEAD' ? null : answer.body, { status: answer.status, headers });
}

/** A range is cut out of a stored answer only, and only where nothing makes it depend on more. */
function whole({ answer }: CachedAnswer, request: Request, headers: Headers): Response {
  const wanted = request.headers.has('if-range') ? null : request.headers.get('range');
  const range = rangeOf(wanted, answer.body.byteLength);
  if (range === null) return new Response(answer.body, { status: OK, headers });
  headers.set('content-range', `bytes ${range.first}-${range.last}/${answer.body.byteLength}`);
  const part = answer.body.subarray(range.first, range.last + 1);
  return new Response(part, { status: PARTIAL_CONTENT, headers });
}

/** Older than it may be while the origin answers. */
function isPastItsTime(outcome: CacheOutcome): boolean {
  if (outcome.kind === 'forwarded' || outcome.ttlSeconds >= 0) return false;
  return outcome.kind === 'stale_on_error' || outcome.why === 'expired' || outcome.why === 'requested';
}

/** This cache's member of `Cache-Status`. */
function describe(outcome: CacheOutcome): string {
  switch (outcome.kind) {
    case 'hit': {
      const detail = STALE_DETAIL[outcome.why] ?? outcome.tier;
      return `${CACHE_NAME}; hit; ttl=${outcome.ttlSeconds}; detail=${detail}`;
    }
    case 'stale_on_error': {
      const status = outcome.originStatus === null ? '' : `; fwd-status=${outcome.originStatus}`;
      return `${CACHE_NAME}; fwd=stale${status}; ttl=${outcome.ttlSeconds}; detail=stale-if-error`;
    }
    case 'forwarded': {
      const status = outcome.isValidated ? `; fwd-status=${NOT_MODIFIED}` : '';
      const marks = `${outcome.isStored ? '; stored' : ''}${outcome.isCollapsed ? '; collapsed' : ''}`;
      return `${CACHE_NAME}; fwd=${outcome.why}${status}${marks}`;
    }
  }
}

/** A Worker's clock stands still while it computes: the time is that of the store and the origin. */
function timing(outcome: CacheOutcome, durationMs: number): string {
  const what = outcome.kind === 'hit' ? outcome.tier : outcome.kind === 'forwarded' ? outcome.why : 'stale';
  return `edge;desc="${what}";dur=${durationMs}`;
}
