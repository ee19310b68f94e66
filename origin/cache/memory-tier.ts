/** L4: answers in this process's memory, bounded by entries and bytes, with jittered lives. */

import { LRUCache } from 'lru-cache';
import { type Clock, SECOND_MS } from '#lib/clock.ts';
import { type FencedAnswer, isGood } from './answer.ts';
import type { Floors } from './floors.ts';

export interface MemoryLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly ttlMs: number;
}

export interface MemoryHit {
  /** Null: it is known that there is no such thing. */
  readonly answer: FencedAnswer | null;
  /** True in the last part of its life: it is time for a refresh. */
  readonly isAgeing: boolean;
}

export interface MemoryTier {
  get(key: string): MemoryHit | undefined;
  keep(key: string, answer: FencedAnswer | null): void;
  forget(key: string): void;
  clear(): void;
}

interface Entry {
  readonly answer: FencedAnswer | null;
  readonly storedAt: number;
  readonly refreshAt: number;
  readonly expiresAt: number;
}

const REFRESH_AFTER = 0.8;
const JITTER = 0.1;
const NEGATIVE_TTL_MS = 5 * SECOND_MS;
const DEAF_TTL_MS = 2 * SECOND_MS;
/** What an entry weighs beside its body. */
const ENTRY_BYTES = 200;

/** A life, shortened by up to a tenth: what was filled together does not expire together. */
export function jittered(ttlMs: number): number {
  return ttlMs * (1 - JITTER * Math.random());
}

export interface MemorySurroundings {
  readonly floors: Floors;
  /** Held against when an answer ends by itself. */
  readonly clock: Clock;
  /** False while news of changes may be lost: nothing is then trusted for long. */
  readonly isHearing: () => boolean;
}

export function createMemoryTier(
  limits: MemoryLimits,
  { floors, clock, isHearing }: MemorySurroundings,
): MemoryTier {
  const entries = new LRUCache<string, Entry>({
    max: limits.maxEntries,
    maxSize: limits.maxBytes,
    sizeCalculation: ({ answer }) => ENTRY_BYTES + (answer?.body.byteLength ?? 0),
  });
  const isUsable = ({ answer, storedAt, expiresAt }: Entry, now: number) =>
    now < expiresAt &&
    (answer === null || (floors.admits(answer) && isGood(answer, clock))) &&
    (isHearing() || now - storedAt < DEAF_TTL_MS);

  return {
    get: (key) => {
      const entry = entries.get(key);
      const now = performance.now();
      if (entry === undefined || !isUsable(entry, now)) return undefined;
      return { answer: entry.answer, isAgeing: now >= entry.refreshAt };
    },
    keep: (key, answer) => {
      if (answer !== null && !floors.admits(answer)) return;
      const storedAt = performance.now();
      const lifeMs = jittered(answer === null ? NEGATIVE_TTL_MS : limits.ttlMs);
      entries.set(key, {
        answer,
        storedAt,
        refreshAt: storedAt + lifeMs * REFRESH_AFTER,
        expiresAt: storedAt + lifeMs,
      });
    },
    forget: (key) => {
      entries.delete(key);
    },
    clear: () => entries.clear(),
  };
}

/** For measuring: remembers nothing. */
export const NO_MEMORY: MemoryTier = {
  get: () => undefined,
  keep: () => {},
  forget: () => {},
  clear: () => {},
};
