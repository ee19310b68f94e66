/** What `npm test` promises to each test file: servers of its own, as far as it can tell. */

import { afterAll, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { connect } from 'nats';
import postgres from 'postgres';
import { createTestDatabase, testNatsUrl, testRedisUrl } from '#test/support/stack.ts';

const databases = await Promise.all([createTestDatabase(), createTestDatabase()]);

afterAll(async () => {
  for (const database of databases) await database.drop();
});

function credentials(url: string) {
  const { host, username, password } = new URL(url);
  return { servers: host, user: username, pass: password };
}

test('two test databases are migrated and see nothing of each other', async () => {
  const [first, second] = databases.map(({ url }) => postgres(url, { max: 1 }));
  if (first === undefined || second === undefined) throw new Error('two databases were asked for');
  await first`create table only_here (id integer)`;
  const tables = await second<{ name: string }[]>`
    select table_name as name from information_schema.tables where table_schema = 'public'`;
  const names = tables.map(({ name }) => name);
  expect(names).toContain('products');
  expect(names).not.toContain('only_here');
  await Promise.all([first.end(), second.end()]);
});

test('a dropped test database is gone, also while a connection to it is open', async () => {
  const database = await createTestDatabase();
  const sql = postgres(database.url, { max: 1 });
  await sql`select 1`;
  await database.drop();
  expect(sql`select 1`.then(() => 'answered')).rejects.toThrow();
  await sql.end({ timeout: 1 });
});

test('a key in one test file is not there for another', async () => {
  const [first, second] = [new Redis(await testRedisUrl()), new Redis(await testRedisUrl())];
  await first.set('greeting', 'hello');
  expect(await second.get('greeting')).toBeNull();
  first.disconnect();
  second.disconnect();
});

test('a stream in one test file is not there for another, and JetStream keeps it', async () => {
  const first = await connect(credentials(await testNatsUrl()));
  const second = await connect(credentials(await testNatsUrl()));
  const streams = await first.jetstreamManager();
  await streams.streams.add({ name: 'OWN', subjects: ['own.>'] });
  await first.jetstream().publish('own.thing', 'kept');
  expect((await streams.streams.info('OWN')).state.messages).toBe(1);
  const others = await second.jetstreamManager();
  expect(others.streams.info('OWN')).rejects.toThrow('stream not found');
  await Promise.all([first.close(), second.close()]);
});
