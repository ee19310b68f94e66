/** Runs the shoppers' program and reads what it tells. */

import { join } from 'node:path';
import { cpuSeconds } from '#bench/load/cpu.ts';
import type { Run } from '#bench/read/compare.ts';
import { percentile } from '#bench/statistics.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { CHECKOUT } from '#ops/local/paths.ts';
import { type JobReport, type Pace, readJobReport } from './job.ts';
import type { Shop } from './shop.ts';

/** Beyond what the job itself takes: starting, and answers that are late. */
const GRACE_MS = 60_000;
const LONGEST_SALE_MS = 600_000;
const MS_DIGITS = 1_000_000;

export async function driveShoppers(
  { origin, stack }: Shop,
  variantIds: readonly string[],
  pace: Pace,
): Promise<JobReport> {
  stack.signal.throwIfAborted();
  const forMs = pace.kind === 'sale' ? LONGEST_SALE_MS : pace.forMs;
  const job = { originUrl: origin.url, edgeSecret: stack.secrets.edgeSecret, variantIds, pace };
  const child = Bun.spawn([process.execPath, join(CHECKOUT, 'bench/programs/shoppers.ts')], {
    stdin: new Blob([JSON.stringify(job)]),
    stdout: 'pipe',
    stderr: 'inherit',
    timeout: forMs + GRACE_MS,
    signal: stack.signal,
  });
  const text = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error('the shoppers broke off');
  return readJobReport(text);
}

export interface ShoppingRun extends Run {
  /** Processor milliseconds for each order, by who used them. */
  readonly cpuMs: Readonly<Record<Spender, number>>;
}

export type Spender = 'origin' | 'postgres' | 'stripe' | 'shoppers';

/** Paid orders a second by so many shoppers at once, each as fast as it can; other endings are an error. */
export async function shoppingRun(
  shop: Shop,
  variantIds: readonly string[],
  { shoppers, runMs }: { readonly shoppers: number; readonly runMs: number },
): Promise<ShoppingRun> {
  const spentBefore = spentBy(shop);
  const report = await driveShoppers(shop, variantIds, { kind: 'closed', shoppers, forMs: runMs });
  const spentAfter = spentBy(shop);
  const { paid = 0, ...others } = report.endings;
  if (paid === 0 || Object.keys(others).length > 0) {
    throw new Error(`not every shopper has paid: ${JSON.stringify(report.endings)}`);
  }
  const each = (seconds: number) => Math.round((seconds * SECOND_MS * MS_DIGITS) / paid) / MS_DIGITS;
  const cpuMs = {
    origin: each(spentAfter.origin - spentBefore.origin),
    postgres: each(spentAfter.postgres - spentBefore.postgres),
    stripe: each(spentAfter.stripe - spentBefore.stripe),
    shoppers: each(report.cpuSeconds),
  };
  return {
    perSecond: paid / report.seconds,
    p50Ms: percentile(report.checkoutMs, 50),
    p99Ms: percentile(report.checkoutMs, 99),
    cpuUs: cpuMs.origin * SECOND_MS,
    cpuMs,
  };
}

function spentBy({ origin, double, postgresPid }: Shop) {
  const secondsOf = (pid: number) => cpuSeconds(pid) ?? 0;
  return {
    origin: secondsOf(origin.pid),
    stripe: secondsOf(double.pid),
    postgres: secondsOf(postgresPid),
  };
}
