/**
 * A transaction whose connection is lost has ended: none of its statements runs outside of it, on a new connection. And
 * the connection's place in the pool is as good as before.
 */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { connect, type Database, type Transaction } from '#db/client.ts';
import { eventually } from '#test/support/eventually.ts';
import { createTestDatabase, type TestDatabase } from '#test/support/stack.ts';

let database: TestDatabase;
let onlooker: ReturnType<typeof connect>;
beforeAll(async () => {
  database = await createTestDatabase();
  onlooker = connect(database.url, { applicationName: 'onlooker' });
  await onlooker.db.execute(sql`create table marks (mark text)`);
});
afterAll(async () => {
  await onlooker.close();
  await database.drop();
});

const endBackend = () =>
  onlooker.db.execute(
    sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loser'`,
  );

const endingOf = (transaction: Promise<unknown>) =>
  transaction.then(
    () => 'done',
    () => 'lost',
  );

const mark = (db: Database | Transaction, text: string) =>
  db.execute(sql`insert into marks (mark) values (${text})`);

test.each([true, false])(
  'what goes on after its server has gone writes nothing (prepared: %p)',
  async (preparesStatements) => {
    // One connection: the transaction's place is taken by the very next one.
    const { db, close } = connect(database.url, {
      applicationName: 'loser',
      maxConnections: 1,
      preparesStatements,
    });
    const outcomes: string[] = [];
    const lost = db.transaction(async (tx) => {
      await mark(tx, 'before');
      await endBackend();
      await mark(tx, 'while it goes').catch(() => outcomes.push('refused'));
      // The pool is well again, on a connection that knows of no transaction.
      for (let attempt = 0; attempt < 5; attempt += 1) await mark(db, 'outside').catch(() => undefined);
      await mark(tx, 'after').then(
        () => outcomes.push('done'),
        () => outcomes.push('refused'),
      );
    });
    expect(await endingOf(lost)).toBe('lost');
    await eventually('both have ended', async () => outcomes.length === 2);
    expect(outcomes).toEqual(['refused', 'refused']);
    const rows = await onlooker.db.execute<{ mark: string }>(sql`select distinct mark from marks`);
    expect(rows.map((row) => row.mark)).toEqual(['outside']);
    await onlooker.db.execute(sql`delete from marks`);
    await close();
  },
);

test('where a connection was lost in the middle of a statement, the next one takes its place', async () => {
  const { db, close } = connect(database.url, { applicationName: 'loser', maxConnections: 1 });
  for (let round = 0; round < 3; round += 1) {
    const ending = endingOf(db.transaction((tx) => tx.execute(sql`select pg_sleep(60)`)));
    await eventually('it is under way', async () => {
      const rows = await onlooker.db.execute(
        sql`select from pg_stat_activity where application_name = 'loser' and wait_event = 'PgSleep'`,
      );
      return rows.length === 1;
    });
    await endBackend();
    expect(await ending).toBe('lost');
    expect(await db.execute(sql`select 1`)).toHaveLength(1);
  }
  await close();
});

test('a transaction that goes on after its connection is lost takes nothing back of the one that has its place', async () => {
  const { db, close } = connect(database.url, { applicationName: 'loser', maxConnections: 1 });
  const [isUnderWay, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const late = db.transaction(async (tx) => {
    await mark(tx, 'of the lost');
    isUnderWay.resolve();
    await mayEnd.promise;
    throw new Error('taken back, late');
  });
  const ending = endingOf(late);
  await isUnderWay.promise;
  await endBackend();
  expect(await ending).toBe('lost');
  await db.transaction(async (tx) => {
    await mark(tx, 'first half');
    mayEnd.resolve();
    // What the other sends now is sent before this.
    await Bun.sleep(0);
    await mark(tx, 'second half');
  });
  const rows = await onlooker.db.execute<{ mark: string }>(sql`select mark from marks order by mark`);
  expect(rows.map((row) => row.mark)).toEqual(['first half', 'second half']);
  await onlooker.db.execute(sql`delete from marks`);
  await close();
});
