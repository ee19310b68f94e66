/** What a read costs without any cache as the catalogue grows: products and searches, fewest against most. */

import type { RunningProgram } from '#bench/stack/program.ts';
import { edgeHeaders } from '#bench/stack/shop.ts';
import { figureOf, ratioOf } from '#bench/statistics.ts';
import { writeProductPaths, writeSearchPaths } from './addresses.ts';
import { type Bench, type Found, largest, smallest } from './bench.ts';
import { alternate, type Compared, type Contender, chartOf, loadRun, roundsOf } from './compare.ts';

/** Few, so that the figure is the query's cost and not the queue's. */
const CONNECTIONS = 2;
/** Rounds begin so many lines apart. */
const ROUND_STEP = 4_099;

type Name = 'fewest' | 'most';

export interface Uncached {
  readonly fewest: RunningProgram;
  readonly most: RunningProgram;
}

export async function measureProductGrowth(bench: Bench, uncached: Uncached): Promise<Found> {
  const { folder } = bench.stack;
  const contenders = contendersOf(bench, uncached, {
    fewest: await writeProductPaths(folder, smallest(bench)),
    most: await writeProductPaths(folder, largest(bench)),
  });
  const compared = await alternate(contenders, bench.options);
  const middles = (name: Name) => roundsOf(compared[name], 'p50Ms');
  return {
    outcomes: { productGrowth: { figure: ratioOf(middles('most'), middles('fewest')) } },
    charts: [growthChart('A product, uncached', 'p50Ms', contenders, compared)],
  };
}

export async function measureSearchGrowth(bench: Bench, uncached: Uncached): Promise<Found> {
  const paths = await writeSearchPaths(bench.stack.folder, bench.queries);
  const contenders = contendersOf(bench, uncached, { fewest: paths, most: paths });
  const compared = await alternate(contenders, bench.options);
  const tails = (name: Name) => roundsOf(compared[name], 'p99Ms');
  const chart = growthChart('A search, uncached', 'p99Ms', contenders, compared);
  return {
    outcomes: {
      searchGrowth: { figure: ratioOf(tails('most'), tails('fewest')) },
      searchTail: { figure: figureOf(tails('most')) },
    },
    charts: [
      { ...chart, marks: [{ label: 'most', value: 100 }] },
      growthChart('A search, uncached', 'p50Ms', contenders, compared),
    ],
  };
}

function contendersOf(
  bench: Bench,
  uncached: Uncached,
  files: Readonly<Record<Name, string>>,
): Record<Name, Contender> {
  const headers = edgeHeaders(bench.stack);
  const contender = (name: Name, size: number): Contender => ({
    label: `${size.toLocaleString('en-US')} products`,
    role: name === 'fewest' ? 'limit' : 'subject',
    run: (round, runMs) => {
      const { url, pid } = uncached[name];
      const paths = { file: files[name], from: (round + 1) * ROUND_STEP };
      const load = { url, headers, connections: CONNECTIONS, runMs, paths, signal: bench.stack.signal };
      return loadRun(load, pid);
    },
  });
  return { fewest: contender('fewest', smallest(bench)), most: contender('most', largest(bench)) };
}

function growthChart(
  title: string,
  measure: 'p50Ms' | 'p99Ms',
  contenders: Record<Name, Contender>,
  compared: Compared<Name>,
) {
  const name = measure === 'p50Ms' ? 'p50' : 'p99';
  return chartOf(contenders, compared, {
    title: `${title}: ${name}`,
    note: `wrk with ${CONNECTIONS} connections at an origin whose cache tiers are off.`,
    unit: 'ms',
    measure,
  });
}
