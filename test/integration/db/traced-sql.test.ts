/** How Postgres is told of traces: found by whoever looks for them, and at no price for the statements that are kept. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { type Connection, connect, type Database } from '#db/client.ts';
import { kept, type Slots } from '#db/kept.ts';
import { inTrace } from '#db/trace-scope.ts';
import type { Span } from '#lib/span.ts';
import { newTrace, traceId } from '#lib/trace.ts';
import { eventually } from '#test/support/eventually.ts';
import { createTestDatabase, type TestDatabase } from '#test/support/stack.ts';

setDefaultTimeout(60_000);

let database: TestDatabase;
let shop: Connection;
let onlooker: Connection;
beforeAll(async () => {
  database = await createTestDatabase();
  onlooker = connect(database.url, { applicationName: 'onlooker' });
  await onlooker.db.execute(sql`create table marks (mark text)`);
  shop = connect(database.url, { applicationName: 'shop', maxConnections: 1, preparesStatements: true });
});
afterAll(async () => {
  await shop.close();
  await onlooker.close();
  await database.drop();
});

const MARK = kept((db, { mark }: Slots<{ readonly mark: string }>) =>
  db.execute(sql`insert into marks (mark) values (${mark}) returning mark`),
);
const BEHIND_A_LOCK = sql`select pg_advisory_xact_lock(${4711})`;

async function activity(): Promise<readonly { readonly name: string; readonly query: string }[]> {
  return onlooker.db.execute<{ name: string; query: string }>(sql`
    select application_name as name, query from pg_stat_activity
     where datname = current_database() and application_name like 'shop%' and wait_event_type = 'Lock'`);
}

/** What an operator sees of the work while it waits for a lock that somebody else has. */
async function seenWaiting(work: () => Promise<unknown>) {
  const { promise: isOver, resolve: release } = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const holding = onlooker.db.transaction(async (tx) => {
    await tx.execute(BEHIND_A_LOCK);
    held.resolve();
    await isOver;
  });
  await held.promise;
  const waiting = work();
  const seen = await eventually('it waits', async () => (await activity())[0]);
  release();
  await Promise.all([holding, waiting]);
  return seen;
}

const nameNow = async (db: Database) =>
  (await db.execute<{ name: string }>(sql`select current_setting('application_name') as name`))[0]?.name;

const keptOnServer = async () =>
  (
    await shop.db.execute<{ count: number }>(sql`select count(*)::int as count from pg_prepared_statements`)
  )[0]?.count;

test('a transaction that waits for a lock shows the trace that it is of, sampled or not, and gives the name back', async () => {
  const trace = newTrace();
  const seen = await seenWaiting(() =>
    inTrace(trace, null, () => shop.db.transaction((tx) => tx.execute(BEHIND_A_LOCK))),
  );
  expect(seen.name).toBe(`shop ${traceId(trace)}`);
  expect(seen.query).not.toContain('traceparent');
  expect(await nameNow(shop.db)).toBe('shop');
});

test('a statement of a sampled trace says so at its very beginning, outside of a transaction, too', async () => {
  const trace = newTrace(1);
  const long = sql.raw(`-- ${'x'.repeat(2_000)}\n`);
  const seen = await seenWaiting(() =>
    inTrace(trace, null, async () => {
      await shop.db.execute(sql`${long} select pg_advisory_xact_lock(${4711})`);
    }),
  );
  expect(seen.query).toStartWith(`/*traceparent='${trace}'*/ `);
});

test('traces leave nothing behind: a thousand of them make no statement more to keep', async () => {
  await MARK(shop.db, { mark: 'first' });
  await keptOnServer();
  const before = await keptOnServer();
  for (let count = 0; count < 1_000; count += 1) {
    const work = () => shop.db.transaction((tx) => MARK(tx, { mark: String(count) }));
    const rows = await inTrace(newTrace(count % 2), null, work);
    expect(rows).toEqual([{ mark: String(count) }] as never);
  }
  expect(await keptOnServer()).toBe(before);
});

test('a rollback gives the name back, too, and the failure is the statement’s own', async () => {
  const trace = newTrace();
  const failing = inTrace(trace, null, () =>
    shop.db.transaction((tx) => tx.execute(sql`select 1 / ${0}::int as never`)),
  );
  await expect(failing).rejects.toThrow();
  expect(await nameNow(shop.db)).toBe('shop');
});

test('what only reads, and what nobody asked for, costs no statement more', async () => {
  const reader = connect(database.url, { applicationName: 'shop', isReadOnly: true });
  const inside = () => reader.db.transaction((tx) => nameNow(tx as never));
  expect(await inTrace(newTrace(), null, inside)).toBe('shop');
  expect(await inTrace(newTrace(1), null, inside)).toStartWith('shop ');
  expect(await shop.db.transaction((tx) => nameNow(tx as never))).toBe('shop');
  await reader.close();
});

test('spans name the statement, never what it was given, and tell of a failure by its code', async () => {
  const spans: Span[] = [];
  const sink = { add: (span: Span) => void spans.push(span) };
  await inTrace(newTrace(1), sink, async () => {
    await MARK(shop.db, { mark: 'a secret' });
    await shop.db.execute(sql`select ${'another secret'}::int`).catch(() => undefined);
  });
  const told = spans.map(({ name, failure }) => ({ name, failure }));
  expect(told).toEqual([
    { name: 'INSERT', failure: null },
    { name: 'SELECT', failure: '22P02' },
  ]);
  expect(JSON.stringify(spans)).not.toContain('secret');
});

test('of an unsampled trace there is no span', async () => {
  const spans: Span[] = [];
  await inTrace(newTrace(), { add: (span) => void spans.push(span) }, () => MARK(shop.db, { mark: 'x' }));
  expect(spans).toEqual([]);
});
