/** What every measurement of the read bench is given, and where it puts what it found. */

import type { ReadOptions } from '#bench/options.ts';
import type { Chart } from '#bench/page/model.ts';
import type { WeightedQuery } from '#bench/queries.ts';
import type { Stack } from '#bench/stack/stack.ts';
import type { Outcome } from '#bench/targets.ts';
import { present } from '#lib/assert.ts';
import type { TargetId } from './targets.ts';

export interface Bench {
  readonly stack: Stack;
  readonly options: ReadOptions;
  readonly queries: readonly WeightedQuery[];
  /** The database of each catalogue, by its number of products. */
  readonly databases: ReadonlyMap<number, string>;
}

/** What one measurement has found. */
export interface Found {
  readonly outcomes: Readonly<Partial<Record<TargetId, Outcome>>>;
  readonly charts: readonly Chart[];
}

/** How many clients ask at once where throughput is the question. */
export const CONNECTIONS = 16;

export function smallest({ options }: Bench): number {
  return present(options.sizes[0], 'the smallest size');
}

export function largest({ options }: Bench): number {
  return present(options.sizes.at(-1), 'the largest size');
}

/** What is searched for most. */
export function favourite({ queries }: Bench): string {
  return present(queries.toSorted((a, b) => b.weight - a.weight)[0], 'a query').text;
}

export function databaseOf({ databases }: Bench, size: number): string {
  return present(databases.get(size), `the database of ${size} products`);
}

/** Redis databases, one for each origin that must not find another's answers; `hits` and on, one a catalogue. */
export const REDIS = { main: 0, other: 1, hits: 2 } as const;
