/**
 * How much each tier answers under a Zipf load, in the state that a shop's caches are in when it has been open for
 * longer than they remember. That state is brought about first (see history.ts); then wrk drives, and beside it a
 * sampler draws from the same law and reads `Cache-Status`. The edge is driven as one location; the origin is
 * driven directly, for one location's cache alone would leave it next to nothing to do.
 */

import { slugOfRank } from '#bench/data/products.ts';
import { type Load, runWrkLeniently } from '#bench/load/wrk.ts';
import type { Bar, Chart } from '#bench/page/model.ts';
import { edgeHeaders, startEdgeProgram, startOrigin } from '#bench/stack/shop.ts';
import { figureOf } from '#bench/statistics.ts';
import type { Outcome } from '#bench/targets.ts';
import { createZipf } from '#bench/zipf.ts';
import { createRandom } from '#db/seed/random.ts';
import { productPath, writeProductPaths } from './addresses.ts';
import { type Bench, databaseOf, type Found, REDIS } from './bench.ts';
import { replayHistory } from './history.ts';
import { type Tier, tierOf } from './tier.ts';

const CONNECTIONS = 8;
const SAMPLERS = 4;
const SAMPLE_SEED = 90_210;
const TOP = 1_000;
const TIMEOUT_MS = 10_000;
const PERCENT = 100;
/** In runs of the load generator. */
const MEASURED_RUNS = 4;
/**
 * The traffic whose steady state is measured: as many reads as are made while a tier remembers them. An edge
 * location keeps a product fresh for a minute, Redis keeps it for ten.
 */
const EDGE_HISTORY = { readsPerSecond: 5_000, seconds: 60 };
const ORIGIN_HISTORY = { readsPerSecond: 2_000, seconds: 600 };

interface Sample {
  readonly rank: number;
  readonly tier: Tier;
}

interface Rates {
  readonly size: number;
  readonly edge: number;
  readonly memory: number;
  readonly redis: number;
}

/** The targets are held against the size in the middle, or the larger of two; a quick run leaves out the other. */
export async function measureHitRates(bench: Bench): Promise<Found> {
  const { isQuick } = bench.options;
  const judgedSize = bench.options.sizes[Math.floor(bench.options.sizes.length / 2)];
  const sizes = bench.options.sizes.filter((size) => !isQuick || size === judgedSize);
  const all: Rates[] = [];
  for (const size of sizes) all.push(await ratesOf(bench, size));
  const judged = all.find(({ size }) => size === judgedSize);
  const outcome = (value: number | undefined): Outcome =>
    value === undefined || Number.isNaN(value)
      ? { missing: 'too few samples reached this tier' }
      : { figure: figureOf([value]) };
  return {
    outcomes: {
      edgeHits: outcome(judged?.edge),
      memoryHits: outcome(judged?.memory),
      redisHits: outcome(judged?.redis),
    },
    charts: [
      chart({
        title: 'Hit rate of the edge',
        note: `Share of product reads that one location answers itself, fresh or stale while it revalidates, with ${described(EDGE_HISTORY)} behind it.`,
        all,
        rate: 'edge',
        target: 90,
      }),
      chart({
        title: 'Hit rate of L4 for the top 1,000 products',
        note: `Share of the reads of the 1,000 most popular products that the memory of one origin answers, with ${described(ORIGIN_HISTORY)} behind it; the tail's reads compete for its entries. The measured part is shorter than an entry's life, so its end by age is not in the figure.`,
        all,
        rate: 'memory',
        target: 95,
      }),
      chart({
        title: 'Hit rate of L3 for what L4 misses',
        note: `Share of the reads which that origin's memory does not answer, of whatever rank, that Redis does, with ${described(ORIGIN_HISTORY)} behind it.`,
        all,
        rate: 'redis',
        target: 80,
      }),
    ],
  };
}

