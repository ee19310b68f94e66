/** The command line of `bun run bench security`. */

import { parseArgs } from 'node:util';
import { checked, wholeNumber } from '#bench/command.ts';

export interface SecurityOptions {
  readonly isQuick: boolean;
  readonly rounds: number;
  /** How long one run of the reads lasts. */
  readonly runMs: number;
}

const MIN_ROUNDS = 3;
const MAX_ROUNDS = 50;
const RUN_MS = 8_000;
const QUICK_RUN_MS = 3_000;

/** @param args behind the bench's name. @returns null when the help was asked for. @throws {UsageError} */
export function parseSecurityOptions(args: readonly string[]): SecurityOptions | null {
  const { values } = checked(() =>
    parseArgs({
      args: [...args],
      options: { quick: { type: 'boolean' }, rounds: { type: 'string' }, help: { type: 'boolean' } },
    }),
  );
  if (values.help) return null;
  const isQuick = values.quick ?? false;
  return {
    isQuick,
    rounds:
      values.rounds === undefined
        ? MIN_ROUNDS
        : wholeNumber('--rounds', values.rounds, { least: MIN_ROUNDS, greatest: MAX_ROUNDS }),
    runMs: isQuick ? QUICK_RUN_MS : RUN_MS,
  };
}
