/** What `npm run audit-log` is asked to do. */

import { parseArgs } from 'node:util';
import type { ChainHead } from '#db/audit-log.ts';
import { type Command, WrongCall } from '#ops/operator-command.ts';

export const HELP = `The log of privileged acts: who did what, and the proof that nobody has rewritten it.

  npm run audit-log -- verify [--head SEQ:HASH]
                              follows the chain of hashes from the first row and names the first one that is broken;
                              prints the head of the chain. Kept elsewhere and given as --head the next time, it proves
                              that no rows were cut off or replaced since
  npm run audit-log -- list [--action NAME] [--actor ID] [--object KIND:ID] [--limit N] [--json]
                              the acts, the newest first (100)

  --database-url URL   the database (DATABASE_URL; else that of the shop that 'npm start' runs)
  --help               this text

Exit code: 0 when all went well, 1 when the chain is broken, 2 when the call is wrong or the database cannot be
reached.`;

export type Action =
  | { readonly kind: 'verify'; readonly head: ChainHead | null }
  | { readonly kind: 'list'; readonly json: boolean; readonly limit: number; readonly filter: Filter };

export interface Filter {
  readonly action?: string;
  readonly actorId?: string;
  readonly object?: { readonly kind: string; readonly id: string };
}

const DEFAULT_LIMIT = '100';
const MAX_LIMIT = 1_000_000;
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const HEAD = /^(\d{1,15}):([0-9a-f]{64}|)$/;

/** @throws {WrongCall} and what `parseArgs` throws */
export function parseCommand(args: readonly string[]): Command<Action> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      head: { type: 'string' },
      action: { type: 'string' },
      actor: { type: 'string' },
      object: { type: 'string' },
      limit: { type: 'string', default: DEFAULT_LIMIT },
      json: { type: 'boolean', default: false },
      'database-url': { type: 'string' },
    },
  });
  if (values.help) return { kind: 'help' };
  return { kind: 'run', action: toAction(positionals, values), databaseUrl: values['database-url'] };
}

interface Values {
  readonly head?: string | undefined;
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly object?: string | undefined;
  readonly limit: string;
  readonly json: boolean;
}

function toAction([verb, ...rest]: readonly string[], values: Values): Action {
  if (rest.length > 0) throw new WrongCall(`'${rest.join(' ')}' is too much.`);
  switch (verb) {
    case 'verify':
      return { kind: 'verify', head: values.head === undefined ? null : toHead(values.head) };
    case 'list':
      return { kind: 'list', json: values.json, limit: toLimit(values.limit), filter: toFilter(values) };
    default:
      throw new WrongCall(verb === undefined ? 'Say what to do: verify or list.' : `There is no '${verb}'.`);
  }
}

function toHead(text: string): ChainHead {
  const [, seq, hash] = HEAD.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw new WrongCall("--head is SEQ:HASH, as 'verify' prints it.");
  return { seq: Number(seq), hash };
}

function toLimit(text: string): number {
  if (!/^\d{1,7}$/.test(text) || Number(text) < 1 || Number(text) > MAX_LIMIT) {
    throw new WrongCall(`--limit is a whole number from 1 to ${MAX_LIMIT}.`);
  }
  return Number(text);
}

function toFilter({ action, actor, object }: Values): Filter {
  if (actor !== undefined && !UUID.test(actor))
    throw new WrongCall('--actor is the id of a user or of a key.');
  const [kind, id] = object === undefined ? [] : object.split(/:(.*)/s, 2);
  if (object !== undefined && !(kind && id)) throw new WrongCall("--object is KIND:ID, as 'list' shows it.");
  return {
    ...(action === undefined ? {} : { action }),
    ...(actor === undefined ? {} : { actorId: actor }),
    ...(kind && id ? { object: { kind, id } } : {}),
  };
}
