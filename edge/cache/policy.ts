/** What HTTP caching says about an answer (RFC 9111, RFC 5861), with lifetimes told by the origin only. */

import type { StoredAnswer } from './store.ts';

/** No answer is kept longer, whatever its directives say. */
export const MAX_LIFETIME_SECONDS = 48 * 3_600;
const MAX_NOT_FOUND_SECONDS = 5;
const OK = 200;
const NOT_FOUND = 404;

export type Directives = ReadonlyMap<string, string>;

/** `Cache-Control` as a map, names in lower case, quotes removed; a directive without a value is ''. */
export function parseDirectives(header: string | null): Directives {
  const pairs = (header ?? '').matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;]*)))?/g);
  return new Map(
    [...pairs].map(([, name = '', quoted, token]) => [name.toLowerCase(), quoted ?? token ?? '']),
  );
}

/** How long an answer is fresh, and for how long after that it may be used stale; in seconds. */
export interface Lifetime {
  readonly freshSeconds: number;
  readonly staleWhileRevalidateSeconds: number;
  readonly staleIfErrorSeconds: number;
}

const FORBIDS_STORING = ['private', 'no-store', 'no-cache'];
const FORBIDS_STALE = ['must-revalidate', 'proxy-revalidate'];

/** Null when a shared cache must not store the answer. No explicit lifetime, no storing: no heuristics. */
export function lifetimeOf(status: number, headers: Headers): Lifetime | null {
  const directives = parseDirectives(headers.get('cache-control'));
  if (status !== OK && status !== NOT_FOUND) return null;
  if (FORBIDS_STORING.some((name) => directives.has(name))) return null;
  if (headers.has('set-cookie') || headers.get('vary')?.includes('*')) return null;
  const declared = seconds(directives.get('s-maxage')) ?? seconds(directives.get('max-age'));
  if (declared === null || declared === 0) return null;
  if (status === NOT_FOUND) return lifetime(Math.min(declared, MAX_NOT_FOUND_SECONDS), 0, 0);
  if (FORBIDS_STALE.some((name) => directives.has(name))) return lifetime(declared, 0, 0);
  return lifetime(
    declared,
    seconds(directives.get('stale-while-revalidate')) ?? 0,
    seconds(directives.get('stale-if-error')) ?? 0,
  );
}

function lifetime(fresh: number, whileRevalidate: number, ifError: number): Lifetime {
  const freshSeconds = Math.min(fresh, MAX_LIFETIME_SECONDS);
  const spare = MAX_LIFETIME_SECONDS - freshSeconds;
  return {
    freshSeconds,
    staleWhileRevalidateSeconds: Math.min(whileRevalidate, spare),
    staleIfErrorSeconds: Math.min(ifError, spare),
  };
}

function seconds(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,10}$/.test(value) ? Number(value) : null;
}

/** How long the store has to keep it. */
export function keepSeconds(life: Lifetime): number {
  return life.freshSeconds + Math.max(life.staleWhileRevalidateSeconds, life.staleIfErrorSeconds);
}

export function ageSeconds(answer: StoredAnswer, now: Date): number {
  const residentMs = Math.max(0, now.getTime() - answer.fetchStartedAt);
  return answer.initialAgeSeconds + Math.floor(residentMs / 1_000);
}

/** `revalidate`: usable at once while a fresh one is fetched. `if_error`: only when the origin fails. */
export type Usability = 'fresh' | 'revalidate' | 'if_error' | 'expired';

export function usabilityOf(life: Lifetime, age: number): Usability {
  const staleFor = age - life.freshSeconds;
  if (staleFor < 0) return 'fresh';
  if (staleFor < life.staleWhileRevalidateSeconds) return 'revalidate';
  return staleFor < life.staleIfErrorSeconds ? 'if_error' : 'expired';
}
