/** `npm run trace -- ID`: the time line of one request across the processes of the local shop. See --help. */

import { runOperatorCommand } from '#ops/operator-command.ts';
import { HELP, parseCommand } from './command-line.ts';
import { operate } from './operate.ts';

const COMMAND = { name: 'trace', help: HELP, parse: parseCommand, operate };

process.exit(await runOperatorCommand(COMMAND, process.argv.slice(2)));
