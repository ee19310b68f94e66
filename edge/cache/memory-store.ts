/**
 * Isolate memory in front of a store: the hottest answers for at most a second, without asking anybody. A purge
 * clears it here at once; in the location's other isolates an answer may be a second old.
 */

import type { Clock } from '#lib/clock.ts';
import type { CacheStore, PeekableStore, StoredAnswer } from './store.ts';

const MAX_AGE_MS = 1_000;
const MAX_ANSWERS = 1_000;
/** An isolate has 128 MiB in all. */
const MAX_BYTES = 16 * 1024 * 1024;

interface Kept {
  readonly answer: StoredAnswer;
  readonly keptAt: number;
}

export function createMemoryStore(below: CacheStore, clock: Clock): PeekableStore {
  const kept = new Map<string, Kept>();
  let bytes = 0;
  let purges = 0;

  const drop = (key: string): void => {
    bytes -= kept.get(key)?.answer.body.byteLength ?? 0;
    kept.delete(key);
  };

  const keep = (key: string, answer: StoredAnswer): void => {
    drop(key);
    kept.set(key, { answer, keptAt: clock.now().getTime() });
    bytes += answer.body.byteLength;
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_ANSWERS && bytes <= MAX_BYTES) break;
      drop(oldest);
    }
  };

  const peek = (key: string): StoredAnswer | null => {
    const found = kept.get(key);
    return found !== undefined && clock.now().getTime() - found.keptAt < MAX_AGE_MS ? found.answer : null;
  };

  return {
    isPurged: below.isPurged,
    peek,
    async get(key) {
      const answer = peek(key);
      if (answer !== null) return { answer, tier: 'memory', isOutdated: false };
      const purgesBefore = purges;
      const found = await below.get(key);
      // What was read while a purge went by may be what the purge meant.
      if (found !== null && !found.isOutdated && purges === purgesBefore) keep(key, found.answer);
      return found;
    },
    async put(key, answer, lifetimeSeconds) {
      await below.put(key, answer, lifetimeSeconds);
      drop(key);
    },
    async purge(tags) {
      await below.purge(tags);
      purges += 1;
      for (const [key, { answer }] of kept) if (answer.tags.some((tag) => tags.includes(tag))) drop(key);
    },
  };
}
