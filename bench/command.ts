/** What the programs of the bench have in common: flags that are checked before anything starts, and how they end. */

import { onInterruption } from '#ops/local/interruption.ts';

const WRONG_CALL = 2;
const INTERRUPTED = 130;

/** A call that cannot be answered: one sentence. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** A parser of flags whose complaints are a {@link UsageError}. */
export function checked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

interface Range {
  readonly least: number;
  readonly greatest: number;
}

/** @throws {UsageError} */
export function wholeNumber(flag: string, text: string, { least, greatest }: Range): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= greatest) return value;
  throw new UsageError(`The flag ${flag} takes a whole number from ${least} to ${greatest}.`);
}

export interface Command {
  readonly help: string;
  /** The work that the arguments ask for, which gives the exit code; null for the help. @throws {UsageError} */
  choose(args: readonly string[]): ((signal: AbortSignal) => Promise<number>) | null;
}

/** Runs the program and ends the process: 2 for a wrong call, 130 after Ctrl-C, 1 for a failure. */
export async function runCommand(command: Command): Promise<never> {
  try {
    process.exit(await codeOf(command));
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    process.exit(error instanceof UsageError ? WRONG_CALL : 1);
  }
}

async function codeOf({ help, choose }: Command): Promise<number> {
  const work = choose(process.argv.slice(2));
  if (work === null) {
    console.log(help);
    return 0;
  }
  const { signal } = onInterruption(() => process.exit(INTERRUPTED));
  try {
    return await work(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    console.log('\n  interrupted; everything is stopped');
    return INTERRUPTED;
  }
}
