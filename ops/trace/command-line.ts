/** What `npm run trace` is asked to do. */

import { parseArgs } from 'node:util';
import { LOGS } from '#ops/local/data.ts';
import { type Command, WrongCall } from '#ops/operator-command.ts';

export const HELP = `The time line of one request: what edge, origin and workers have logged on its behalf.

  npm run trace -- ID     a request id, as answers have it in X-Request-Id; a trace id, as mails have it in X-Trace-Id;
                          or the number of an order, for its checkout

  --logs FOLDER        where the logs are, a file a process (.local/logs)
  --database-url URL   where orders are looked up (DATABASE_URL; else that of the shop that 'npm start' runs)
  --help               this text

Exit code: 0 when there are lines, 1 when there are none, 2 when the call is wrong or the database cannot be reached.`;

export interface Action {
  readonly asked: { readonly traceId: string } | { readonly orderNumber: number };
  readonly logs: string;
}

const ORDER_NUMBER = /^\d{1,15}$/;
const TRACE_ID = /^[0-9a-f]{32}$/;

/** @throws {WrongCall} and what `parseArgs` throws */
export function parseCommand(args: readonly string[]): Command<Action> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      logs: { type: 'string', default: LOGS },
      'database-url': { type: 'string' },
    },
  });
  if (values.help) return { kind: 'help' };
  const [id, ...rest] = positionals;
  if (id === undefined || rest.length > 0) throw new WrongCall('Say one id.');
  return {
    kind: 'run',
    action: { asked: toAsked(id), logs: values.logs },
    databaseUrl: values['database-url'],
  };
}

function toAsked(id: string): Action['asked'] {
  if (ORDER_NUMBER.test(id)) return { orderNumber: Number(id) };
  const traceId = id.toLowerCase().replaceAll('-', '');
  if (!TRACE_ID.test(traceId)) throw new WrongCall(`'${id}' is no request id, trace id or order number.`);
  return { traceId };
}
