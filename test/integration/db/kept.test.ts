/** A kept statement is built once and runs anywhere: on each pool, and in each transaction as a part of it. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import { connect } from '#db/client.ts';
import { asIn, kept, type Slots } from '#db/kept.ts';
import { idempotencyKeys, outbox } from '#db/schema/messaging.ts';
import type { EventId } from '#lib/ids.ts';
import { createTestDatabase, type TestDatabase } from '#test/support/stack.ts';

let database: TestDatabase;
let one: ReturnType<typeof connect>;
let other: ReturnType<typeof connect>;
beforeAll(async () => {
  database = await createTestDatabase();
  one = connect(database.url, { applicationName: 'one', preparesStatements: true });
  other = connect(database.url, { applicationName: 'other' });
});
afterAll(async () => {
  await Promise.all([one.close(), other.close()]);
  await database.drop();
});

let built = 0;
const insertEvent = kept((db, { id, data, occurredAt }: Slots<Pick<Row, 'id' | 'data' | 'occurredAt'>>) => {
  built += 1;
  return db.insert(outbox).values({ id, name: 'order.paid', version: 1, data, occurredAt });
});
type Row = typeof outbox.$inferSelect;
const findEvent = kept((db, { id }: Slots<Pick<Row, 'id'>>) =>
  db.select().from(outbox).where(eq(outbox.id, id)),
);
const whoAsks = kept((db, { word }: Slots<{ readonly word: string }>) =>
  db.execute<{ name: string; word: string; xid: string | null }>(
    sql`select current_setting('application_name') as name, ${word}::text as word,
               pg_current_xact_id_if_assigned()::text as xid`,
  ),
);

const row = () => ({ id: crypto.randomUUID() as EventId, data: { a: [1] }, occurredAt: new Date() });

test('values are spelled as their columns are, and the text is made once', async () => {
  for (const { db } of [one, other, one]) {
    const event = row();
    await insertEvent(db, event);
    expect(await findEvent(db, { id: event.id })).toMatchObject([{ ...event, name: 'order.paid' }]);
  }
  expect(built).toBe(1);
});

test('each runs where it is asked to, however many at once', async () => {
  const asked = await Promise.all(
    [one, other, one].map(async ({ db }, n) => (await whoAsks(db, { word: String(n) }))[0]),
  );
  expect(asked.map((answer) => `${answer?.name} ${answer?.word}`)).toEqual(['one 0', 'other 1', 'one 2']);
});

test('in a transaction it is a part of it, and goes with it', async () => {
  const event = row();
  const work = one.db.transaction(async (tx) => {
    await insertEvent(tx, event);
    expect(await findEvent(tx, { id: event.id })).toHaveLength(1);
    expect(await findEvent(one.db, { id: event.id })).toHaveLength(0);
    expect((await whoAsks(tx, { word: '' }))[0]?.xid).not.toBeNull();
    throw new Error('taken back');
  });
  await expect(work).rejects.toThrow('taken back');
  expect(await findEvent(one.db, { id: event.id })).toHaveLength(0);
});

test('those that are sent together run in the order of their calls, on a connection that has seen them or not', async () => {
  const fresh = connect(database.url, {
    applicationName: 'fresh',
    maxConnections: 1,
    preparesStatements: true,
  });
  for (let round = 0; round < 2; round += 1) {
    const event = row();
    const found = await fresh.db.transaction((tx) =>
      Promise.all([
        findEvent(tx, { id: event.id }),
        insertEvent(tx, event),
        findEvent(tx, { id: event.id }),
        whoAsks(tx, { word: 'last' }),
      ]),
    );
    expect([found[0].length, found[2].length, found[3].length]).toEqual([0, 1, 1]);
  }
  await fresh.close();
});

test('a value that is compared, not written, can be spelled as a column is', async () => {
  const soon = kept((db, { at }: Slots<{ readonly at: Date }>) =>
    db
      .select({ key: idempotencyKeys.key })
      .from(idempotencyKeys)
      .where(sql`${idempotencyKeys.expiresAt} < ${asIn(idempotencyKeys.expiresAt, at)}`),
  );
  expect(await soon(one.db, { at: new Date() })).toEqual([]);
});
