/**
 * Version fences in this process: for each name the lowest version that may still be shown. A floor outlives
 * every fill that could bring something older back.
 */

import { LRUCache } from 'lru-cache';
import { MINUTE_MS } from '#lib/clock.ts';
import type { Fenced } from './answer.ts';

export interface Floors {
  of(fence: string): number;
  /** Raises the floor; it never sinks. Returns what it is now. */
  raise(fence: string, version: number): number;
  admits(answer: Fenced): boolean;
}

const MAX_FLOORS = 100_000;
/** Far longer than a statement may run or an answer may wait to be stored. */
const FLOOR_LIFE_MS = 10 * MINUTE_MS;

export function createFloors(): Floors {
  const floors = new LRUCache<string, number>({ max: MAX_FLOORS, ttl: FLOOR_LIFE_MS });
  const of = (fence: string) => floors.get(fence) ?? 0;
  return {
    of,
    raise: (fence, version) => {
      const floor = Math.max(of(fence), version);
      floors.set(fence, floor);
      return floor;
    },
    admits: ({ fence, version }) => version >= of(fence),
  };
}
