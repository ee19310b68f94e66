/** The soak, start to end: a whole shop under a steady load for half an hour, what it holds in memory, report, verdicts. */

import type { RateChart } from '#bench/page/model.ts';
import { writeReport } from '#bench/page/write.ts';
import { figureOf } from '#bench/statistics.ts';
import { readSurroundings } from '#bench/surroundings.ts';
import { exitCodeOf, lineOf, type Outcome } from '#bench/targets.ts';
import { type WatchedShop, withWatchedShop } from '#bench/watched/shop.ts';
import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { say, seconds, step } from '#ops/local/progress.ts';
import { lineThrough } from './line.ts';
import { loadSteadily, newTally, type Tally } from './load.ts';
import { type MemoryTrace, traceMemory } from './memory.ts';
import type { SoakOptions } from './options.ts';
import { judge, type Outcomes, type TargetId } from './targets.ts';

const PERCENT = 100;
const SECONDS_PER_MINUTE = MINUTE_MS / SECOND_MS;
const SCRAPE_EVERY_MS = 5_000;
const WARM_UP_MS = 20_000;

/** @returns the exit code. */
export async function benchSoak(options: SoakOptions, signal: AbortSignal): Promise<0 | 1> {
  const begun = performance.now();
  const { durationMs, settleMs, readsPerSecond, ordersPerSecond } = options;
  const report = await withWatchedShop(signal, async (shop) => {
    const surroundings = await readSurroundings(shop.stack.servers.databaseUrl);
    const { traces, tally } = await soak(shop, options);
    const settleSeconds = Math.round(settleMs / SECOND_MS);
    return {
      title: 'Hotshelf: half an hour at the same load',
      ...surroundings,
      durationSeconds: (performance.now() - begun) / SECOND_MS,
      parameters: { minutes: durationMs / MINUTE_MS, readsPerSecond, ordersPerSecond },
      about: `${tally.reads.toLocaleString('en-US')} reads and ${tally.orders.toLocaleString('en-US')} purchases through the edge, ${readsPerSecond} and ${ordersPerSecond} a second.`,
      chartsTitle: 'Resident memory, by time',
      chartsNote: `Of the process and those that it has started. The straight line goes through all that came after the first ${settleSeconds} s: its slope is what is judged.`,
      judged: judge(outcomesOf(traces, tally, options)),
      charts: traces.map((trace) => chartOf(trace, settleSeconds)),
      tables: [failuresOf(tally)],
    };
  });
  const files = await writeReport(report, 'soak');
  console.log('');
  for (const judged of report.judged) console.log(lineOf(judged));
  console.log(`\n${files.page}\nafter ${seconds(performance.now() - begun)}`);
  return exitCodeOf(report.judged);
}

interface Soaked {
  readonly traces: readonly MemoryTrace[];
  readonly tally: Tally;
}

async function soak(shop: WatchedShop, { durationMs, ...pace }: SoakOptions): Promise<Soaked> {
  const { signal } = shop.stack;
  // The first requests of a shop that has just come up are the start's, not the soak's.
  await step('first requests', () =>
    loadSteadily(shop, pace, newTally(), AbortSignal.any([signal, AbortSignal.timeout(WARM_UP_MS)])),
  );
  const until = AbortSignal.any([signal, AbortSignal.timeout(durationMs)]);
  const tally = newTally();
  const begun = performance.now();
  const timer = setInterval(() => {
    const minutes = Math.round((performance.now() - begun) / MINUTE_MS);
    say(`${minutes} min: ${tally.reads} reads, ${tally.orders} purchases, ${failed(tally)} failed`);
  }, MINUTE_MS);
  try {
    const [traces] = await Promise.all([
      traceMemory(shop, until),
      loadSteadily(shop, pace, tally, until),
      scrape(shop, until),
    ]);
    signal.throwIfAborted();
    return { traces, tally };
  } finally {
    clearInterval(timer);
  }
}

/** As Prometheus does: what it asks for may grow, too. */
async function scrape({ targets, stack }: WatchedShop, until: AbortSignal): Promise<void> {
  const headers = { authorization: `Bearer ${stack.secrets.operatorToken}` };
  while (!until.aborted) {
    await Promise.allSettled(
      targets.map(async ({ url }) => (await fetch(url, { headers, signal: until })).arrayBuffer()),
    );
    await Bun.sleep(SCRAPE_EVERY_MS);
  }
}

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, times) => total + times, 0);
const failed = ({ failedReads, failedOrders }: Tally) => sum(failedReads) + sum(failedOrders);

function outcomesOf(traces: readonly MemoryTrace[], tally: Tally, options: SoakOptions): Outcomes {
  const share = (part: number, all: number): Outcome => ({ figure: figureOf([(part / all) * PERCENT]) });
  const wanted = (options.readsPerSecond * options.durationMs) / SECOND_MS;
  const slopes = traces.map((trace): [TargetId, Outcome] => [trace.name, slopeOf(trace, options)]);
  return {
    ...Object.fromEntries(slopes),
    reads: share(tally.reads - sum(tally.failedReads), tally.reads),
    pace: share(tally.reads, wanted),
    orders: share(tally.orders - sum(tally.failedOrders), tally.orders),
  };
}

function slopeOf({ megabytes, wasRestarted }: MemoryTrace, { settleMs }: SoakOptions): Outcome {
  if (wasRestarted) return { missing: 'it was restarted' };
  const line = lineAfter(megabytes, Math.round(settleMs / SECOND_MS));
  return { figure: figureOf([line.slope * SECONDS_PER_MINUTE]) };
}

function lineAfter(megabytes: readonly number[], settleSeconds: number) {
  return lineThrough(megabytes.map((y, x) => ({ x, y })).slice(settleSeconds));
}

function chartOf({ name, megabytes }: MemoryTrace, settleSeconds: number): RateChart {
  const line = lineAfter(megabytes, settleSeconds);
  return {
    kind: 'rates',
    title: name,
    note: `${megabytes[0]?.toFixed(0)} MB at first, ${megabytes.at(-1)?.toFixed(0)} MB at last.`,
    durationSeconds: megabytes.length,
    unit: 'MB',
    lines: [
      { label: 'resident', role: 'subject', perSecond: megabytes },
      {
        label: 'the line through it',
        role: 'mark',
        perSecond: megabytes.map((_, second) => line.at(second)),
      },
    ],
  };
}

function failuresOf({ failedReads, failedOrders }: Tally) {
  const rows = (what: string, counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([why, times]) => [what, why, String(times)]);
  return {
    title: 'What failed',
    note: 'By what the shopper saw.',
    head: ['what', 'why', 'times'],
    rows: [...rows('read', failedReads), ...rows('purchase', failedOrders)],
  };
}
