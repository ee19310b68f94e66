/** The command line of `bun run bench overload`. */

import { parseArgs } from 'node:util';
import { checked } from '#bench/command.ts';

export interface OverloadOptions {
  readonly rounds: number;
  /** How long one run of a load lasts. */
  readonly runMs: number;
  /** How long refusals are timed and shoppers buy, in the flood. */
  readonly probesMs: number;
  /** Before a run counts: the limit is found meanwhile. */
  readonly warmUpMs: number;
  /** Before the first: an origin that has just begun answers half as much as one whose code is compiled. */
  readonly firstMs: number;
}

const QUICK: OverloadOptions = {
  ...{ rounds: 1, runMs: 1_500, probesMs: 4_000 },
  ...{ warmUpMs: 2_500, firstMs: 12_000 },
};
const FULL: OverloadOptions = { ...QUICK, rounds: 5 };

/** @param args behind the bench's name. @returns null when the help was asked for. @throws {UsageError} */
export function parseOverloadOptions(args: readonly string[]): OverloadOptions | null {
  const { values } = checked(() =>
    parseArgs({ args: [...args], options: { quick: { type: 'boolean' }, help: { type: 'boolean' } } }),
  );
  if (values.help) return null;
  return values.quick ? QUICK : FULL;
}
