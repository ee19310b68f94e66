/** The overload bench, start to end: what is answered and sold while more is asked than can be done. */

import { driveShoppers } from '#bench/checkout/drive.ts';
import { openShop, type Shop } from '#bench/checkout/shop.ts';
import type { Report } from '#bench/page/model.ts';
import { writeReport } from '#bench/page/write.ts';
import { edgeHeaders, startLimit } from '#bench/stack/shop.ts';
import { withStack } from '#bench/stack/stack.ts';
import { figureOf, median } from '#bench/statistics.ts';
import { readSurroundings } from '#bench/surroundings.ts';
import { exitCodeOf, lineOf } from '#bench/targets.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { say, seconds, step } from '#ops/local/progress.ts';
import { setApart } from './cores.ts';
import { type Drawn, goodputChart, tableOf } from './drawn.ts';
import { connectionsFor, type Flooded, flood, floodBeside, listPath, writeListPaths } from './flood.ts';
import type { OverloadOptions } from './options.ts';
import { amplificationOfOutage } from './outage.ts';
import { judge, type Outcomes } from './targets.ts';

const TIMES = [2, 5, 10] as const;
type Times = (typeof TIMES)[number];
const SHOPPERS = 2;
const PROBE_EVERY_MS = 20;
const UNAVAILABLE = 503;
const PERCENT = 100;
const APART =
  'The load has a core of its own and the shop, database included, has the others: what a flood costs the shop is in the figures, what it costs to make one is not.';
const TOGETHER = 'Here the load runs on the same cores as the shop, and takes from what is answered.';

interface Found extends Pick<Report, 'charts' | 'tables'> {
  readonly outcomes: Outcomes;
}

interface Place {
  readonly shop: Shop;
  /** Of a server that answers, and does nothing else. */
  readonly constantUrl: string;
  readonly file: string;
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
    const constant = await startLimit(stack, 'bare-server.ts', { headers: [], body: '{}' });
    const areApart = setApart(
      [process.pid, shop.double.pid],
      [shop.origin.pid, shop.postgresPid, constant.pid],
    );
    const file = await writeListPaths(stack.folder);
    const { outcomes, ...drawn } = await measure({ shop, constantUrl: constant.url, file }, options);
    return {
      title: 'Hotshelf: more than can be done',
      ...surroundings,
      durationSeconds: (performance.now() - begun) / SECOND_MS,
      parameters: { rounds: options.rounds, runMs: options.runMs },
      about:
        'Lists of products that every tier misses, asked 2, 5 and 10 times as often as they can be answered.',
      chartsTitle: 'What is answered',
      chartsNote: `Each dot is a run of ${options.runMs / SECOND_MS} s, between two of what is answered at best; a bar is their median. ${areApart ? APART : TOGETHER}`,
      judged: judge({ ...outcomes, amplification: { figure: figureOf([amplification]) } }),
      ...drawn,
    };
  });
  const files = await writeReport(report, 'overload');
  console.log('');
  for (const judged of report.judged) console.log(lineOf(judged));
  console.log(`\n${files.page}\nafter ${seconds(performance.now() - begun)}`);
  return exitCodeOf(report.judged);
}

/** A flood between two runs of what is answered at best: the machine is the same for all three. */
interface Pair {
  readonly flooded: Flooded;
  readonly capacityPerSecond: number;
}

/** Short ones in turn, for what else the machine does is not the same for long. */
const PAIRS = 3;

interface Round {
  readonly atBest: readonly Flooded[];
  readonly pairs: Readonly<Record<Times, readonly Pair[]>>;
  readonly beside: Flooded;
  readonly refusalsMs: readonly number[];
  readonly boughtShare: number;
}

async function measure(place: Place, options: OverloadOptions): Promise<Found> {
  await step('until its code is compiled', () =>
    flood(place.shop, { file: place.file, runMs: options.firstMs, connections: null }),
  );
  const rounds: Round[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    rounds.push(await step(`round ${round + 1}`, () => playRound(place, options)));
  }
  const pairsOf = (times: Times) => rounds.flatMap(({ pairs }) => pairs[times]);
  const shareOf = (times: Times) => ({ figure: figureOf(pairsOf(times).map(shareOfMost)) });
  const refusals = rounds.map(({ refusalsMs }) => refusalsMs).filter((all) => all.length > 0);
  const loads: readonly Drawn[] = [
    { label: 'as much as is answered', role: 'limit', floods: rounds.flatMap(({ atBest }) => atBest) },
    ...TIMES.map(
      (times): Drawn => ({
        label: `${times} times as much`,
        role: 'subject',
        floods: pairsOf(times).map(({ flooded }) => flooded),
      }),
    ),
    {
      label: 'the rest of 10 times refused by a constant server',
      role: 'limit',
      floods: rounds.map(({ beside }) => beside),
    },
  ];
  const table = tableOf(loads);
  for (const row of table.rows) say(`  ${row.join(', ')}`);
  return {
    outcomes: {
      ...{ goodput2: shareOf(2), goodput5: shareOf(5), goodput10: shareOf(10) },
      refusal:
        refusals.length === 0
          ? { missing: 'nothing was refused' }
          : { figure: figureOf(refusals.map((all) => median(all))) },
      payments: { figure: figureOf(rounds.map(({ boughtShare }) => boughtShare * PERCENT)) },
    },
    charts: [goodputChart(loads)],
    tables: [table],
  };
}

function shareOfMost({ capacityPerSecond, flooded }: Pair): number {
  return (flooded.goodPerSecond / Math.max(capacityPerSecond, flooded.goodPerSecond)) * PERCENT;
}

async function playRound(place: Place, { runMs, warmUpMs, probesMs }: OverloadOptions): Promise<Round> {
  const { shop, constantUrl, file } = place;
  const atBest: Flooded[] = [];
  const best = async () => {
    const flooded = await flood(shop, { file, runMs, connections: null });
    atBest.push(flooded);
    return flooded;
  };
  let before = await best();
  const pairsOf = async (times: Times): Promise<readonly Pair[]> => {
    const wanted = before.goodPerSecond * times;
    const asked = await flood(shop, { file, runMs: warmUpMs, connections: connectionsFor(wanted) });
    // Who waits for an answer asks less often: so many more of them.
    const connections = connectionsFor((wanted * wanted) / asked.askedPerSecond);
    const pairs: Pair[] = [];
    while (pairs.length < PAIRS) {
      const flooded = await flood(shop, { file, runMs, connections });
      const after = await best();
      pairs.push({ flooded, capacityPerSecond: (before.goodPerSecond + after.goodPerSecond) / 2 });
      before = after;
    }
    return pairs;
  };
  const pairs = { 2: await pairsOf(2), 5: await pairsOf(5), 10: await pairsOf(10) };
  const refused = connectionsFor(before.goodPerSecond * 9);
  const beside = await floodBeside(shop, constantUrl, { file, runMs, connections: refused });
  // Apart, for their own work would be part of what is measured.
  const [, refusalsMs, boughtShare] = await Promise.all([
    flood(shop, { file, runMs: probesMs + warmUpMs, connections: connectionsFor(before.goodPerSecond * 10) }),
    timeRefusals(shop, warmUpMs, probesMs),
    shopMeanwhile(shop, warmUpMs, probesMs),
  ]);
  return { atBest, pairs, beside, refusalsMs, boughtShare };
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
