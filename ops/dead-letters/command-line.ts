/** What `npm run dead-letters` is asked to do. */

import { parseArgs } from 'node:util';
import { type Command, WrongCall } from '#ops/operator-command.ts';

export const HELP = `Messages that a worker could not handle, and what to do about them.

  npm run dead-letters -- list [--consumer NAME] [--dropped] [--json]
                              those that wait for somebody, the longest parked first; or those that were dropped
  npm run dead-letters -- show ID
                              one of them, whole
  npm run dead-letters -- send ID
  npm run dead-letters -- send --consumer NAME
                              tries one, or all of a consumer, once more: its own worker does, no other consumer
                              hears of it. What is handled is gone from the list, what fails stays
  npm run dead-letters -- drop ID --reason TEXT
                              gives one up; it is kept with the reason, and audits take it for explained

  --database-url URL   the database (DATABASE_URL; else that of the shop that 'npm start' runs)
  --wait SECONDS       how long send waits for the worker (30)
  --help               this text

Exit code: 0 when all went well, 1 when a message failed again or was not tried in time, 2 when the call is wrong
or the database cannot be reached.`;

export type Action =
  | {
      readonly kind: 'list';
      readonly consumer: string | undefined;
      readonly dropped: boolean;
      readonly json: boolean;
    }
  | { readonly kind: 'show'; readonly id: number }
  | {
      readonly kind: 'send';
      readonly chosen: { readonly id: number } | { readonly consumer: string };
      readonly waitMs: number;
    }
  | { readonly kind: 'drop'; readonly id: number; readonly reason: string };

const DEFAULT_WAIT_SECONDS = '30';
const MAX_WAIT_SECONDS = 3_600;
const MAX_REASON_LENGTH = 1_000;
const MS_PER_SECOND = 1_000;

/** @throws {WrongCall} and what `parseArgs` throws */
export function parseCommand(args: readonly string[]): Command<Action> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      consumer: { type: 'string' },
      dropped: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      reason: { type: 'string' },
      wait: { type: 'string', default: DEFAULT_WAIT_SECONDS },
      'database-url': { type: 'string' },
    },
  });
  if (values.help) return { kind: 'help' };
  return { kind: 'run', action: toAction(positionals, values), databaseUrl: values['database-url'] };
}

interface Values {
  readonly consumer?: string | undefined;
  readonly dropped: boolean;
  readonly json: boolean;
  readonly reason?: string | undefined;
  readonly wait: string;
}

function toAction(positionals: readonly string[], values: Values): Action {
  const [verb, id, ...rest] = positionals;
  if (rest.length > 0) throw new WrongCall(`One message at a time: '${rest.join(' ')}' is too much.`);
  const { consumer, dropped, json } = values;
  switch (verb) {
    case 'list':
      if (id !== undefined) throw new WrongCall("list takes no id; 'show ID' shows one message.");
      return { kind: 'list', consumer, dropped, json };
    case 'show':
      return { kind: 'show', id: toId(id) };
    case 'send':
      if (consumer !== undefined && id !== undefined) throw new WrongCall('Name an id or a consumer.');
      return {
        kind: 'send',
        chosen: consumer === undefined ? { id: toId(id) } : { consumer },
        waitMs: toWaitMs(values.wait),
      };
    case 'drop':
      return { kind: 'drop', id: toId(id), reason: toReason(values.reason) };
    default:
      throw new WrongCall(
        verb === undefined ? 'Say what to do: list, show, send or drop.' : `There is no '${verb}'.`,
      );
  }
}

function toId(text: string | undefined): number {
  const id = Number(text);
  if (text === undefined || !/^\d+$/.test(text) || !Number.isSafeInteger(id)) {
    throw new WrongCall("Name a message by its number, as 'list' shows it.");
  }
  return id;
}

function toWaitMs(text: string): number {
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds > MAX_WAIT_SECONDS) {
    throw new WrongCall(`--wait is a whole number of seconds, at most ${MAX_WAIT_SECONDS}.`);
  }
  return seconds * MS_PER_SECOND;
}

function toReason(text: string | undefined): string {
  const reason = text?.trim() ?? '';
  if (reason === '') throw new WrongCall('Say why it is given up: --reason TEXT.');
  if (reason.length > MAX_REASON_LENGTH) {
    throw new WrongCall(`A reason has at most ${MAX_REASON_LENGTH} characters.`);
  }
  return reason;
}
