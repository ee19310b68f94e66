/** The matrix of faults, start to end: stack, shoppers, one fault after the other, rest, audit, report. */

import { type Sql, withBooks } from '#bench/chaos/books.ts';
import { auditAtRest, settle } from '#bench/chaos/settle.ts';
import { fillShelves, type Shelf } from '#bench/chaos/shelves.ts';
import { writeReport } from '#bench/page/write.ts';
import { readSurroundings } from '#bench/surroundings.ts';
import { exitCodeOf, lineOf } from '#bench/targets.ts';
import { present } from '#lib/assert.ts';
import { SECOND_MS } from '#lib/clock.ts';
import type { AuditReport } from '#ops/audit/report.ts';
import { say, seconds, step } from '#ops/local/progress.ts';
import { type Cell, designOf, nameOf } from './design.ts';
import { type JudgedCell, judgeCell } from './judge.ts';
import { openLedger } from './ledger.ts';
import type { FaultsOptions } from './options.ts';
import { type Playing, playCell } from './play.ts';
import { sendReaders, warmUp } from './readers.ts';
import { linesOf, toReport } from './report.ts';
import { plainClient } from './shop-front.ts';
import { sendShoppers } from './shoppers.ts';
import { type FaultsStack, withFaultsStack } from './stack.ts';
import type { Found } from './targets.ts';

/** Nobody runs out of anything here. */
const SCARCE_STOCK = 1_000;
const NAME_WIDTH = 20;
const CLEAN_WITHIN_MS = 30 * SECOND_MS;
const AUDIT_EVERY_MS = SECOND_MS;

/** @returns the exit code. */
export async function benchFaults(options: FaultsOptions, signal: AbortSignal): Promise<0 | 1> {
  const begun = performance.now();
  const quiet = (text: string) => {
    if (text.startsWith('! ') && !text.includes('being restarted')) say(text);
  };
  const { keepsFolder, faultMs } = options;
  const report = await withFaultsStack({ signal, keepsFolder, say: quiet }, (stack) =>
    withBooks(stack.servers.databaseUrl, async (sql) => {
      const surroundings = await readSurroundings(stack.servers.databaseUrl);
      const found = await playAll(stack, sql, options);
      const durationSeconds = (performance.now() - begun) / SECOND_MS;
      return toReport(found, { faultMs, surroundings, durationSeconds });
    }),
  );
  const files = await writeReport(report, 'faults');
  console.log(`\n${report.about}`);
  for (const judged of report.judged) console.log(lineOf(judged));
  console.log(`\n${files.page}\nafter ${seconds(performance.now() - begun)}`);
  return exitCodeOf(report.judged);
}

async function playAll(stack: FaultsStack, sql: Sql, { cells, faultMs }: FaultsOptions): Promise<Found> {
  const client = plainClient(stack.edgeUrl);
  const shelf: Shelf = await step('catalogue', () => fillShelves(stack, client, SCARCE_STOCK));
  const popular = await step('popular pages', () => warmUp(client));
  const ledgers = { current: openLedger() };
  const front = { edgeUrl: stack.edgeUrl, ledgers };
  const leave = sendReaders(front, popular);
  const close = sendShoppers({ front, shelf });
  const probing = { client, sql, shelf, signal: stack.signal };
  const judged: JudgedCell[] = [];
  try {
    for (const cell of cells) judged.push(await play({ stack, ledgers, probing, faultMs }, cell));
  } finally {
    leave();
    await close();
  }
  const unsettled = await step('coming to rest', () => settle(stack, sql));
  return { cells: judged, unsettled, audit: await step('audit', () => auditUntilClean(stack)) };
}

/** An acknowledgement that was lost on its way is asked for again by the stream, after seconds. */
async function auditUntilClean(stack: FaultsStack): Promise<AuditReport> {
  const ends = performance.now() + CLEAN_WITHIN_MS;
  for (;;) {
    const report = await auditAtRest(stack);
    if (report.verdict === 'clean' || performance.now() > ends) return report;
    await Bun.sleep(AUDIT_EVERY_MS);
  }
}

async function play(playing: Playing, cell: Cell): Promise<JudgedCell> {
  const design = present(designOf(cell), 'the design of a cell that is played');
  const judged = judgeCell(await playCell(playing, cell), design, playing.faultMs);
  const isHeld = judged.breaches.length === 0;
  say(`${isHeld ? '✓' : '✗'} ${nameOf(cell).padEnd(NAME_WIDTH)} ${linesOf(judged).join(' | ')}`);
  for (const breach of judged.breaches) say(`    ${breach}`);
  return judged;
}
