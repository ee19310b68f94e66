/** Where stored answers live: the interface that lets another store take the Cache API's place. */

import { DEGRADED_HEADER } from '#lib/degraded.ts';
import type { Lifetime } from './policy.ts';

/** An answer as it came from the origin, its body as ready bytes. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array<ArrayBuffer>;
  readonly tags: readonly string[];
  /** When the origin was asked, in epoch milliseconds: what was read may be as old as that. */
  readonly fetchStartedAt: number;
  /** How old the origin said it was already. */
  readonly initialAgeSeconds: number;
  /** Null for an answer that may not be stored. */
  readonly life: Lifetime | null;
  /** What its request selected by, see `variants.ts`; empty when the answer does not vary. */
  readonly variant: string;
}

/** `memory`: this isolate's. `colo`: what all isolates of the data centre share. */
export type Tier = 'memory' | 'colo';

export interface Found {
  readonly answer: StoredAnswer;
  readonly tier: Tier;
  /** A purge has condemned it, by a tag that allows it to stand in for the answer of an origin that gives none. */
  readonly isOutdated: boolean;
}

export interface CacheStore {
  /** Null when there is none, or when one of its tags was purged for good at or after the start of its fetch. */
  get(key: string): Promise<Found | null>;
  put(key: string, answer: StoredAnswer, lifetimeSeconds: number): Promise<void>;
  /** From its return on, no answer that carries one of the tags and was asked for before is given as good. */
  purge(tags: readonly string[]): Promise<void>;
  /** By whatever tag. */
  isPurged(answer: StoredAnswer): Promise<boolean>;
}

/** A store that can tell at once, without asking anybody, what it holds. */
export interface PeekableStore extends CacheStore {
  peek(key: string): StoredAnswer | null;
}

/** The stored header fields; `Headers` cannot be stored itself. */
export function headersOf({ headers: fields }: Pick<StoredAnswer, 'headers'>): Headers {
  const headers = new Headers();
  for (const [name, value] of fields) headers.append(name, value);
  return headers;
}

/** The origin itself says that it is not what it should be. */
export function isDegraded({ headers }: Pick<StoredAnswer, 'headers'>): boolean {
  return headers.some(([name]) => name === DEGRADED_HEADER);
}
