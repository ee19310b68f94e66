/**
 * Whoever has just written reads what they wrote, though replicas come after: the position of the write in the
 * primary's log is kept with the caller for a while, and only a replica that is past it answers them.
 */

import { LRUCache } from 'lru-cache';
import type { Database } from '#db/client.ts';
import type { ReadPools } from '#db/read-pools.ts';
import { positionAfterCommit, WAL_END, WAL_START, type WalPosition } from '#db/wal.ts';
import { SECOND_MS } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import type { SharedMarks } from '#origin/adapters/redis.ts';
import type { Caller } from './auth.ts';

export interface OwnWrites {
  /** After a commit and before its answer: what the caller reads from now on is no older. Never fails. */
  note(caller: Caller): Promise<void>;
  /** Reads on a replica that shows all that the caller has written, or else on the primary. */
  read<T>(caller: Caller, read: (db: Database) => Promise<T>): Promise<T>;
}

export interface OwnWritesOptions {
  readonly db: Database;
  readonly pools: Pick<ReadPools, 'readers' | 'census'>;
  readonly marks: SharedMarks;
  readonly log: Logger;
  readonly markLifeMs?: number;
}

/** Many times the lag at which a replica is ejected: when a mark ends, every replica in use is past it. */
const MARK_LIFE_MS = 30 * SECOND_MS;
const MAX_OWN_MARKS = 10_000;
const KEY_PREFIX = 'wrote:';
const HEX = 16;
const MARK_DIGITS = 16;

export function createOwnWrites(options: OwnWritesOptions): OwnWrites {
  const { db, pools, marks, log, markLifeMs = MARK_LIFE_MS } = options;
  /** Of this process: what Redis did not take is known here at least. */
  const ownMarks = new LRUCache<string, WalPosition>({ max: MAX_OWN_MARKS, ttl: markLifeMs });
  const isNeeded = () => pools.census('general').all > 0;

  async function positionOf(key: string): Promise<WalPosition> {
    // Marks may have been lost with a Redis that was gone, or were never written while it was.
    if (marks.connectedForMs() < markLifeMs) return WAL_END;
    try {
      const mark = await marks.read(key);
      return later(ownMarks.get(key) ?? WAL_START, mark === null ? WAL_START : fromMark(mark));
    } catch {
      return WAL_END;
    }
  }

  return {
    note: async (caller) => {
      const key = keyOf(caller);
      if (key === null || !isNeeded()) return;
      const position = await positionAfterCommit(db).catch(() => WAL_END);
      ownMarks.set(key, later(ownMarks.get(key) ?? WAL_START, position));
      await marks
        .raise(key, toMark(position), markLifeMs)
        .catch((error: unknown) => log.warn('a write is known to this process only', { error }));
    },
    read: async (caller, read) => {
      const key = keyOf(caller);
      const atLeast = key === null || !isNeeded() ? WAL_START : await positionOf(key);
      return pools.readers.general(read, { atLeast });
    },
  };
}

/** A guest is their cart's token, whose hash alone leaves the process. */
function keyOf(caller: Caller): string | null {
  if (caller.kind === 'user') return `${KEY_PREFIX}u:${caller.userId}`;
  if (caller.cartToken === null) return null;
  return `${KEY_PREFIX}g:${new Bun.CryptoHasher('sha256').update(caller.cartToken).digest('base64url')}`;
}

const later = (one: WalPosition, other: WalPosition) => (one > other ? one : other);
/** Texts of one length, so that Redis can compare what no number of its own would hold. */
const toMark = (position: WalPosition) => position.toString(HEX).padStart(MARK_DIGITS, '0');
const fromMark = (mark: string): WalPosition => BigInt(`0x${mark}`);
