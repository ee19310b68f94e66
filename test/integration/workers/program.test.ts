/** The workers as a process: what it needs to start, what it does by itself, and how it ends. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { idempotencyKeys, inbox } from '#db/schema/messaging.ts';
import { orders } from '#db/schema/orders.ts';
import { after, DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import type { OrderId } from '#lib/ids.ts';
import type { MailCatcher } from '#ops/mail-catcher/catcher.ts';
import { checkBooks, stockOf } from '#test/support/books.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import { asRole } from '#test/support/stack.ts';
import { openMail } from '#test/support/workers.ts';
import { keepHouse } from '#workers/housekeeping.ts';

/** A process starts, works and ends in it, on a busy machine too. */
const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let mail: MailCatcher;
beforeAll(async () => {
  shop = await openOrigin();
  mail = await openMail();
});
afterAll(async () => {
  await mail.stop();
  await shop.close();
});

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response(null) });
  const { port } = server;
  await server.stop(true);
  if (port === undefined) throw new Error('the server had no port');
  return port;
}

function start(environment: Readonly<Record<string, string>>) {
  const config = { ...shop.config, DATABASE_URL: asRole(shop.databaseUrl, 'workers') };
  const text = Object.entries(config).map(([name, value]) => [name, String(value)] as const);
  return Bun.spawn([process.execPath, 'workers/main.ts'], {
    env: { ...Object.fromEntries(text), ...environment },
    stdout: 'pipe',
    stderr: 'pipe',
  });
}

test('a process of its own turns a purchase into a mail, a sale and a purge, and ends at SIGTERM', async () => {
  let purges = 0;
  const edge = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () => {
      purges += 1;
      return new Response(null, { status: 204 });
    },
  });
  const port = await freePort();
  const workers = start({
    WORKERS_PORT: String(port),
    SMTP_URL: mail.smtpUrl,
    EDGE_PURGE_URL: edge.url.href,
    EDGE_PURGE_SECRET: 'a-purge-secret-of-enough-characters',
  });
  const probe = (path: string) =>
    fetch(`http://127.0.0.1:${port}${path}`).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      () => undefined,
    );
  await eventually('it is ready', async () => (await probe('/readyz'))?.status === 200);
  const product = await createProduct(shop, { stock: 3 });
  const { body } = await checkOut(shop, await cartWith(shop, product.variantId, 2));
  await eventually('the mail', async () =>
    (await mail.messages()).some(({ subject }) => subject === `Your order ${body.number}`),
  );
  await eventually('the sale', async () => (await stockOf(shop.deps.db, product.variantId))?.onHand === 1);
  await eventually('the purge', () => purges > 0);
  await eventually('the outbox is empty', async () =>
    (await probe('/metrics'))?.text.split('\n').includes('outbox_pending_rows 0'),
  );
  workers.kill('SIGTERM');
  expect(await workers.exited).toBe(0);
  await edge.stop(true);
  await checkBooks(shop);
});

test('told to end while it is busy, it finishes what it has in hand: nothing that was done comes again', async () => {
  const ORDERS = 20;
  const environment = async () => ({
    WORKERS_PORT: String(await freePort()),
    SMTP_URL: mail.smtpUrl,
    EDGE_PURGE_URL: 'http://127.0.0.1:1/',
    EDGE_PURGE_SECRET: 'a-purge-secret-of-enough-characters',
  });
  const doneBy = async () => shop.deps.db.$count(inbox, eq(inbox.consumer, 'email'));
  const already = await doneBy();
  const product = await createProduct(shop, { stock: ORDERS });
  const numbers = new Set<string>();
  for (let order = 0; order < ORDERS; order += 1) {
    const { body } = await checkOut(shop, await cartWith(shop, product.variantId, 1));
    numbers.add(`Your order ${body.number}`);
  }
  // These come again a moment later, when the first process is told to end.
  mail.fail({ kind: 'tempfail', times: 5 });
  const first = start(await environment());
  await eventually('it has begun', async () => (await doneBy()) > already);
  first.kill('SIGTERM');
  expect(await first.exited).toBe(0);
  const left = already + ORDERS - (await doneBy());
  expect(left).toBeGreaterThan(0);
  const variables = await environment();
  const second = start(variables);
  await eventually('all are done', async () => (await doneBy()) === already + ORDERS);
  await eventually('each by one of them', async () => {
    const told = await fetch(`http://127.0.0.1:${variables.WORKERS_PORT}/metrics`).then(
      (response) => response.text(),
      () => '',
    );
    const done = /^messages_handled_total\{consumer="email",outcome="done"\} (\d+)$/m.exec(told)?.[1];
    return Number(done ?? 0) === left;
  });
  second.kill('SIGTERM');
  expect(await second.exited).toBe(0);
  const mails = (await mail.messages()).filter(({ subject }) => numbers.has(subject));
  expect(mails).toHaveLength(ORDERS);
});

test.each(['SMTP_URL', 'EDGE_PURGE_SECRET', 'DATABASE_URL'])(
  'without %s it does not start, and says so in one line',
  async (name) => {
    const complete = {
      SMTP_URL: mail.smtpUrl,
      EDGE_PURGE_URL: 'http://127.0.0.1:1/',
      EDGE_PURGE_SECRET: 'a-purge-secret-of-enough-characters',
    };
    const workers = start({ ...complete, [name]: '' });
    expect(await workers.exited).toBe(1);
    const said = await new Response(workers.stderr).text();
    expect(said).toContain(name);
    expect(said.trim().split('\n')).toHaveLength(1);
  },
);

test('overdue orders are ended and old keys forgotten, without anybody asking', async () => {
  const product = await createProduct(shop, { stock: 1 });
  const key = crypto.randomUUID();
  const card = 'pm_card_authenticationRequired';
  const { body } = await checkOut(shop, await cartWith(shop, product.variantId), { key, card });
  const statusOf = async () => {
    const [row] = await shop.deps.db
      .select({ status: orders.status })
      .from(orders)
      .where(eq(orders.id, body.id as OrderId));
    return row?.status;
  };
  const stopping = new AbortController();
  const clock = { now: () => after(new Date(), DAY_MS + MINUTE_MS) };
  const house = keepHouse({ ...shop.deps, clock }, stopping.signal);
  await eventually('the order has ended', async () => (await statusOf()) === 'payment_failed');
  await eventually('the key is forgotten', async () => {
    const kept = await shop.deps.db.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, key));
    return kept.length === 0;
  });
  stopping.abort();
  await house;
  expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: 1, reserved: 0 });
});
