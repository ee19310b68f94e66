/** What the money path must reach. Ratios are against what was measured beside, in the same run. */

import { atLeast, atMost, judgeAll, type Outcome, type Target } from '#bench/targets.ts';

export const TARGETS = {
  orderRate: atLeast('orders/s cart to paid / the bare transaction through pgbench, c = 32', 0.3, ''),
  hotRate: atLeast('one hot variant / 1,000 variants, orders/s, c = 32', 0.5, ''),
  checkoutTail: atMost('checkout at half the maximum rate, p99 / p50', 5, '×'),
  soldInSale: atLeast('units sold of a flash sale, of those that there were', 100, '%'),
  oversoldInSale: atMost('units sold beyond those that there were', 0, ''),
  failedInSale: atMost('flash sale: answers that were neither an order nor out of stock', 0, ''),
} as const satisfies Record<string, Target>;

export type TargetId = keyof typeof TARGETS;
export type Outcomes = Readonly<Partial<Record<TargetId, Outcome>>>;

export const judge = (outcomes: Outcomes) => judgeAll<TargetId>(TARGETS, outcomes);
