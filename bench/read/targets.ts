/** What the read path must reach. Pure. */

import { atLeast, atMost, type Judged, judgeAll, type Outcome, type Target } from '#bench/targets.ts';

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
  privateRead: atLeast('private read with token and user limit / without, requests/s', 0.85, ''),
  originMemory: atMost('resident memory of the origin after the load, at rest', 200, 'MB'),
} as const satisfies Record<string, Target>;

export type TargetId = keyof typeof TARGETS;

export const TARGET_IDS = Object.keys(TARGETS) as readonly TargetId[];

export type Outcomes = Readonly<Partial<Record<TargetId, Outcome>>>;

export function judge(outcomes: Outcomes): readonly Judged<TargetId>[] {
  return judgeAll<TargetId>(TARGETS, outcomes);
}
