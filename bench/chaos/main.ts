/** `bun run chaos`: breaks the shop while people buy, and audits what is left. See --help. */

import { onInterruption } from '#ops/local/interruption.ts';
import { type ChaosOptions, HELP, parseChaosOptions, UsageError } from './options.ts';
import { chaos } from './run.ts';

const WRONG_CALL = 2;
const INTERRUPTED = 130;

async function main(): Promise<number> {
  const options: ChaosOptions | null = parseChaosOptions(process.argv.slice(2), new Date());
  if (options === null) {
    console.log(HELP);
    return 0;
  }
  const { signal } = onInterruption(() => process.exit(INTERRUPTED));
  try {
    return await chaos(options, signal);
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
  process.exit(error instanceof UsageError ? WRONG_CALL : 1);
}
