/**
 * How far a replica is behind, by the primary's own past: the time since the primary was first seen further than
 * the replica is now. Clocks of two machines are never compared, and an idle primary makes no lag.
 */

import { assert } from '#lib/assert.ts';
import type { WalPosition } from './wal.ts';

export interface Lag {
  readonly ms: number;
  readonly bytes: number;
}

export interface PrimaryTrail {
  /** @param atMs by a clock that never goes back. */
  record(position: WalPosition, atMs: number): void;
  /**
   * Null while the primary has not been seen. Time stands still while it is not: what it wrote last may never
   * have reached any replica, and they are all there is.
   */
  lagOf(replayed: WalPosition): Lag | null;
}

interface Sight {
  readonly position: WalPosition;
  readonly atMs: number;
}

export function createPrimaryTrail(maxSights: number): PrimaryTrail {
  assert(maxSights >= 2, 'a trail has a beginning and an end');
  let sights: Sight[] = [];
  let seenAtMs = 0;
  return {
    record: (position, atMs) => {
      const last = sights.at(-1);
      // Another primary, promoted in the old one's place: its log is a new one from here.
      if (last !== undefined && position < last.position) sights = [];
      if (position !== last?.position) sights.push({ position, atMs });
      if (sights.length > maxSights) sights.shift();
      seenAtMs = atMs;
    },
    lagOf: (replayed) => {
      const latest = sights.at(-1);
      if (latest === undefined) return null;
      const missed = sights[sights.findLastIndex(({ position }) => position <= replayed) + 1];
      if (missed === undefined) return { ms: 0, bytes: 0 };
      return { ms: seenAtMs - missed.atMs, bytes: Number(latest.position - replayed) };
    },
  };
}
