/** `bun run bench read` and `bun run bench checkout`: measure, draw, judge. See --help. */

import { onInterruption } from '#ops/local/interruption.ts';
import { parseCheckoutOptions } from './checkout/options.ts';
import { benchCheckout } from './checkout/run.ts';
import { HELP, parseReadOptions, UsageError } from './options.ts';
import { QueryFileError } from './queries.ts';
import { benchRead } from './read/run.ts';

const WRONG_CALL = 2;
const INTERRUPTED = 130;

type Bench = (signal: AbortSignal) => Promise<number>;

/** Null when the help was asked for. */
function chosenBench(args: readonly string[]): Bench | null {
  if (args[0] === 'checkout') {
    const options = parseCheckoutOptions(args.slice(1));
    return options && ((signal) => benchCheckout(options, signal));
  }
  const options = parseReadOptions(args);
  return options && ((signal) => benchRead(options, signal));
}

async function main(): Promise<number> {
  const bench = chosenBench(process.argv.slice(2));
  if (bench === null) {
    console.log(HELP);
    return 0;
  }
  const { signal } = onInterruption(() => process.exit(INTERRUPTED));
  try {
    return await bench(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    console.log('\n  interrupted; everything is stopped');
    return INTERRUPTED;
  }
}

try {
  process.exit(await main());
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  const isUsage = error instanceof UsageError || error instanceof QueryFileError;
  process.exit(isUsage ? WRONG_CALL : 1);
}
