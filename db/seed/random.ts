/** Chance that repeats: the same seed draws the same numbers, picks and identifiers on every machine. */

import { assert, present } from '#lib/assert.ts';
import type { Brand } from '#lib/ids.ts';

export interface Random {
  /** From 0 up to, not including, 1. */
  fraction(): number;
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** The items in another order. */
  shuffled<T>(items: readonly T[]): T[];
  /** A UUIDv7 of that time. */
  id<Id extends Brand<string, string>>(at: Date): Id;
}

const UINT32 = 2 ** 32;

/** The generator is Mulberry32: 32 bits of state are plenty for a demo and fit in a line. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const uint32 = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const integer = (min: number, max: number): number =>
    min + Math.floor((uint32() / UINT32) * (max - min + 1));
  const pick = <T>(items: readonly T[]): T => {
    assert(items.length > 0, 'there is nothing to pick from');
    return items[integer(0, items.length - 1)] as T;
  };
  return {
    fraction: () => uint32() / UINT32,
    integer,
    chance: (probability) => uint32() / UINT32 < probability,
    pick,
    shuffled: (items) => {
      const left = [...items];
      return items.map(() => present(left.splice(integer(0, left.length - 1), 1)[0], 'an item that is left'));
    },
    id: <Id extends Brand<string, string>>(at: Date) => uuidAt(at, uint32) as Id,
  };
}

function uuidAt(at: Date, uint32: () => number): string {
  const time = at.getTime().toString(16).padStart(12, '0');
  const bits = [0, 0, 0].map(() => uint32().toString(16).padStart(8, '0')).join('');
  const variant = '89ab'[uint32() % 4];
  return [
    time.slice(0, 8),
    time.slice(8),
    `7${bits.slice(0, 3)}`,
    `${variant}${bits.slice(3, 6)}`,
    bits.slice(6, 18),
  ].join('-');
}
