/**
 * What HTTP caching says about an answer (RFC 9111, 5861, 9213): whether a shared cache may store it, for how
 * long, and when it may be used. Lifetimes are told by the origin only: there are no heuristics.
 */

import { DAY_MS, SECOND_MS } from '#lib/clock.ts';
import { type Directives, namedFields, parseDirectives, parseTargeted, seconds } from './directives.ts';
import { parseHttpDate } from './http-date.ts';

/** No answer is kept longer, whatever its directives say. */
export const MAX_LIFETIME_SECONDS = (2 * DAY_MS) / SECOND_MS;
/** A stale answer is kept for so long beyond its freshness, to be validated or used while the origin is gone. */
const MAX_RESERVE_SECONDS = DAY_MS / SECOND_MS;

const PARTIAL_CONTENT = 206;
const NOT_MODIFIED = 304;
const FIRST_FINAL_STATUS = 200;
/** For `must-understand`: the statuses whose caching rules are followed here. */
const UNDERSTOOD = [200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 404, 405, 410, 414, 500, 501, 503];

/** An origin's answer, as far as it says how it may be stored. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly receivedAt: Date;
  /** The request showed credentials in `Authorization`. */
  readonly isAuthorized: boolean;
}

/** How long an answer is fresh, and for how long after that it may be used stale; in seconds. */
export interface Lifetime {
  readonly freshSeconds: number;
  readonly staleWhileRevalidateSeconds: number;
  readonly staleIfErrorSeconds: number;
  /** May be used stale without the origin's word where the client asks for it or the origin is gone. */
  readonly mayBeStale: boolean;
  /** How long the store has to keep it. */
  readonly keepSeconds: number;
}

/** What the answer tells this cache: the targeted field alone where there is a valid one, RFC 9213 §2.1. */
export function directivesOf(headers: Headers): Directives {
  return parseTargeted(headers.get('cdn-cache-control')) ?? parseDirectives(headers.get('cache-control'));
}

/** Null when a shared cache must not store the answer, or when storing it would be of no use. */
export function lifetimeOf(reply: Reply): Lifetime | null {
  const directives = directivesOf(reply.headers);
  if (!isStorable(reply, directives)) return null;
  const fresh = freshSeconds(reply, directives);
  const isAlwaysValidated = directives.get('no-cache') === '';
  if (fresh === null && !isAlwaysValidated) return null;
  return lifetime(directives, isAlwaysValidated ? 0 : (fresh ?? 0), hasValidator(reply.headers));
}

function isStorable({ status, headers, isAuthorized }: Reply, directives: Directives): boolean {
  if (status < FIRST_FINAL_STATUS || status === PARTIAL_CONTENT || status === NOT_MODIFIED) return false;
  if (headers.get('vary')?.includes('*') === true) return false;
  if (directives.get('private') === '') return false;
  if (directives.has('must-understand')) return UNDERSTOOD.includes(status);
  if (directives.has('no-store')) return false;
  return !isAuthorized || ['public', 'must-revalidate', 's-maxage'].some((name) => directives.has(name));
}

/** A lifetime that is given but cannot be read is none at all; null when none is given. */
function freshSeconds({ headers, receivedAt }: Reply, directives: Directives): number | null {
  for (const name of ['s-maxage', 'max-age']) {
    if (directives.has(name)) return seconds(directives.get(name)) ?? 0;
  }
  const expires = headers.get('expires');
  // The targeted field stands in for `Expires` too.
  if (expires === null || parseTargeted(headers.get('cdn-cache-control')) !== null) return null;
  const expiresAt = parseHttpDate(expires, receivedAt);
  if (expiresAt === null) return 0;
  const saidAt = parseHttpDate(headers.get('date'), receivedAt) ?? receivedAt.getTime();
  return Math.max(0, Math.floor((expiresAt - saidAt) / SECOND_MS));
}

function lifetime(directives: Directives, fresh: number, isValidatable: boolean): Lifetime | null {
  const forbidsStale =
    directives.has('must-revalidate') ||
    directives.has('proxy-revalidate') ||
    directives.get('no-cache') === '';
  // `s-maxage` says the same as `proxy-revalidate`, unless its sender grants staleness in the same breath.
  const mayBeStale = !forbidsStale && !directives.has('s-maxage');
  const allowed = (name: string) => (forbidsStale ? 0 : (seconds(directives.get(name)) ?? 0));
  const reserve = mayBeStale || isValidatable ? MAX_RESERVE_SECONDS : 0;
  const life = bounded({
    freshSeconds: fresh,
    staleWhileRevalidateSeconds: allowed('stale-while-revalidate'),
    staleIfErrorSeconds: allowed('stale-if-error'),
    mayBeStale,
    keepSeconds: reserve,
  });
  return life.keepSeconds === 0 ? null : life;
}

