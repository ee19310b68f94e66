/** The command line of `bun run bench soak`. */

import { parseArgs } from 'node:util';
import { checked, wholeNumber } from '#bench/command.ts';
import { MINUTE_MS } from '#lib/clock.ts';

export interface SoakOptions {
  readonly durationMs: number;
  /** What grows at first, caches and compiled code, does not count. */
  readonly settleMs: number;
  readonly readsPerSecond: number;
  readonly ordersPerSecond: number;
}

const MINUTES = 30;
const MOST_MINUTES = 24 * 60;
const SETTLE_MS = 5 * MINUTE_MS;
const READS = 200;
const ORDERS = 2;
const MOST_PER_SECOND = 5_000;

/** @param args behind the bench's name. @returns null when the help was asked for. @throws {UsageError} */
export function parseSoakOptions(args: readonly string[]): SoakOptions | null {
  const { values } = checked(() =>
    parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string' },
        reads: { type: 'string' },
        orders: { type: 'string' },
        help: { type: 'boolean' },
      },
    }),
  );
  if (values.help) return null;
  const number = (flag: 'minutes' | 'reads' | 'orders', usual: number, greatest: number) => {
    const text = values[flag];
    return text === undefined ? usual : wholeNumber(`--${flag}`, text, { least: 1, greatest });
  };
  const durationMs = number('minutes', MINUTES, MOST_MINUTES) * MINUTE_MS;
  return {
    durationMs,
    settleMs: Math.min(SETTLE_MS, durationMs / 2),
    readsPerSecond: number('reads', READS, MOST_PER_SECOND),
    ordersPerSecond: number('orders', ORDERS, MOST_PER_SECOND),
  };
}
