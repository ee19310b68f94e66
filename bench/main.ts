/** `bun run bench read`: measures, draws, judges. See --help. */

import { onInterruption } from '#ops/local/interruption.ts';
import { HELP, parseReadOptions, type ReadOptions, UsageError } from './options.ts';
import { QueryFileError } from './queries.ts';
import { benchRead } from './read/run.ts';

const WRONG_CALL = 2;
const INTERRUPTED = 130;

async function main(): Promise<number> {
  const options: ReadOptions | null = parseReadOptions(process.argv.slice(2));
  if (options === null) {
    console.log(HELP);
    return 0;
  }
  const { signal } = onInterruption(() => process.exit(INTERRUPTED));
  try {
    return await benchRead(options, signal);
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
