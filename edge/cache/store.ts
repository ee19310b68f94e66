/** Where stored answers live: the interface that lets another store take the Cache API's place. */

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
}

export interface CacheStore {
  /** Null when there is none, or when one of its tags was purged at or after the start of its fetch. */
  get(key: string): Promise<StoredAnswer | null>;
  put(key: string, answer: StoredAnswer, lifetimeSeconds: number): Promise<void>;
  /** From its return on, no answer that carries one of the tags and was asked for before is usable. */
  purge(tags: readonly string[]): Promise<void>;
  isPurged(answer: StoredAnswer): Promise<boolean>;
}
