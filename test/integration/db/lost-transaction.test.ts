/** A transaction whose connection is lost has ended: none of its statements runs outside of it, on a new connection. */

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
      await onlooker.db.execute(
        sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loser'`,
      );
      await mark(tx, 'while it goes').catch(() => outcomes.push('refused'));
      // The pool is well again, on a connection that knows of no transaction.
      for (let attempt = 0; attempt < 5; attempt += 1) await mark(db, 'outside').catch(() => undefined);
      await mark(tx, 'after').then(
        () => outcomes.push('done'),
        () => outcomes.push('refused'),
      );
    });
    expect(
      await lost.then(
        () => 'done',
        () => 'lost',
      ),
    ).toBe('lost');
    await eventually('both have ended', async () => outcomes.length === 2);
    expect(outcomes).toEqual(['refused', 'refused']);
    const rows = await onlooker.db.execute<{ mark: string }>(sql`select distinct mark from marks`);
    expect(rows.map((row) => row.mark)).toEqual(['outside']);
    await onlooker.db.execute(sql`delete from marks`);
    await close();
  },
);
