/** What bounds the work at a pool: the time of who asks, how much is under way, and whether to ask at all. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { type Connection, connect } from '#db/client.ts';
import { isNotServed } from '#db/failures.ts';
import { createCircuit } from '#lib/circuit.ts';
import { systemClock } from '#lib/clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { createEmptyDatabase, type TestDatabase } from '#test/support/stack.ts';

const MAX_RUNNING = 3;

let database: TestDatabase;
let connection: Connection;
/** Of whoever asks at the moment; null: nobody waits. */
let leftMs: number | null;

beforeAll(async () => {
  database = await createEmptyDatabase();
  const circuit = createCircuit({ failures: 2, failureRate: 0.5, halfOpenAfterMs: 60_000 }, systemClock);
  connection = connect(database.url, {
    applicationName: 'bounded',
    maxConnections: 1,
    bounds: {
      timeLeftMs: () => leftMs,
      server: { circuit, maxRunning: MAX_RUNNING, silentMs: 6_000 },
    },
  });
  await connection.db.execute(sql`create table marks (name text)`);
});

beforeEach(() => {
  leftMs = null;
});

afterAll(async () => {
  await connection.close();
  await database.drop();
});

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (isNotServed(error) ? 'not served' : String(error)),
  );
const mark = (name: string) => connection.db.execute(sql`insert into marks values (${name})`);
const marks = async () => (await connection.db.execute(sql`select name from marks`)).map(({ name }) => name);

/** Has the pool's one connection until it is told to give it back. */
async function hold() {
  const [held, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = connection.db.transaction(async (tx) => {
    await tx.execute(sql`select 1`);
    held.resolve();
    await over.promise;
  });
  await held.promise;
  return async () => {
    over.resolve();
    await holding;
  };
}

describe('while the only connection is taken', () => {
  test('a statement waits no longer than its request has time, and is not run afterwards', async () => {
    const release = await hold();
    leftMs = 30;
    expect(await outcome(mark('late'))).toBe('not served');
    leftMs = null;
    await release();
    expect(await marks()).not.toContain('late');
  });

  test('nor does a transaction', async () => {
    const release = await hold();
    leftMs = 30;
    let isBegun = false;
    const late = connection.db.transaction(async (tx) => {
      isBegun = true;
      await tx.execute(sql`insert into marks values ('late transaction')`);
    });
    expect(await outcome(late)).toBe('not served');
    leftMs = null;
    await release();
    await eventually('the connection is free again', async () => connection.inUse() === 0);
    expect(await marks()).not.toContain('late transaction');
    expect(isBegun).toBe(false);
  });

  test('more than may be under way is refused at once', async () => {
    const release = await hold();
    const waiting = Array.from({ length: MAX_RUNNING - 1 }, (_, n) => outcome(mark(`waits ${n}`)));
    await eventually('all are under way', async () => connection.inUse() === MAX_RUNNING);
    expect(await outcome(mark('too many'))).toBe('not served');
    await release();
    expect(await Promise.all(waiting)).toEqual(['done', 'done']);
  });
});

test('a transaction whose time is up in the middle is rolled back, and the connection is good for the next', async () => {
  leftMs = 100;
  const late = connection.db.transaction(async (tx) => {
    await tx.execute(sql`insert into marks values ('half')`);
    leftMs = 30;
    await tx.execute(sql`select pg_sleep(1)`);
  });
  expect(await outcome(late)).toBe('not served');
  leftMs = null;
  expect(await marks()).not.toContain('half');
});

test('with no time left nothing is asked', async () => {
  leftMs = 0;
  expect(await outcome(mark('none'))).toBe('not served');
  expect(await outcome(connection.db.transaction(async () => {}))).toBe('not served');
  leftMs = null;
  expect(await marks()).not.toContain('none');
});

test('a refusal of the database is an answer: it never opens the circuit', async () => {
  for (let n = 0; n < 5; n += 1) {
    expect(await outcome(connection.db.execute(sql`select 1 / 0`))).toContain('Failed query');
  }
  expect(await outcome(mark('after'))).toBe('done');
});
