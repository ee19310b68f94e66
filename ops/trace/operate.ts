/** Finds the lines of one trace in the logs, and tells them in their order. */

import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { eq } from 'drizzle-orm';
import { orders } from '#db/schema/orders.ts';
import { traceId } from '#lib/trace.ts';
import type { Operator } from '#ops/operator-command.ts';
import type { Action } from './command-line.ts';

const FOUND = 0;
const NOTHING = 1;
const PROCESS_WIDTH = 8;
/** Told at the head of a line already, or the same in all of them. */
const HEAD: ReadonlySet<string> = new Set([
  ...['time', 'level', 'message', 'process', 'service', 'traceId', 'requestId'],
]);

interface Line {
  readonly process: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export async function operate({ db, say, complain }: Operator, { asked, logs }: Action): Promise<number> {
  const id = 'traceId' in asked ? asked.traceId : await traceOfOrder(db, asked.orderNumber);
  if (id === null) {
    complain('there is no such order, or its checkout was not traced.');
    return NOTHING;
  }
  const names = (await readdir(logs)).filter((name) => name.includes('.log'));
  const lines = (await Promise.all(names.map((name) => linesOf(join(logs, name), id)))).flat();
  if (lines.length === 0) {
    complain(`nothing in ${logs} is of trace ${id}.`);
    return NOTHING;
  }
  say(`trace ${id}`);
  const timeOf = ({ fields }: Line) => Date.parse(String(fields['time']));
  const inOrder = lines.toSorted((one, other) => timeOf(one) - timeOf(other));
  const startedAt = Math.min(...lines.map(timeOf));
  for (const line of inOrder) say(written(line, timeOf(line) - startedAt));
  return FOUND;
}

async function traceOfOrder(db: Operator['db'], number: number): Promise<string | null> {
  const { traceparent } = orders;
  const [order] = await db.select({ traceparent }).from(orders).where(eq(orders.number, number));
  return order?.traceparent ? traceId(order.traceparent) : null;
}

async function linesOf(file: string, id: string): Promise<Line[]> {
  const found: Line[] = [];
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const fields = text.includes(id) ? parsed(text) : null;
    if (fields?.['traceId'] === id) found.push({ process: basename(file).split('.log')[0] ?? '', fields });
  }
  return found;
}

function parsed(text: string): Line['fields'] | null {
  try {
    return JSON.parse(text) as Line['fields'];
  } catch {
    return null;
  }
}

function written({ process, fields }: Line, afterMs: number): string {
  const rest = Object.entries(fields).filter(([name]) => !HEAD.has(name));
  const values = rest.map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const level = fields['level'] === 'info' || fields['level'] === 'debug' ? '' : `${fields['level']}: `;
  const head = `${fields['time']} ${`+${afterMs} ms`.padStart(PROCESS_WIDTH)}  ${process.padEnd(PROCESS_WIDTH)}`;
  return [head, level + fields['message'], ...values].join(' ');
}
