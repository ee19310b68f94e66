/** The measurements of the checkout bench, each with the charts that show it. */

import { withConnection } from '#bench/data/catalogue.ts';
import { findPgbench } from '#bench/load/pgbench.ts';
import type { BarChart, Chart } from '#bench/page/model.ts';
import { alternate, type Contender, chartOf, rateAgainst, roundsOf } from '#bench/read/compare.ts';
import { figureOf, median, percentile } from '#bench/statistics.ts';
import { runBareOrders } from './bare-order.ts';
import { runPayments } from './double.ts';
import { driveShoppers, type ShoppingRun, type Spender, shoppingRun } from './drive.ts';
import type { CheckoutOptions } from './options.ts';
import { FIRST_ON_SALE, type Shop, writeVariants } from './shop.ts';
import type { Outcomes } from './targets.ts';
import { type Waits, waitsDuring } from './waits.ts';

/** How many shop at once. */
export const CROWDS = [1, 8, 32, 128] as const;
/** Where the targets are. */
const JUDGED = 32;
const AT_ONCE = 64;

export interface Found {
  readonly outcomes: Outcomes;
  readonly charts: readonly Chart[];
  /** A line each, for people. */
  readonly notes: readonly string[];
}

const NO_PGBENCH =
  "pgbench is not installed: on Debian it comes with the package 'postgresql', elsewhere with PostgreSQL's contrib";

/** Orders a second by so many at once, spread and on one variant, beside the database and the double alone. */
export async function measureRate(
  shop: Shop,
  options: CheckoutOptions,
  shoppers: number,
): Promise<Found & { readonly rate: number }> {
  const program = await findPgbench();
  const spent: ShoppingRun[] = [];
  const contenders = contendersOf(shop, { shoppers, program, spent });
  const compared = await alternate(contenders, options);
  const rates = chartOf(contenders, compared, {
    title: `${shoppers} at once: orders per second, cart to paid`,
    note: 'An order is three calls: cart, item, checkout. pgbench writes the rows of one in a bare transaction.',
    unit: 'orders/s',
    measure: 'perSecond',
  });
  const rate = median(roundsOf(compared.spread, 'perSecond'));
  if (shoppers !== JUDGED) return { outcomes: {}, charts: [rates], notes: [], rate };
  const outcomes: Outcomes = {
    hotRate: rateAgainst(compared.hot, compared.spread),
    orderRate: program === null ? { missing: NO_PGBENCH } : rateAgainst(compared.spread, compared.bare),
  };
  return { outcomes, charts: [rates, cpuChart(spent)], notes: [cpuNote(spent)], rate };
}

interface Load {
  readonly shoppers: number;
  readonly program: string | null;
  /** Takes what each run over the many variants has spent. */
  readonly spent: ShoppingRun[];
}

function contendersOf(shop: Shop, { shoppers, program, spent }: Load) {
  const spread: Contender = {
    label: 'shop, 1,000 variants',
    role: 'subject',
    run: async (round, runMs) => {
      const run = await shoppingRun(shop, shop.variants.many, { shoppers, runMs });
      if (round >= 0) spent.push(run);
      return run;
    },
  };
  const hot: Contender = {
    label: 'shop, one variant',
    role: 'subject',
    run: (_, runMs) => shoppingRun(shop, shop.variants.hot, { shoppers, runMs }),
  };
  const bare: Contender = {
    label: 'pgbench, bare transaction',
    role: 'limit',
    run: async (_, runMs) => ({
      ...{ p50Ms: null, p99Ms: null, cpuUs: null },
      perSecond: program === null ? 0 : await runBareOrders(shop, { program, connections: shoppers, runMs }),
    }),
  };
  const double: Contender = {
    label: 'Stripe double alone',
    role: 'limit',
    run: (_, runMs) => runPayments(shop, { callers: shoppers, runMs }),
  };
  return { spread, hot, bare, double };
}

const SPENDERS: readonly (readonly [Spender, string, 'subject' | 'limit'])[] = [
  ['origin', 'origin', 'subject'],
  ['postgres', 'PostgreSQL', 'subject'],
  ['stripe', 'Stripe double', 'limit'],
  ['shoppers', 'shoppers (load)', 'limit'],
];

