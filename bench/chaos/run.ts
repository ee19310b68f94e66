/** A run, start to end: stack, shoppers, faults, rest, audit, report, verdicts. */

import { writeReport } from '#bench/page/write.ts';
import { readSurroundings } from '#bench/surroundings.ts';
import { exitCodeOf, lineOf } from '#bench/targets.ts';
import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { AuditReport } from '#ops/audit/audit.ts';
import { toText } from '#ops/audit/table.ts';
import { say, step } from '#ops/local/progress.ts';
import { findMissing } from './acknowledged.ts';
import { type Sql, withBooks } from './books.ts';
import { type Client, createClient } from './client.ts';
import { countBy, type Diary, openDiary, sinceBegin } from './diary.ts';
import { SHOPPERS_FINISH_MS } from './limits.ts';
import type { ChaosOptions } from './options.ts';
import { inSeconds, type PlayedEpisode, playSchedule } from './play.ts';
import { CODES, changePrices, openPricing } from './pricing.ts';
import { toReport } from './report.ts';
import { drawSchedule } from './schedule.ts';
import { auditAtRest, settle } from './settle.ts';
import { fillShelves, type Shelf } from './shelves.ts';
import { visitShop } from './shopper.ts';
import { type ChaosStack, withChaosStack } from './stack.ts';
import { drawVisit } from './visit.ts';

const SCARCE_PER_MINUTE = 15;
const REPORT_EVERY_MS = 5_000;
const CELL_WIDTH = 44;

/** What a run has found, before it is judged. */
export interface Findings {
  readonly episodes: readonly PlayedEpisode[];
  readonly diary: Diary;
  /** What was still under way when it should have been at rest. */
  readonly unsettled: readonly string[];
  readonly settledAfterMs: number;
  readonly audit: AuditReport;
  /** Acknowledged orders that are not what was acknowledged. */
  readonly missing: readonly string[];
  readonly ordersByStatus: readonly (readonly [string, number])[];
}

/** @returns the exit code. */
export async function chaos(options: ChaosOptions, signal: AbortSignal): Promise<0 | 1> {
  const begun = performance.now();
  const { keepsFolder, seed } = options;
  say(`seed ${seed}`);
  const quiet = (text: string) => {
    if (text.startsWith('!')) say(text);
  };
  const report = await withChaosStack({ signal, keepsFolder, say: quiet }, (stack) =>
    withBooks(stack.servers.databaseUrl, async (sql) => {
      const surroundings = await readSurroundings(stack.servers.databaseUrl, 'bun run chaos');
      const findings = await breakAndAudit(stack, sql, options);
      const durationSeconds = (performance.now() - begun) / SECOND_MS;
      console.log(toText(findings.audit));
      return toReport(findings, { options, surroundings, durationSeconds });
    }),
  );
  const files = await writeReport(report, 'chaos');
  for (const { title, rows } of report.tables.slice(1, -2)) {
    console.log(`\n${title}`);
    for (const row of rows) console.log(`  ${row.map((cell) => cell.padEnd(CELL_WIDTH)).join('')}`);
  }
  for (const [complaint = ''] of report.tables.at(-1)?.rows ?? []) console.log(`! ${complaint}`);
  console.log(`\n${report.about}`);
  for (const judged of report.judged) console.log(lineOf(judged));
  console.log(`\n${files.page}`);
  return exitCodeOf(report.judged);
}

async function breakAndAudit(stack: ChaosStack, sql: Sql, options: ChaosOptions): Promise<Findings> {
  const client = createClient(stack);
  const scarceStock = Math.max(1, Math.round((options.durationMs / MINUTE_MS) * SCARCE_PER_MINUTE));
  const shelf = await step('catalogue', () => fillShelves(stack, client, scarceStock));
  await step('prices', () => openPricing(sql));
  const diary = openDiary();
  const over = new AbortController();
  const timer = setInterval(() => say(describeProgress(diary)), REPORT_EVERY_MS);
  try {
    const shopping = shopAround({ stack, client, shelf, diary, options });
    const schedule = drawSchedule(options.seed, options.durationMs);
    const playing = playSchedule({ stack, probing: { client, sql, shelf }, diary, say }, schedule);
    const changing = changePrices(sql, options.seed, over.signal);
    const [episodes] = await Promise.all([playing, shopping.finally(() => over.abort())]);
    await changing;
    const begun = performance.now();
    const unsettled = await step('coming to rest', () => settle(stack, sql));
    const settledAfterMs = performance.now() - begun;
    const report = await step('audit', () => auditAtRest(stack));
    const missing = await findMissing(sql, [...diary.acknowledged.values()]);
    const rows = await sql<{ status: string }[]>`select status::text as status from orders`;
    const ordersByStatus = countBy([...rows], ({ status }) => status);
    return { episodes, diary, unsettled, settledAfterMs, audit: report, missing, ordersByStatus };
  } finally {
    clearInterval(timer);
  }
}

interface Around {
  readonly stack: ChaosStack;
  readonly client: Client;
  readonly shelf: Shelf;
  readonly diary: Diary;
  readonly options: ChaosOptions;
}

/** Shoppers one after the other in each of so many places, until the time is up and each has a final answer. */
async function shopAround({ stack, client, shelf, diary, options }: Around): Promise<void> {
  const { seed, durationMs, shoppers } = options;
  const mayGoOn = () => !stack.signal.aborted && sinceBegin(diary) < durationMs + SHOPPERS_FINISH_MS;
  const shopping = { client, shelf, diary, stripeUrl: stack.stripeUrl, seed, mayGoOn };
  const shelves = { plenty: shelf.plenty.length, scarce: shelf.scarce.length, codes: CODES.length };
  const place = async (shopper: number) => {
    for (let number = 0; sinceBegin(diary) < durationMs && !stack.signal.aborted; number += 1) {
      await visitShop(shopping, drawVisit({ seed, shopper, number }, shelves));
    }
  };
  await Promise.all(Array.from({ length: shoppers }, (_, shopper) => place(shopper)));
}

function describeProgress(diary: Diary): string {
  const paid = diary.visits.filter(({ ending }) => ending.startsWith('paid')).length;
  return `${inSeconds(sinceBegin(diary))}  ${diary.visits.length} visits, ${paid} paid, ${diary.failures.length} tries without a final answer`;
}