/** With every part of it within {@link MAX_LIFETIME_SECONDS}; `keepSeconds` is what is kept beyond freshness. */
function bounded(life: Lifetime): Lifetime {
  const fresh = Math.min(life.freshSeconds, MAX_LIFETIME_SECONDS);
  const spare = MAX_LIFETIME_SECONDS - fresh;
  const whileRevalidate = Math.min(life.staleWhileRevalidateSeconds, spare);
  const ifError = Math.min(life.staleIfErrorSeconds, spare);
  return {
    freshSeconds: fresh,
    staleWhileRevalidateSeconds: whileRevalidate,
    staleIfErrorSeconds: ifError,
    mayBeStale: life.mayBeStale,
    keepSeconds: fresh + Math.max(whileRevalidate, ifError, Math.min(life.keepSeconds, spare)),
  };
}

export function hasValidator(headers: Headers): boolean {
  return headers.has('etag') || headers.has('last-modified');
}

/** The fields that `private` and `no-cache` forbid to store, in lower case. */
export function withheldFields(headers: Headers): readonly string[] {
  const directives = directivesOf(headers);
  return [...namedFields(directives.get('private')), ...namedFields(directives.get('no-cache'))];
}

/** How old the answer was when it came, RFC 9111 §4.2.3: by its `Age`, or by its `Date` where that tells more. */
export function initialAgeSeconds({ headers, receivedAt }: Pick<Reply, 'headers' | 'receivedAt'>): number {
  const said = seconds(headers.get('age')?.split(',')[0]?.trim()) ?? 0;
  const date = parseHttpDate(headers.get('date'), receivedAt);
  // `Date` is cut off to whole seconds.
  const apparent = date === null ? 0 : Math.floor((receivedAt.getTime() - date) / SECOND_MS) - 1;
  return Math.max(said, apparent, 0);
}

interface Aged {
  /** When the origin was asked, in epoch milliseconds: what was read may be as old as that. */
  readonly fetchStartedAt: number;
  readonly initialAgeSeconds: number;
}

export function ageSeconds(answer: Aged, now: Date): number {
  const residentMs = Math.max(0, now.getTime() - answer.fetchStartedAt);
  return answer.initialAgeSeconds + Math.floor(residentMs / SECOND_MS);
}

/**
 * `fresh`: as it is. `stale`: as it is, and the client has agreed to that. `revalidate_behind`: at once, while a
 * fresh one is fetched. `requested`, `expired`: the origin is asked first, since the client or its age wants so.
 */
export type Usability = 'fresh' | 'stale' | 'revalidate_behind' | 'requested' | 'expired';

/** `asked`: the request's own `Cache-Control`. */
export function usabilityOf(life: Lifetime, age: number, asked: Directives): Usability {
  if (asksForNewer(life, age, asked)) return 'requested';
  const staleFor = age - life.freshSeconds;
  if (staleFor < 0) return 'fresh';
  if (staleFor < life.staleWhileRevalidateSeconds) return 'revalidate_behind';
  const maxStale = asked.get('max-stale');
  const tolerated = maxStale === '' ? MAX_LIFETIME_SECONDS : (seconds(maxStale) ?? -1);
  return life.mayBeStale && staleFor <= tolerated ? 'stale' : 'expired';
}

function asksForNewer(life: Lifetime, age: number, asked: Directives): boolean {
  if (asked.size === 0) return false;
  const maxAge = seconds(asked.get('max-age'));
  const minFresh = seconds(asked.get('min-fresh')) ?? 0;
  const hasEnough = maxAge === null || age < maxAge || (asked.has('max-stale') && maxAge > 0);
  return asked.has('no-cache') || !hasEnough || (minFresh > 0 && life.freshSeconds - age < minFresh);
}

/** Whether it may be used although the origin was asked: it failed, or, `isGone`, gave no answer at all. */
export function mayServeOnError(life: Lifetime, age: number, isGone: boolean): boolean {
  const staleFor = age - life.freshSeconds;
  if (staleFor < 0 || staleFor < life.staleIfErrorSeconds) return true;
  return isGone && life.mayBeStale && staleFor < MAX_RESERVE_SECONDS;
}

/** The same of one that a purge has condemned: only what its origin allows in so many words. */
export function mayServeOutdated(life: Lifetime, age: number): boolean {
  return Math.max(0, age - life.freshSeconds) < life.staleIfErrorSeconds;
}
