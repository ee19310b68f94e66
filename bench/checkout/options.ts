/** The command line of `bun run bench checkout`. */

import { parseArgs } from 'node:util';
import { checked, wholeNumber } from '#bench/command.ts';

export interface CheckoutOptions {
  readonly isQuick: boolean;
  readonly rounds: number;
  /** How long one run of a load lasts. */
  readonly runMs: number;
  /** Units of the flash sale, and shoppers who want one. */
  readonly units: number;
  readonly shoppers: number;
}

const MIN_ROUNDS = 3;
const MAX_ROUNDS = 50;
const RUN_MS = 5_000;
const QUICK_RUN_MS = 2_000;
const UNITS = 10_000;
const QUICK_UNITS = 1_000;
/** For each unit of the sale. */
const DEMAND = 1.2;

/** @param args behind the bench's name. @returns null when the help was asked for. @throws {UsageError} */
export function parseCheckoutOptions(args: readonly string[]): CheckoutOptions | null {
  const { values } = parsed(args);
  if (values.help) return null;
  const isQuick = values.quick ?? false;
  const units = isQuick ? QUICK_UNITS : UNITS;
  return {
    isQuick,
    rounds:
      values.rounds === undefined
        ? MIN_ROUNDS
        : wholeNumber('--rounds', values.rounds, { least: MIN_ROUNDS, greatest: MAX_ROUNDS }),
    runMs: isQuick ? QUICK_RUN_MS : RUN_MS,
    units,
    shoppers: units * DEMAND,
  };
}

function parsed(args: readonly string[]) {
  return checked(() =>
    parseArgs({
      args: [...args],
      options: { quick: { type: 'boolean' }, rounds: { type: 'string' }, help: { type: 'boolean' } },
    }),
  );
}