async function ratesOf(bench: Bench, size: number): Promise<Rates> {
  const { stack } = bench;
  const origin = await startOrigin(stack, {
    name: `origin-hits-${size}`,
    databaseUrl: databaseOf(bench, size),
    // Catalogues of different sizes have slugs in common.
    redisDatabase: REDIS.hits + bench.options.sizes.indexOf(size),
    tiers: 'all',
  });
  const file = await writeProductPaths(stack.folder, size);
  const direct = await sampleUnderLoad(bench, {
    size,
    url: origin.url,
    headers: edgeHeaders(stack),
    file,
    reads: readsOf(ORIGIN_HISTORY),
  });
  const edge = await startEdgeProgram(stack, `edge-hits-${size}`, origin.url);
  const atEdge = await sampleUnderLoad(bench, {
    size,
    url: edge.url,
    headers: {},
    file,
    reads: readsOf(EDGE_HISTORY),
  });
  await edge.stop();
  await origin.stop();
  const missedMemory = direct.filter(({ tier }) => tier !== 'memory');
  return {
    size,
    edge: share(atEdge, ({ tier }) => tier === 'edge'),
    memory: share(
      direct.filter(({ rank }) => rank <= TOP),
      ({ tier }) => tier === 'memory',
    ),
    redis: share(missedMemory, ({ tier }) => tier === 'redis'),
  };
}

interface Driven {
  readonly size: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly file: string;
  /** How many reads the caches have behind them. */
  readonly reads: number;
}

function readsOf({ readsPerSecond, seconds }: typeof EDGE_HISTORY): number {
  return readsPerSecond * seconds;
}

async function sampleUnderLoad(bench: Bench, driven: Driven): Promise<readonly Sample[]> {
  const { signal } = bench.stack;
  const { runMs } = bench.options;
  const load = (runs: number, from: number): Load => ({
    url: `${driven.url}/`,
    headers: driven.headers,
    connections: CONNECTIONS,
    runMs: runMs * runs,
    paths: { file: driven.file, from },
    signal,
  });
  await replayHistory(driven, signal);
  const ended = AbortSignal.timeout(runMs * MEASURED_RUNS);
  const [samples, measured] = await Promise.all([
    takeSamples(driven, AbortSignal.any([ended, signal])),
    runWrkLeniently(load(MEASURED_RUNS, 0)),
  ]);
  const failed = measured.refused + measured.broken;
  if (failed > 0) throw new Error(`${failed} of ${measured.requests} requests under the Zipf load failed`);
  return samples;
}

async function takeSamples({ size, url, headers }: Driven, ended: AbortSignal): Promise<readonly Sample[]> {
  const zipf = createZipf(size, createRandom(SAMPLE_SEED).fraction);
  const samples: Sample[] = [];
  const sampler = async () => {
    while (!ended.aborted) {
      const rank = zipf.draw();
      const answer = await fetch(url + productPath(slugOfRank(rank, size)), {
        headers,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`a sampled product answered ${answer.status}`);
      samples.push({ rank, tier: tierOf(answer.headers.get('cache-status')) });
    }
  };
  await Promise.all(Array.from({ length: SAMPLERS }, sampler));
  return samples;
}

/** In percent; NaN where there is nothing to take a share of. */
function share(samples: readonly Sample[], isHit: (sample: Sample) => boolean): number {
  return (samples.filter(isHit).length / samples.length) * PERCENT;
}

function described({ readsPerSecond, seconds }: typeof EDGE_HISTORY): string {
  return `${seconds} s of ${readsPerSecond.toLocaleString('en-US')} reads a second`;
}

interface RateChart {
  readonly title: string;
  readonly note: string;
  readonly all: readonly Rates[];
  readonly rate: 'edge' | 'memory' | 'redis';
  readonly target: number;
}

function chart({ title, note, all, rate, target }: RateChart): Chart {
  const bars = all.flatMap((rates): Bar[] => {
    if (Number.isNaN(rates[rate])) return [];
    const label = `${rates.size.toLocaleString('en-US')} products`;
    return [{ label, role: 'subject', figure: figureOf([rates[rate]]) }];
  });
  const measured = 'Zipf with exponent 1; counted by Cache-Status of answers sampled while wrk drives.';
  return {
    kind: 'bars',
    title,
    note: `${note} ${measured}`,
    unit: '%',
    bars,
    marks: [{ label: 'target', value: target }],
  };
}
