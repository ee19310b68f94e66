/** The overload bench, start to end: what is answered and sold while more is asked than can be done. */

import { driveShoppers } from '#bench/checkout/drive.ts';
import { openShop, type Shop } from '#bench/checkout/shop.ts';
import type { Bar, BarChart, Report } from '#bench/page/model.ts';
import { writeReport } from '#bench/page/write.ts';
import { edgeHeaders } from '#bench/stack/shop.ts';
import { withStack } from '#bench/stack/stack.ts';
import { type Figure, figureOf, median } from '#bench/statistics.ts';
import { readSurroundings } from '#bench/surroundings.ts';
import { exitCodeOf, lineOf } from '#bench/targets.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { say, seconds, step } from '#ops/local/progress.ts';
import { type Flooded, flood, listPath, writeListPaths } from './flood.ts';
import type { OverloadOptions } from './options.ts';
import { amplificationOfOutage } from './outage.ts';
import { judge, type Outcomes } from './targets.ts';

const TIMES = [2, 5, 10] as const;
type Times = (typeof TIMES)[number];
const SHOPPERS = 2;
const PROBE_EVERY_MS = 20;
const UNAVAILABLE = 503;
const PERCENT = 100;

interface Found {
  readonly outcomes: Outcomes;
  readonly charts: readonly BarChart[];
}

/** @returns the exit code. */
export async function benchOverload(options: OverloadOptions, signal: AbortSignal): Promise<0 | 1> {
  const begun = performance.now();
  const report = await withStack(signal, async (stack): Promise<Report> => {
    const shop = await step('a shop that sheds load', () =>
      openShop(stack, { tiers: 'none', shedsLoad: true }),
    );
    const surroundings = await readSurroundings(stack.servers.databaseUrl);
    const amplification = await step('an outage', () => amplificationOfOutage(stack));
    const { outcomes, charts } = await measure(shop, options);
    return {
      title: 'Hotshelf: more than can be done',
      ...surroundings,
      durationSeconds: (performance.now() - begun) / SECOND_MS,
      parameters: { rounds: options.rounds, runMs: options.runMs },
      about:
        'Lists of products that every tier misses, asked 2, 5 and 10 times as often as they can be answered.',
      chartsTitle: 'What is answered',
      chartsNote: `A bar is the median of ${options.rounds} rounds of ${options.runMs / SECOND_MS} s, each dot a round.`,
      judged: judge({ ...outcomes, amplification: { figure: figureOf([amplification]) } }),
      charts,
      tables: [],
    };
  });
  const files = await writeReport(report, 'overload');
  console.log('');
  for (const judged of report.judged) console.log(lineOf(judged));
  console.log(`\n${files.page}\nafter ${seconds(performance.now() - begun)}`);
  return exitCodeOf(report.judged);
}

/** A flood, and what is answered at best, one right after the other: the machine is the same for both. */
interface Pair {
  readonly flooded: Flooded;
  readonly capacity: Flooded;
}

interface Round {
  readonly pairs: Readonly<Record<Times, Pair>>;
  readonly refusalsMs: readonly number[];
  readonly boughtShare: number;
}

async function measure(shop: Shop, options: OverloadOptions): Promise<Found> {
  const file = await writeListPaths(shop.stack.folder);
  const rounds: Round[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    rounds.push(await step(`round ${round + 1}`, () => playRound(shop, file, options)));
  }
  const all = rounds.flatMap(({ pairs }) => Object.values(pairs));
  const capacity = figureOf(all.map((pair) => pair.capacity.goodPerSecond));
  const of = (times: Times, measure: (pair: Pair) => number) =>
    figureOf(rounds.map(({ pairs }) => measure(pairs[times])));
  const goodOf = (times: Times) => of(times, ({ flooded }) => flooded.goodPerSecond);
  const shareOf = (times: Times) => ({ figure: of(times, shareOfMost) });
  for (const times of TIMES) {
    const asked = of(times, ({ flooded }) => flooded.askedPerSecond).median;
    const limit = of(times, ({ flooded }) => flooded.limit).median;
    const good = goodOf(times).median;
    say(`  ${times} times: ${asked.toFixed(0)} asked, ${good.toFixed(0)} answered a second, limit ${limit}`);
  }
  const refusals = rounds.map(({ refusalsMs }) => refusalsMs).filter((all) => all.length > 0);
  return {
    outcomes: {
      ...{ goodput2: shareOf(2), goodput5: shareOf(5), goodput10: shareOf(10) },
      refusal:
        refusals.length === 0
          ? { missing: 'nothing was refused' }
          : { figure: figureOf(refusals.map((all) => median(all))) },
      payments: { figure: figureOf(rounds.map(({ boughtShare }) => boughtShare * PERCENT)) },
    },
    charts: [goodputChart(capacity, goodOf)],
  };
}

