/** Plays one cell: a calm, the fault, and the way back; with what everybody saw meanwhile. */

import type { Sql } from '#bench/chaos/books.ts';
import { REQUEST_LIMITS } from '#lib/policies.ts';
import type { Cell } from './design.ts';
import { inflict } from './inflict.ts';
import { type Entry, type Ledger, type Ledgers, openLedger } from './ledger.ts';
import { emailsToCome, type Probing, timeToPurchase } from './purchase.ts';
import type { FaultsStack } from './stack.ts';

const CALM_MS = 1_000;
const POLL_MS = 50;
/** Longer than any request may take. */
const DRAINED_WITHIN_MS = REQUEST_LIMITS.writeMs + 5_000;
const EMAILS_WITHIN_MS = 30_000;

export interface PlayedCell {
  readonly cell: Cell;
  readonly entries: readonly Entry[];
  /** Since it was repaired; null when it never was normal. */
  readonly normalAfterMs: number | null;
  readonly paidOrders: number;
  /** Of the paid orders, when the fault ended. */
  readonly emailsLate: number;
  /** When the shop had had every chance. */
  readonly emailsMissing: number;
}

export interface Playing {
  readonly stack: FaultsStack;
  readonly ledgers: Ledgers;
  readonly probing: Probing;
  readonly faultMs: number;
}

export async function playCell(playing: Playing, cell: Cell): Promise<PlayedCell> {
  const { stack, ledgers, probing, faultMs } = playing;
  const ledger = openLedger();
  ledgers.current = ledger;
  await Bun.sleep(CALM_MS);
  stack.signal.throwIfAborted();
  await inflict(stack, cell, faultMs);
  const paidMeanwhile = [...ledger.paidOrders];
  const [normalAfterMs, emailsLate] = await Promise.all([
    timeToPurchase(probing),
    emailsToCome(probing.sql, paidMeanwhile).catch(() => 0),
  ]);
  ledgers.current = openLedger();
  await until(async () => ledger.pending === 0, DRAINED_WITHIN_MS);
  await until(async () => (await missing(probing.sql, ledger)) === 0, EMAILS_WITHIN_MS);
  return {
    ...{ cell, entries: ledger.entries, normalAfterMs, emailsLate },
    paidOrders: ledger.paidOrders.length,
    emailsMissing: await missing(probing.sql, ledger),
  };
}

const missing = (sql: Sql, { paidOrders }: Ledger) => emailsToCome(sql, paidOrders);

async function until(isSo: () => Promise<boolean>, deadlineMs: number): Promise<void> {
  const ends = performance.now() + deadlineMs;
  while (performance.now() < ends && !(await isSo())) await Bun.sleep(POLL_MS);
}
