/** What an operator sees of the log of privileged acts, with the command as it is typed. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import postgres from 'postgres';
import { parkDeadLetter } from '#db/dead-letters.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { createProduct, type TestProduct } from '#test/support/shopping.ts';

/** A process starts and ends in it, on a busy machine too. */
const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let product: TestProduct;
beforeAll(async () => {
  shop = await openOrigin();
  product = await createProduct(shop);
  await createProduct(shop);
});
afterAll(async () => {
  await shop.close();
});

async function command(program: 'audit-log' | 'dead-letters', ...args: readonly string[]) {
  const child = Bun.spawn([process.execPath, `ops/${program}/main.ts`, ...args], {
    env: { ...process.env, DATABASE_URL: shop.databaseUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, out, err };
}
const log = (...args: readonly string[]) => command('audit-log', ...args);

test('a whole chain is said to be whole, with its head, which proves the next time that nothing was cut off', async () => {
  const { code, out } = await log('verify');
  expect(code).toBe(0);
  const [, seq, hash] = /^head (\d+):([0-9a-f]{64})$/m.exec(out) ?? [];
  expect(out).toContain(`The chain is whole: ${seq} rows.`);
  expect(await log('verify', '--head', `${seq}:${hash}`)).toMatchObject({ code: 0 });
  const later = await log('verify', '--head', `${Number(seq) + 1}:${hash}`);
  expect(later).toMatchObject({ code: 1, err: expect.stringContaining('cut off') });
});

test('acts are listed, the newest first, and by what they did, to what and who', async () => {
  const { out } = await log('list', '--json');
  const acts = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(acts.map(({ seq }) => seq)).toEqual(acts.map((_act, index) => acts.length - index));
  const { actorId } = acts.find(({ objectId }) => objectId === product.productId);
  for (const filter of [
    ['--object', `product:${product.productId}`],
    ['--actor', actorId],
  ]) {
    const some = await log('list', ...filter);
    expect(some.out.trim().split('\n')).toHaveLength(1);
    expect(some.out).toMatch(/^1 {2}20\S+Z {2}user \S+ {2}product\.created {2}product:/);
  }
  expect((await log('list', '--limit', '1')).out.trim().split('\n')).toHaveLength(1);
  expect((await log('list', '--action', 'user.deleted')).out).toBe('There are no such acts.\n');
});

test('what an operator does to dead letters is on record, and not the reason that they gave', async () => {
  const letter = { consumer: 'email', eventId: null, message: new Uint8Array([1]), reason: 'x', attempts: 1 };
  await parkDeadLetter(shop.deps.db, letter);
  await parkDeadLetter(shop.deps.db, letter);
  await command('dead-letters', 'send', '1', '--wait', '0');
  await command('dead-letters', 'drop', '2', '--reason', 'Mr Smith has moved');
  await command('dead-letters', 'drop', '2', '--reason', 'again');
  const { out } = await log('list', '--limit', '2');
  expect(out).toMatch(
    /operator {2}dead_letter\.dropped {2}dead_letter:2[\s\S]*operator {2}dead_letter\.sent {2}dead_letter:1/,
  );
  expect(out).not.toContain('Smith');
  expect((await log('list', '--action', 'dead_letter.dropped')).out.trim().split('\n')).toHaveLength(1);
});

test.each([
  [['verify', '--head', 'nonsense']],
  [['list', '--limit', '0']],
  [['list', '--actor', 'ada']],
  [['list', '--object', 'product']],
  [['verify', 'more']],
  [['forge']],
  [[]],
  [['--colour']],
])('%p is refused in one line', async (args) => {
  const { code, out, err } = await log(...args);
  expect({ code, out, lines: err.trim().split('\n').length }).toEqual({ code: 2, out: '', lines: 1 });
});

test('a database that does not answer ends with 2, and says nothing of its password', async () => {
  const { code, err } = await log(
    'verify',
    '--database-url',
    'postgres://someone:secret-word@127.0.0.1:1/none',
  );
  expect(code).toBe(2);
  expect(err).not.toContain('secret-word');
});

test('--help says what can be asked', async () => {
  const { code, out } = await log('--help');
  expect(code).toBe(0);
  for (const word of ['verify', 'list', '--head', '--database-url']) expect(out).toContain(word);
});

/** Last, for it breaks the log of this shop. */
test('a chain that is broken ends with 1 and the first row that is', async () => {
  const sql = postgres(shop.databaseUrl, { max: 1, connection: { session_replication_role: 'replica' } });
  await sql`update audit_log set action = 'nothing' where seq = 2`;
  await sql.end();
  const { code, err } = await log('verify');
  expect(code).toBe(1);
  expect(err).toBe('audit-log: the chain is broken at row 2: its content is not what was hashed.\n');
});
