/** `npm run dead-letters -- VERB`: reads parked messages, sends them again or gives them up. See --help. */

import { runOperatorCommand } from '#ops/operator-command.ts';
import { HELP, parseCommand } from './command-line.ts';
import { operate } from './operate.ts';

const COMMAND = { name: 'dead-letters', help: HELP, parse: parseCommand, operate };

process.exit(await runOperatorCommand(COMMAND, process.argv.slice(2)));
