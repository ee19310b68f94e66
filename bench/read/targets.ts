/** What the read path must reach, each line a number that a run holds or falls short of. Pure. */

import type { Figure } from '#bench/statistics.ts';

export interface Target {
  readonly name: string;
  readonly bound: 'at least' | 'at most';
  readonly value: number;
  readonly unit: '' | '×' | '%' | 'ms' | 'MB';
}

/** Ratios are against the limit that was measured beside, in the same run. */
export const TARGETS = {
  originHotRate: atLeast('hot product at the origin / bare Bun.serve, requests/s', 0.85, ''),
  originHotTail: atMost('hot product at the origin / bare Bun.serve, p99', 1.5, '×'),
  edgeHotRate: atLeast('hot product at the edge / constant Worker, requests/s', 0.75, ''),
  redisRate: atLeast('product from Redis (L4 off) / L4 on, requests/s', 0.25, ''),
  postgresRate: atLeast('product from Postgres (L3, L4 off) / pgbench, reads/s', 0.6, ''),
  edgeListRate: atLeast('list page cached at the edge / cached product, requests/s', 0.75, ''),
  edgeSearchRate: atLeast('search result cached at the edge / cached product, requests/s', 0.75, ''),
  originListRate: atLeast('list page cached at the origin / cached product, requests/s', 0.75, ''),
  originSearchRate: atLeast('search result cached at the origin / cached product, requests/s', 0.75, ''),
  searchGrowth: atMost('search uncached, most products / fewest, p99', 10, '×'),
  searchTail: atMost('search uncached, most products, p99', 100, 'ms'),
  productGrowth: atMost('product uncached, most products / fewest, p50', 1.3, '×'),
  edgeHits: atLeast('hit rate of the edge under the Zipf load', 90, '%'),
  memoryHits: atLeast('hit rate of L4 for the top 1,000', 95, '%'),
  redisHits: atLeast('hit rate of L3 for what L4 misses', 80, '%'),
  singleFlight: atMost('queries for 1,000 concurrent misses of one cold key', 1, ''),
  freshTail: atMost('commit of a price to the edge under load, p99', 250, 'ms'),
  olderAfterwards: atMost('older prices seen after the new one', 0, ''),
  originMemory: atMost('resident memory of the origin after the load', 200, 'MB'),
} as const satisfies Record<string, Target>;

export type TargetId = keyof typeof TARGETS;

export const TARGET_IDS = Object.keys(TARGETS) as readonly TargetId[];

/** What was measured for a target, or the sentence that says why nothing was. */
export type Outcome = { readonly figure: Figure } | { readonly missing: string };

export type Outcomes = Readonly<Partial<Record<TargetId, Outcome>>>;

export type Verdict = 'held' | 'short' | 'not measured';

export interface Judged {
  readonly id: TargetId;
  readonly target: Target;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
}

/** Every target once, in the order of the table; what a run did not touch is not measured. */
export function judge(outcomes: Outcomes): readonly Judged[] {
  return TARGET_IDS.map((id) => {
    const target: Target = TARGETS[id];
    const outcome: Outcome = outcomes[id] ?? { missing: 'this run did not come to it' };
    return { id, target, outcome, verdict: verdictOf(target, outcome) };
  });
}

function verdictOf({ bound, value }: Target, outcome: Outcome): Verdict {
  if ('missing' in outcome) return 'not measured';
  const { median } = outcome.figure;
  // Written so that NaN is short.
  const isHeld = bound === 'at least' ? median >= value : median <= value;
  return isHeld ? 'held' : 'short';
}

/** Nothing short of every target held is a success. */
export function exitCodeOf(judged: readonly Judged[]): 0 | 1 {
  return judged.every(({ verdict }) => verdict === 'held') ? 0 : 1;
}

/** One line for the terminal: name, figure with its spread, target, verdict. */
export function lineOf({ target, outcome, verdict }: Judged): string {
  const wanted = `${target.bound} ${withUnit(target.value, target.unit)}`;
  const name = target.name.padEnd(NAME_WIDTH);
  if ('missing' in outcome) return `${name}  ${verdict}: ${outcome.missing} (target ${wanted})`;
  const { median, least, greatest, rounds } = outcome.figure;
  const spread = rounds.length > 1 ? ` (${rounded(least)} to ${rounded(greatest)})` : '';
  return `${name}  ${withUnit(median, target.unit)}${spread}, target ${wanted}: ${verdict}`;
}

const NAME_WIDTH = 66;

export function withUnit(value: number, unit: Target['unit']): string {
  return unit === '' || unit === '×' ? `${rounded(value)}${unit}` : `${rounded(value)} ${unit}`;
}

/** Three digits that matter; more would be noise. */
export function rounded(value: number): string {
  return new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 }).format(value);
}

function atLeast(name: string, value: number, unit: Target['unit']): Target {
  return { name, bound: 'at least', value, unit };
}

function atMost(name: string, value: number, unit: Target['unit']): Target {
  return { name, bound: 'at most', value, unit };
}
