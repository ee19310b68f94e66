/** The command line of `bun run bench overload`. */

import { parseArgs } from 'node:util';
import { checked } from '#bench/command.ts';

export interface OverloadOptions {
  readonly rounds: number;
  /** How long one run of a load lasts. */
  readonly runMs: number;
  /** Before a run counts: the limit is found meanwhile. */
  readonly warmUpMs: number;
}

const FULL: OverloadOptions = { rounds: 5, runMs: 4_000, warmUpMs: 3_000 };
const QUICK: OverloadOptions = { rounds: 1, runMs: 4_000, warmUpMs: 3_000 };

/** @param args behind the bench's name. @returns null when the help was asked for. @throws {UsageError} */
export function parseOverloadOptions(args: readonly string[]): OverloadOptions | null {
  const { values } = checked(() =>
    parseArgs({ args: [...args], options: { quick: { type: 'boolean' }, help: { type: 'boolean' } } }),
  );
  if (values.help) return null;
  return values.quick ? QUICK : FULL;
}
