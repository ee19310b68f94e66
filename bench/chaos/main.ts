/** `bun run chaos`: breaks the shop while people buy, and audits what is left. See --help. */

import { runCommand } from '#bench/command.ts';
import { HELP, parseChaosOptions } from './options.ts';
import { chaos } from './run.ts';

await runCommand({
  help: HELP,
  choose: (args) => {
    const options = parseChaosOptions(args, new Date());
    return options && ((signal) => chaos(options, signal));
  },
});