function cpuChart(runs: readonly ShoppingRun[]): BarChart {
  return {
    kind: 'bars',
    title: `${JUDGED} at once: processor time for one order`,
    note: 'Where the two cores go. The double and the shoppers are no part of the shop.',
    unit: 'ms',
    bars: SPENDERS.map(([name, label, role]) => ({
      label,
      role,
      figure: figureOf(runs.map(({ cpuMs }) => cpuMs[name])),
    })),
    marks: [],
  };
}

function cpuNote(runs: readonly ShoppingRun[]): string {
  const parts = SPENDERS.map(
    ([name, label]) => `${label} ${median(runs.map(({ cpuMs }) => cpuMs[name])).toFixed(2)}`,
  );
  return `processor ms an order at ${JUDGED}: ${parts.join(', ')}`;
}

/** Shoppers who come by the clock, half as many as the shop could take. */
export async function measureTail(shop: Shop, options: CheckoutOptions, best: number): Promise<Found> {
  const ratios: number[] = [];
  const all: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const pace = { kind: 'open', perSecond: best / 2, forMs: options.runMs * 2 } as const;
    const { checkoutMs } = await driveShoppers(shop, shop.variants.many, pace);
    ratios.push(percentile(checkoutMs, 99) / percentile(checkoutMs, 50));
    all.push(...checkoutMs);
  }
  return {
    outcomes: { checkoutTail: { figure: figureOf(ratios) } },
    charts: [
      {
        kind: 'distribution',
        title: 'The checkout call at half the maximum rate',
        note: `${(best / 2).toFixed(0)} orders per second, by the clock.`,
        unit: 'ms',
        values: thinned(all),
        marks: [{ label: `5 × p50`, value: percentile(all, 50) * 5 }],
      },
    ],
    notes: [
      `checkout at half the rate: p50 ${percentile(all, 50).toFixed(1)} ms, p99 ${percentile(all, 99).toFixed(1)} ms`,
    ],
  };
}

const MAX_POINTS = 1_000;

/** Evenly over the ranks: a page need not hold every call. */
function thinned(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const every = Math.ceil(sorted.length / MAX_POINTS);
  return sorted.filter((_, rank) => rank % every === 0 || rank === sorted.length - 1);
}

/** More shoppers than units, all after one variant. */
export async function measureSale(shop: Shop, { units, shoppers }: CheckoutOptions): Promise<Found> {
  const variantIds = await withConnection(shop.databaseUrl, (sql) =>
    writeVariants(sql, { first: FIRST_ON_SALE, count: 1, stock: units }),
  );
  const { result, waits } = await waitsDuring(shop.databaseUrl, () =>
    driveShoppers(shop, variantIds, { kind: 'sale', shoppers, atOnce: AT_ONCE }),
  );
  const [row] = await withConnection(shop.databaseUrl, (sql) => {
    return sql<{ reserved: number; ledger: number }[]>`
      select reserved, (select sum(reserved_delta)::int from stock_ledger l where l.variant_id = i.variant_id) as ledger
        from inventory i where variant_id = ${variantIds[0] ?? ''}`;
  });
  const { paid = 0, out_of_stock: _, ...failed } = result.endings;
  const sold = Math.max(paid, row?.reserved ?? 0, row?.ledger ?? 0);
  const failures = Object.values(failed).reduce((sum, times) => sum + times, 0);
  return {
    outcomes: {
      soldInSale: { figure: figureOf([(Math.min(paid, units) / units) * 100]) },
      oversoldInSale: { figure: figureOf([Math.max(0, sold - units)]) },
      failedInSale: { figure: figureOf([failures]) },
    },
    charts: [],
    notes: [
      `flash sale: ${JSON.stringify(result.endings)} in ${result.seconds.toFixed(1)} s (${(paid / result.seconds).toFixed(0)} orders/s), slowest call ${result.slowestMs.toFixed(0)} ms`,
      waitsNote(waits),
    ],
  };
}

function waitsNote({ looks, mostForLocks, meanForLocks, meanForDisk }: Waits): string {
  return `flash sale, sessions that waited at ${looks} looks: for a row's lock ${meanForLocks.toFixed(1)} on average, ${mostForLocks} at most; for the disk ${meanForDisk.toFixed(1)} on average`;
}
