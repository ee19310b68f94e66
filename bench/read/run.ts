/** The read bench, start to end: stack, catalogues, every measurement, report, verdicts. */

import { provideCatalogue } from '#bench/data/catalogue.ts';
import type { ReadOptions } from '#bench/options.ts';
import type { Chart, Report } from '#bench/page/model.ts';
import { writeReport } from '#bench/page/write.ts';
import { OWN_QUERIES, parseQueries, QueryFileError, type WeightedQuery } from '#bench/queries.ts';
import type { RunningProgram } from '#bench/stack/program.ts';
import { startEdgeProgram, startOrigin } from '#bench/stack/shop.ts';
import { type Stack, withStack } from '#bench/stack/stack.ts';
import { readSurroundings } from '#bench/surroundings.ts';
import { exitCodeOf, lineOf, type Outcome } from '#bench/targets.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { say, seconds, step } from '#ops/local/progress.ts';
import { type Bench, CONNECTIONS, databaseOf, type Found, largest, REDIS, smallest } from './bench.ts';
import { measureFreshness } from './freshness.ts';
import { measureProductGrowth, measureSearchGrowth } from './growth.ts';
import { measureHitRates } from './hit-rates.ts';
import { measureHotEdge } from './hot-edge.ts';
import { measureHotOrigin } from './hot-origin.ts';
import { measureMemory } from './memory.ts';
import { measurePostgres } from './postgres-limit.ts';
import { measurePrivateRead } from './private-read.ts';
import { measureSingleFlight } from './single-flight.ts';
import { judge, type TargetId } from './targets.ts';

/** @returns the exit code. */
export async function benchRead(options: ReadOptions, signal: AbortSignal): Promise<0 | 1> {
  const begun = performance.now();
  const queries = options.queryFile === null ? OWN_QUERIES : await readQueries(options.queryFile);
  const report = await withStack(signal, async (stack): Promise<Report> => {
    const surroundings = await readSurroundings(stack.servers.databaseUrl);
    const databases = await provideCatalogues(stack, options.sizes);
    const found = await measureAll({ stack, options, queries, databases });
    return {
      title: 'Hotshelf: the read path',
      ...surroundings,
      durationSeconds: (performance.now() - begun) / SECOND_MS,
      parameters: { sizes: options.sizes, rounds: options.rounds, runMs: options.runMs },
      about: `${options.sizes.map((size) => size.toLocaleString('en-US')).join(' / ')} products.`,
      chartsTitle: 'Figures, each beside its limit',
      chartsNote: `A bar is the median of ${options.rounds} alternating rounds of ${options.runMs / SECOND_MS} s, each dot a round.`,
      judged: judge(found.outcomes),
      charts: found.charts,
      tables: [],
    };
  });
  const files = await writeReport(report, 'read');
  console.log('');
  for (const judged of report.judged) console.log(lineOf(judged));
  console.log(`\n${files.page}\nafter ${seconds(performance.now() - begun)}`);
  return exitCodeOf(report.judged);
}

/** @throws {QueryFileError} */
async function readQueries(file: string): Promise<readonly WeightedQuery[]> {
  const handle = Bun.file(file);
  if (!(await handle.exists())) throw new QueryFileError(`There is no query file ${file}.`);
  return parseQueries(await handle.text());
}

async function provideCatalogues(
  { servers, signal }: Stack,
  sizes: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const databases = new Map<number, string>();
  for (const products of sizes) {
    const title = `${products.toLocaleString('en-US')} products`;
    const provide = () => provideCatalogue({ servers, products, signal });
    databases.set(products, await step(title, provide));
  }
  return databases;
}

/** Gathers what the measurements find; one that fails leaves its targets unmeasured and the rest untouched. */
class Findings {
  readonly outcomes: Partial<Record<TargetId, Outcome>> = {};
  readonly charts: Chart[] = [];
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async take(title: string, targets: readonly TargetId[], measure: () => Promise<Found>): Promise<void> {
    try {
      const { outcomes, charts } = await step(title, measure);
      Object.assign(this.outcomes, outcomes);
      // A measure that this machine does not have leaves its chart empty.
      this.charts.push(...charts.filter((chart) => chart.kind !== 'bars' || chart.bars.length > 0));
    } catch (error) {
      this.#signal.throwIfAborted();
      const missing = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
      say(`  ${missing}`);
      for (const target of targets) this.outcomes[target] = { missing };
    }
  }
}

async function measureAll(bench: Bench): Promise<Findings> {
  const findings = new Findings(bench.stack.signal);
  await measureUncached(bench, findings);
  await measureWarm(bench, findings);
  await findings.take('private read', ['privateRead'], () => measurePrivateRead(bench));
  await findings.take('hit rates', ['edgeHits', 'memoryHits', 'redisHits'], () => measureHitRates(bench));
  return findings;
}

/** Origins with no cache tier; nothing else runs meanwhile that would show in PostgreSQL's log. */
async function measureUncached(bench: Bench, findings: Findings): Promise<void> {
  const start = (name: string, size: number): Promise<RunningProgram> =>
    startOrigin(bench.stack, {
      name,
      databaseUrl: databaseOf(bench, size),
      redisDatabase: REDIS.other,
      tiers: 'none',
      maxConnections: CONNECTIONS,
    });
  const most = await start('origin-uncached-most', largest(bench));
  await findings.take('product from Postgres', ['postgresRate'], () => measurePostgres(bench, most));
  const fewest = await start('origin-uncached-fewest', smallest(bench));
  const uncached = { most, fewest };
  await findings.take('product, uncached', ['productGrowth'], () => measureProductGrowth(bench, uncached));
  await findings.take('search, uncached', ['searchGrowth', 'searchTail'], () =>
    measureSearchGrowth(bench, uncached),
  );
  await most.stop();
  await fewest.stop();
}

/** The shop as it runs, over the largest catalogue. */
async function measureWarm(bench: Bench, findings: Findings): Promise<void> {
  const origin = await startOrigin(bench.stack, {
    name: 'origin',
    databaseUrl: databaseOf(bench, largest(bench)),
    redisDatabase: REDIS.main,
    tiers: 'all',
  });
  const edge = await startEdgeProgram(bench.stack, 'edge', origin.url);
  await findings.take('1,000 misses at once', ['singleFlight'], () => measureSingleFlight(bench, origin));
  await findings.take(
    'warm origin',
    ['originHotRate', 'originHotTail', 'redisRate', 'originListRate', 'originSearchRate'],
    () => measureHotOrigin(bench, origin),
  );
  await findings.take('warm edge', ['edgeHotRate', 'edgeListRate', 'edgeSearchRate'], () =>
    measureHotEdge(bench, edge),
  );
  await findings.take('freshness', ['freshTail', 'olderAfterwards'], () =>
    measureFreshness(bench, { origin, edge }),
  );
  await findings.take('memory', ['originMemory'], () => measureMemory(bench, origin));
  await edge.stop();
  await origin.stop();
}
