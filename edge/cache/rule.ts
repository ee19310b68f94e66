/** How one kind of request is cached: policy says what HTTP allows, a rule what of it is made use of. */

import type { Lifetime, Reply } from './policy.ts';

/** Where an answer is stored, and what the origin is asked for it. */
export interface CacheKey {
  readonly path: string;
  /** Exactly what the origin is asked, without the `?`. */
  readonly query: string;
  readonly text: string;
}

export interface CacheRule {
  /** The request's fields that the origin is shown; validators are added when there is something to validate. */
  readonly sent: Headers;
  /** The lifetime that the answer gets, at most what policy gave it; null keeps it out of the store. */
  readonly admit: (reply: Reply, life: Lifetime) => Lifetime | null;
  /** Takes out what is said to this cache and to no client. */
  readonly present: (headers: Headers) => void;
}

/** Under this tag a stored answer is found again when its URL is changed by an unsafe request. */
export function urlTag(path: string): string {
  return `url:${path}`;
}
