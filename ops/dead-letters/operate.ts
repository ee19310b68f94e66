/** The operator's verbs over dead letters; each says what happened and answers the exit code. */

import { type AuditAction, appendAudit, byOperator } from '#db/audit-log.ts';
import type { Database, Transaction } from '#db/client.ts';
import {
  countWaiting,
  type DeadLetter,
  type DeadLetterQuery,
  dropDeadLetter,
  findDeadLetter,
  listDeadLetters,
  sendAgain,
  stillParked,
} from '#db/dead-letters.ts';
import type { Operator } from '#ops/operator-command.ts';
import type { Action } from './command-line.ts';
import { table, toJson, whole } from './show.ts';

const PAGE_SIZE = 200;
const POLL_MS = 100;
const OK = 0;
const FAILED = 1;
const WRONG = 2;

export async function operate(operator: Operator, action: Action): Promise<number> {
  switch (action.kind) {
    case 'list':
      return list(operator, action);
    case 'show':
      return show(operator, action.id);
    case 'send':
      return send(operator, action);
    case 'drop':
      return drop(operator, action);
  }
}

async function list(
  { db, say }: Operator,
  { consumer, dropped, json }: Extract<Action, { kind: 'list' }>,
): Promise<number> {
  const filter = { dropped, ...(consumer === undefined ? {} : { consumer }) };
  let count = 0;
  for await (const page of pages(db, filter)) {
    say(json ? page.map((letter) => JSON.stringify(toJson(letter))).join('\n') : table(page));
    count += page.length;
  }
  if (!json && count === 0) say(dropped ? 'Nothing was dropped.' : 'There are no dead letters.');
  return OK;
}

async function* pages(db: Database, filter: Omit<DeadLetterQuery, 'limit' | 'afterId'>) {
  let afterId = 0;
  for (;;) {
    const page = await listDeadLetters(db, { ...filter, afterId, limit: PAGE_SIZE });
    if (page.length > 0) yield page;
    if (page.length < PAGE_SIZE) return;
    afterId = page.at(-1)?.id ?? afterId;
  }
}

async function show({ db, say, complain }: Operator, id: number): Promise<number> {
  const letter = await findDeadLetter(db, id);
  if (letter === undefined) {
    complain(`There is no dead letter ${id}.`);
    return WRONG;
  }
  say(whole(letter));
  return OK;
}

async function send(
  operator: Operator,
  { chosen, waitMs }: Extract<Action, { kind: 'send' }>,
): Promise<number> {
  const { db, say, complain } = operator;
  const ids = await db.transaction(async (tx) => {
    const sent = await sendAgain(tx, chosen, new Date());
    await record(tx, 'dead_letter.sent', sent);
    return sent;
  });
  if (ids.length === 0) {
    complain(await whyNothingIsSent(db, chosen));
    return 'id' in chosen ? WRONG : OK;
  }
  say(`Sent again: ${ids.length}. Waiting for the worker...`);
  const waiting = await awaitWorker(db, ids, waitMs);
  const failed = (await stillParked(db, ids)).filter(({ againAt }) => againAt === null);
  const handled = ids.length - waiting - failed.length;
  say(`Handled: ${handled}. Failed again: ${failed.length}. Not tried yet: ${waiting}.`);
  if (failed.length > 0) say(table(failed.slice(0, PAGE_SIZE)));
  if (waiting > 0) complain('What is not tried yet is tried as soon as a worker of that consumer runs.');
  return handled === ids.length ? OK : FAILED;
}

/** The reasons that people give stay with the letters. */
async function record(tx: Transaction, action: AuditAction, ids: readonly number[]): Promise<void> {
  const acts = ids.map((id) =>
    byOperator({ action, objectKind: 'dead_letter', objectId: String(id), changes: {} }),
  );
  await appendAudit(tx, ...acts);
}

/** How many still wait when the time is up. */
async function awaitWorker(db: Database, ids: readonly number[], waitMs: number): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const waiting = await countWaiting(db, ids);
    if (waiting === 0 || performance.now() - startedAt >= waitMs) return waiting;
    await Bun.sleep(POLL_MS);
  }
}

async function whyNothingIsSent(
  db: Database,
  chosen: Extract<Action, { kind: 'send' }>['chosen'],
): Promise<string> {
  if ('consumer' in chosen) return `The consumer ${chosen.consumer} has no dead letter that waits.`;
  return refusal(await findDeadLetter(db, chosen.id), chosen.id);
}

function refusal(letter: DeadLetter | undefined, id: number): string {
  if (letter === undefined) return `There is no dead letter ${id}.`;
  if (letter.droppedAt !== null) return `Dead letter ${id} was dropped.`;
  return `Dead letter ${id} is sent again already and waits for its worker.`;
}

async function drop(
  { db, say, complain }: Operator,
  { id, reason }: Extract<Action, { kind: 'drop' }>,
): Promise<number> {
  const isDropped = await db.transaction(async (tx) => {
    const dropped = await dropDeadLetter(tx, id, reason, new Date());
    if (dropped) await record(tx, 'dead_letter.dropped', [id]);
    return dropped;
  });
  if (isDropped) {
    say(`Dead letter ${id} is dropped.`);
    return OK;
  }
  complain(refusal(await findDeadLetter(db, id), id));
  return WRONG;
}
