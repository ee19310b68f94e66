/** `npm run audit-log -- VERB`: reads the log of privileged acts, or proves that it is whole. See --help. */

import { runOperatorCommand } from '#ops/operator-command.ts';
import { HELP, parseCommand } from './command-line.ts';
import { operate } from './operate.ts';

const COMMAND = { name: 'audit-log', help: HELP, parse: parseCommand, operate };

process.exit(await runOperatorCommand(COMMAND, process.argv.slice(2)));
