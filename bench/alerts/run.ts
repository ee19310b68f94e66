/** The bench of the alerts, start to end: a shop, a Prometheus, faults one after the other, report, verdicts. */

import type { Bar, BarChart, Report, Table } from '#bench/page/model.ts';
import { writeReport } from '#bench/page/write.ts';
import { loadSteadily, newTally } from '#bench/soak/load.ts';
import { figureOf } from '#bench/statistics.ts';
import { readSurroundings } from '#bench/surroundings.ts';
import { exitCodeOf, lineOf, type Outcome } from '#bench/targets.ts';
import { type WatchedShop, withWatchedShop } from '#bench/watched/shop.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { say, seconds, step } from '#ops/local/progress.ts';
import { DRILLS, FOLLOWERS } from './drills.ts';
import { type AlertTimes, type Playing, play } from './play.ts';
import { EVALUATION_MS, SCRAPE_MS, startPrometheus } from './prometheus.ts';
import { judge, type Outcomes } from './targets.ts';
import { watchAlerts } from './watch.ts';

/** Enough for every circuit to notice. */
const PACE = { readsPerSecond: 40, ordersPerSecond: 5 };
/** Everything is known to Prometheus by then. */
const CALM_MS = 8_000;

interface Found {
  readonly times: readonly AlertTimes[];
  /** Names of those that fired for no reason. */
  readonly unexpected: readonly string[];
}

/** @returns the exit code. */
export async function benchAlerts(signal: AbortSignal): Promise<0 | 1> {
  const begun = performance.now();
  const report = await withWatchedShop(signal, async (shop): Promise<Report> => {
    const surroundings = await readSurroundings(shop.stack.servers.databaseUrl);
    const found = await drillAll(shop);
    return {
      title: 'Hotshelf: from a fault to its alert',
      ...surroundings,
      durationSeconds: (performance.now() - begun) / SECOND_MS,
      parameters: { scrapeMs: SCRAPE_MS, evaluationMs: EVALUATION_MS, ...PACE },
      about: 'The rules of ops/prometheus, evaluated by a Prometheus that looks once a second.',
      chartsTitle: 'How soon an alert comes and goes',
      chartsNote: 'By alert. What a rule waits for by itself is left out.',
      judged: judge(outcomesOf(found)),
      charts: [
        chartOf('From the fault to the alert firing', found, ({ firingMs }) => firingMs),
        chartOf('From the repair to the alert resolved', found, ({ resolvedMs }) => resolvedMs),
      ],
      tables: [tableOf(found)],
    };
  });
  const files = await writeReport(report, 'alerts');
  for (const { head, rows } of report.tables) {
    console.log('');
    for (const row of [head, ...rows]) console.log(`  ${row.map(padded).join('')}`);
  }
  console.log('');
  for (const judged of report.judged) console.log(lineOf(judged));
  console.log(`\n${files.page}\nafter ${seconds(performance.now() - begun)}`);
  return exitCodeOf(report.judged);
}

const padded = (cell: string, column: number) => cell.padEnd(column < 2 ? 24 : 14);

async function drillAll(shop: WatchedShop): Promise<Found> {
  const { stack } = shop;
  const prometheus = await step('Prometheus', () => startPrometheus(shop));
  const watch = watchAlerts(prometheus, stack.signal);
  const over = new AbortController();
  const shopping = loadSteadily(shop, PACE, newTally(), AbortSignal.any([over.signal, stack.signal]));
  try {
    await Bun.sleep(CALM_MS);
    const before = [...watch.fired()].filter((name) => !FOLLOWERS.has(name));
    const times = await playAll({ stack, prometheus, watch, waits: await prometheus.waits() });
    const wanted = new Set(Object.values(DRILLS).flatMap(({ alerts }) => alerts.map(({ name }) => name)));
    const unexpected = [...watch.fired()].filter((name) => !wanted.has(name) && !FOLLOWERS.has(name));
    return { times, unexpected: [...new Set([...before, ...unexpected])] };
  } finally {
    watch.stop();
    over.abort();
    await shopping;
  }
}

/** What does not hide each other is broken at the same time, for each rule waits for a minute or two. */
async function playAll(playing: Playing): Promise<readonly AlertTimes[]> {
  const each = (...drills: (typeof DRILLS)[keyof typeof DRILLS][]) =>
    Promise.all(drills.map((drill) => play(playing, drill)));
  const stripe = play(playing, DRILLS.stripe);
  stripe.catch(() => undefined);
  const first = await each(DRILLS.redis, DRILLS.nats);
  const second = await each(DRILLS.oneOrigin, DRILLS.workers);
  // A process that has just come up does not know of anything yet: apart from those that come back.
  const third = await each(DRILLS.postgres);
  const last = [await stripe, ...(await each(DRILLS.allOrigins, DRILLS.edge))];
  return [...first, ...second, ...third, ...last].flat();
}

function outcomesOf({ times, unexpected }: Found): Outcomes {
  const slowest = (of: (times: AlertTimes) => number | null): Outcome => {
    const missing = times.filter((each) => of(each) === null).map(({ alert }) => alert);
    if (missing.length > 0) return { missing: `it did not come: ${missing.join(', ')}` };
    return { figure: figureOf([Math.max(...times.map((each) => of(each) ?? Number.NaN)) / SECOND_MS]) };
  };
  if (unexpected.length > 0) say(`! fired for no reason: ${unexpected.join(', ')}`);
  return {
    pending: slowest(({ pendingMs }) => pendingMs),
    firing: slowest(({ firingMs }) => firingMs),
    resolved: slowest(({ resolvedMs }) => resolvedMs),
    false: { figure: figureOf([unexpected.length]) },
  };
}

function chartOf(title: string, { times }: Found, of: (times: AlertTimes) => number | null): BarChart {
  const bars = times.flatMap((each): Bar[] => {
    const value = of(each);
    return value === null
      ? []
      : [{ label: each.alert, role: 'subject', figure: figureOf([value / SECOND_MS]) }];
  });
  return {
    kind: 'bars',
    title,
    note: 'One scrape and one evaluation are two seconds.',
    unit: 's',
    bars,
    marks: [{ label: 'most', value: (SCRAPE_MS + EVALUATION_MS) / SECOND_MS }],
  };
}

function tableOf({ times, unexpected }: Found): Table {
  const text = (ms: number | null) => (ms === null ? '–' : `${(ms / SECOND_MS).toFixed(1)} s`);
  return {
    title: 'Alerts',
    note: `Where a circuit stands between fault and alert, its own time is in 'opened' and 'closed', and the others count from then. 'told': the first scrape that says so. ${unexpected.length === 0 ? 'Nothing fired without a reason.' : `Fired without a reason: ${unexpected.join(', ')}.`}`,
    head: ['fault', 'alert', 'for', 'opened', 'told', 'pending', 'firing - for', 'closed', 'resolved'],
    rows: times.map((each) => [
      ...[each.drill, each.alert, text(each.waitMs), text(each.openedMs), text(each.toldMs)],
      ...[text(each.pendingMs), text(each.firingMs), text(each.closedMs), text(each.resolvedMs)],
    ]),
  };
}
