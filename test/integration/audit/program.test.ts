/** The audit as it is typed: what it prints, how it ends, and what it says when it cannot. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import postgres from 'postgres';
import { type AuditedShop, openAuditedShop } from '#test/support/audited.ts';
import { bookCaptures } from '#test/support/money-by-hand.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';

/** A process starts and ends in it, on a busy machine too. */
const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let audited: AuditedShop;
let places: string[];
let sql: postgres.Sql;
beforeAll(async () => {
  audited = await openAuditedShop();
  const { databaseUrl, natsUrl, mailUrl, stripe } = audited.sources;
  places = [
    ...['--database-url', databaseUrl, '--nats-url', natsUrl ?? '', '--mail-url', mailUrl ?? ''],
    ...['--stripe-url', stripe?.apiUrl ?? ''],
  ];
  sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  audited.work();
  const { variantId } = await createProduct(audited.shop);
  await checkOut(audited.shop, await cartWith(audited.shop, variantId));
  await bookCaptures(sql);
});
afterAll(async () => {
  await sql.end();
  await audited.close();
});

async function command(...args: readonly string[]) {
  const child = Bun.spawn([process.execPath, 'ops/audit/main.ts', ...args], {
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, out, err };
}

test('a settled shop is clean, and the table has a line for each check and each invariant', async () => {
  const { code, out } = await command(...places, '--settle', '20');
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('The books are clean.') });
  for (const name of ['stock-in-range', 'no-oversell', 'charged-once', 'one-mail', 'open-past-deadline']) {
    expect(out).toMatch(new RegExp(`I\\d +${name} +[\\d,]+ +ok`));
  }
  for (const invariant of ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7']) {
    expect(out).toMatch(new RegExp(`${invariant} .* holds`));
  }
});

test('without Stripe, NATS and mail their checks are left out, and say so', async () => {
  const { code, out } = await command('--database-url', audited.sources.databaseUrl);
  expect(code).toBe(0);
  expect(out).toContain('left out: there is no Stripe to ask');
  expect(out).toContain('left out: there is no NATS to ask');
  expect(out).toContain('left out: there is no mail catcher to ask');
});

test('a breach ends with 1, names the rows, and says how many more there are', async () => {
  const letters = await sql`
    insert into dead_letters (consumer, message, reason)
    select 'email', 'x', ${'Error: \u001b[2J'} from generate_series(1, 5) returning id`;
  const { code, out } = await command(...places, '--rows', '2');
  const json = await command(...places, '--json');
  await sql`delete from dead_letters`;
  expect(code).toBe(1);
  expect(out).toContain('BREACHED by 5');
  expect(out).toContain(`id=${letters[0]?.['id']}`);
  expect(out).toContain('and 3 more');
  expect(out).not.toContain('\u001b');
  expect(json.code).toBe(1);
  const report = JSON.parse(json.out);
  expect(report).toMatchObject({ verdict: 'breached', breached: ['no-dead-letters'] });
  expect(report.checks.find(({ name }: { name: string }) => name === 'no-dead-letters').rows).toHaveLength(5);
});

test.each([
  [['--settle', 'soon']],
  [['--settle', '-1']],
  [['--in-flight', '1.5']],
  [['--rows', 'many']],
  [['--database-url', 'nowhere']],
  [['--colour']],
])('%p is refused in one line', async (args) => {
  const { code, out, err } = await command(...args);
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err.trim().split('\n')).toHaveLength(1);
});

test.each([
  ['--database-url', 'postgres://someone:secret-word@127.0.0.1:1/nowhere', 'the database'],
  ['--stripe-url', 'http://127.0.0.1:1', 'Stripe'],
  ['--mail-url', 'http://127.0.0.1:1', 'the mail catcher'],
  ['--nats-url', 'nats://secret-word@127.0.0.1:1', 'NATS'],
])('%s that does not answer ends with 2 and one sentence', async (flag, url, what) => {
  const { code, err } = await command(...places, flag, url);
  expect(code).toBe(2);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(err).toContain(what);
  expect(err).not.toContain('secret-word');
});

test('--help says what can be asked', async () => {
  const { code, out } = await command('--help');
  expect(code).toBe(0);
  for (const flag of ['--settle', '--json', '--database-url', '--in-flight']) expect(out).toContain(flag);
});
