/** The operator's verbs over the log of privileged acts; each says what it found and answers the exit code. */

import { type AuditRow, listAudit, verifyAuditLog } from '#db/audit-log.ts';
import type { Operator } from '#ops/operator-command.ts';
import type { Action } from './command-line.ts';

const PAGE_SIZE = 500;
const OK = 0;
const BROKEN = 1;

export async function operate(operator: Operator, action: Action): Promise<number> {
  return action.kind === 'verify' ? verify(operator, action) : list(operator, action);
}

async function verify(
  { db, say, complain }: Operator,
  { head }: Extract<Action, { kind: 'verify' }>,
): Promise<number> {
  const verdict = await verifyAuditLog(db, head ?? undefined);
  if (verdict.kind === 'broken') {
    complain(`the chain is broken at row ${verdict.seq}: ${verdict.because}.`);
    return BROKEN;
  }
  say(`The chain is whole: ${verdict.rows} rows.`);
  say(`head ${verdict.head.seq}:${verdict.head.hash}`);
  return OK;
}

async function list(
  { db, say }: Operator,
  { json, limit, filter }: Extract<Action, { kind: 'list' }>,
): Promise<number> {
  let left = limit;
  let beforeSeq: number | undefined;
  while (left > 0) {
    const position = beforeSeq === undefined ? {} : { beforeSeq };
    const page = await listAudit(db, { ...filter, ...position, limit: Math.min(left, PAGE_SIZE) });
    for (const row of page) say(json ? JSON.stringify(row) : line(row));
    left -= page.length;
    beforeSeq = page.at(-1)?.seq;
    if (page.length < PAGE_SIZE) break;
  }
  if (left === limit && !json) say('There are no such acts.');
  return OK;
}

/** JSON escapes what a terminal would obey, and ids need no escaping. */
function line({ seq, at, actor, actorId, action, objectKind, objectId, changes, traceId }: AuditRow): string {
  const who = actorId === null ? actor : `${actor} ${actorId}`;
  const trace = traceId === null ? '' : `  trace ${traceId}`;
  const what = `${action}  ${objectKind}:${objectId}  ${JSON.stringify(changes)}`;
  return `${seq}  ${at.toISOString()}  ${who}  ${what}${trace}`.replace(/\p{C}/gu, ' ');
}