function shareOfMost({ capacity, flooded }: Pair): number {
  return (flooded.goodPerSecond / Math.max(capacity.goodPerSecond, flooded.goodPerSecond)) * PERCENT;
}

async function playRound(shop: Shop, file: string, { runMs, warmUpMs }: OverloadOptions): Promise<Round> {
  const atBest = { file, runMs, perSecond: null };
  await flood(shop, { ...atBest, runMs: warmUpMs });
  const { goodPerSecond } = await flood(shop, atBest);
  const pair = async (times: Times): Promise<Pair> => {
    const perSecond = goodPerSecond * times;
    await flood(shop, { file, runMs: warmUpMs, perSecond });
    const flooded = await flood(shop, { file, runMs, perSecond });
    return { flooded, capacity: await flood(shop, atBest) };
  };
  const pairs = { 2: await pair(2), 5: await pair(5), 10: await pair(10) };
  // Apart, for their own work would be part of what is measured.
  const [, refusalsMs, boughtShare] = await Promise.all([
    flood(shop, { file, runMs: runMs + warmUpMs, perSecond: goodPerSecond * 10 }),
    timeRefusals(shop, warmUpMs, runMs),
    shopMeanwhile(shop, warmUpMs, runMs),
  ]);
  return { pairs, refusalsMs, boughtShare };
}

/** By the keep-alive connection of one client that waits for each answer. */
async function timeRefusals({ origin, stack }: Shop, afterMs: number, forMs: number): Promise<number[]> {
  await Bun.sleep(afterMs);
  const headers = edgeHeaders(stack);
  const refusalsMs: number[] = [];
  const begun = performance.now();
  for (let number = 0; performance.now() - begun < forMs; number += 1) {
    const askedAt = performance.now();
    const answer = await fetch(origin.url + listPath(number), { headers });
    if (answer.status === UNAVAILABLE) refusalsMs.push(performance.now() - askedAt);
    await answer.arrayBuffer();
    await Bun.sleep(PROBE_EVERY_MS);
  }
  return refusalsMs;
}

async function shopMeanwhile(shop: Shop, afterMs: number, forMs: number): Promise<number> {
  await Bun.sleep(afterMs);
  const { endings } = await driveShoppers(shop, shop.variants.many, {
    ...{ kind: 'closed', shoppers: SHOPPERS },
    forMs: forMs - SECOND_MS,
  });
  const { paid = 0 } = endings;
  const all = Object.values(endings).reduce((sum, times) => sum + times, 0);
  say(`  shoppers meanwhile: ${JSON.stringify(endings)}`);
  return all === 0 ? 0 : paid / all;
}

function goodputChart(capacity: Figure, goodOf: (times: Times) => Figure): BarChart {
  const bars: Bar[] = [
    { label: 'as much as is answered', role: 'limit', figure: capacity },
    ...TIMES.map(
      (times): Bar => ({ label: `${times} times as much`, role: 'subject', figure: goodOf(times) }),
    ),
  ];
  return {
    kind: 'bars',
    title: 'Lists answered a second, by how many were asked for',
    note: 'What is over the limit is refused at once, so that the rest is answered as if it were alone.',
    unit: 'answers/s',
    bars,
    marks: [{ label: '90 % of the capacity', value: capacity.median * 0.9 }],
  };
}
