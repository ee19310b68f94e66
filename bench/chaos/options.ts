/** The command line of `bun run chaos`, checked before anything starts. */

import { parseArgs } from 'node:util';
import { checked, UsageError, wholeNumber } from '#bench/command.ts';
import { MINUTE_MS } from '#lib/clock.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly shoppers: number;
  readonly keepsFolder: boolean;
}

const DEFAULT_MINUTES = 2;
const MIN_MINUTES = 0.2;
const MAX_MINUTES = 60;
const DEFAULT_SHOPPERS = 6;
const MAX_SHOPPERS = 200;
const MAX_SEED = 2 ** 32 - 1;

export const HELP = `Breaks every part of the shop while people buy, then audits what is left.

  bun run chaos                     two minutes, with the seed of the day's time
  bun run chaos --seed 7            what goes wrong, when and for how long, and what shoppers want, comes from the seed

  --seed N       a whole number from 0 to ${MAX_SEED}
  --minutes N    how long things go wrong (default ${DEFAULT_MINUTES}; from ${MIN_MINUTES} to ${MAX_MINUTES})
  --shoppers N   how many buy at a time (default ${DEFAULT_SHOPPERS}, at most ${MAX_SHOPPERS})
  --keep         leaves the logs and the data of the run in .local/
  --help         this text

It starts its own stack on free ports and stops it at the end or on Ctrl-C. The report is written to bench/report/:
chaos.json and chaos.html.
Exit code: 0 when every target is held, 1 when one is short, 2 when the call is wrong.
`;

/** @returns null when the help was asked for. @throws {UsageError} */
export function parseChaosOptions(args: readonly string[], now: Date): ChaosOptions | null {
  const { values } = parsed(args);
  if (values.help) return null;
  const seed = values.seed ?? String(now.getTime() % MAX_SEED);
  const minutes = values.minutes ?? String(DEFAULT_MINUTES);
  const shoppers = values.shoppers ?? String(DEFAULT_SHOPPERS);
  return {
    seed: wholeNumber('--seed', seed, { least: 0, greatest: MAX_SEED }),
    durationMs: Math.round(minutesIn(minutes) * MINUTE_MS),
    shoppers: wholeNumber('--shoppers', shoppers, { least: 1, greatest: MAX_SHOPPERS }),
    keepsFolder: values.keep ?? false,
  };
}

function parsed(args: readonly string[]) {
  return checked(() =>
    parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        minutes: { type: 'string' },
        shoppers: { type: 'string' },
        keep: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }),
  );
}

function minutesIn(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= MIN_MINUTES && value <= MAX_MINUTES) return value;
  throw new UsageError(`The flag --minutes takes a number from ${MIN_MINUTES} to ${MAX_MINUTES}.`);
}
