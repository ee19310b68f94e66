/** What a newcomer is shown of the shop, walked through against a small one: `npm run demo`, plain and in full. */

import { afterAll, beforeAll, expect, setDefaultTimeout, spyOn, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { hashPassword } from '#db/password-hash.ts';
import { users } from '#db/schema/accounts.ts';
import { discounts } from '#db/schema/discounts.ts';
import { DEMO_ACCOUNTS } from '#db/seed/accounts.ts';
import { WELCOME_CODE, writePricing } from '#db/seed/pricing.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import { type Entry, sayLedger } from '#ops/demo/books.ts';
import { type Stage, showEverything } from '#ops/demo/full.ts';
import { showPurchase } from '#ops/demo/plain.ts';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import { type AuditedShop, openAuditedShop } from '#test/support/audited.ts';
import { checkBooks, stockOf } from '#test/support/books.ts';
import { PURGE_SECRET } from '#test/support/edge.ts';
import { eventually } from '#test/support/eventually.ts';
import { TEST_CONFIG } from '#test/support/origin.ts';
import { createProduct, type TestProduct } from '#test/support/shopping.ts';
import { indexProduct } from '#workers/handlers/index-product.ts';

setDefaultTimeout(2 * MINUTE_MS);

const MANY = 1_000_000;
const STOCK = 20;

let audited: AuditedShop;
let server: Bun.Server<undefined>;
let edge: RunningEdge;
let products: readonly TestProduct[];
let stage: Stage;

beforeAll(async () => {
  audited = await openAuditedShop();
  const { shop, loops, mail, stream } = audited;
  const { db } = shop.deps;
  for (const { password, ...account } of DEMO_ACCOUNTS) {
    await db.insert(users).values({ ...account, passwordHash: await hashPassword(password) });
  }
  products = await Promise.all(
    ['Enamel Mug', 'Desk Lamp'].map((name) => createProduct(shop, { name, stock: STOCK })),
  );
  await db.transaction(writePricing);
  audited.work();
  loops.consume(indexProduct);
  server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: (request) => shop.fetch(request) });
  edge = await startEdge({
    ...{ originUrl: `http://127.0.0.1:${server.port}`, edgeSecret: TEST_CONFIG.EDGE_SECRET },
    ...{ purgeSecret: PURGE_SECRET, limits: { ANONYMOUS_LIMITER: MANY }, onLog: () => {} },
  });
  await shop.double.control('POST', '/webhook', {
    url: `${edge.url}/api/v1/webhooks/stripe`,
    secret: TEST_CONFIG.STRIPE_WEBHOOK_SECRET,
  });
  await eventually('both can be found', async () => {
    const { body } = await shop.call('/api/v1/search?q=mug');
    const { body: lamps } = await shop.call('/api/v1/search?q=lamp');
    return body.items.length + lamps.items.length === 2;
  });
  await stream.settled('search-index');
  stage = {
    ...{ edgeUrl: edge.url, mailUrl: mail.httpUrl, backupDatabaseUrl: shop.databaseUrl },
    stripeDoubleUrl: shop.double.double.url,
  };
});

afterAll(async () => {
  await edge.stop();
  await server.stop(true);
  await audited.close();
});

/** What is told meanwhile. */
async function told(work: () => Promise<void>): Promise<string> {
  const lines: string[] = [];
  const spy = spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)));
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return lines.join('\n');
}

const onHand = async () => {
  const levels = await Promise.all(products.map(({ variantId }) => stockOf(audited.shop.deps.db, variantId)));
  return levels.reduce((sum, level) => sum + (level?.onHand ?? 0), 0);
};

test('the plain demo buys as before, by a way of shipping that the shop asks for', async () => {
  const text = await told(() => showPurchase(stage));
  for (const step of ['search', 'product', 'cart', 'ship', 'code', 'quote', 'pay', 'order', 'email']) {
    expect(text).toMatch(new RegExp(`^ {2}${step} `, 'm'));
  }
});

test('the full demo goes through, again and again: one of two units comes back, and nothing differs', async () => {
  const before = await eventually('what was sold has left', async () => {
    const left = await onHand();
    return left === 2 * STOCK - 1 && left;
  });
  for (const round of [1, 2]) {
    const text = await told(() => showEverything(stage));
    for (const line of [
      ...[/ of it tax$/m, /less WELCOME10: /, /shipping, Express/, /"Approve a payment of .+\?" Approved/],
      ...[/told by the webhook/, /DHL JD0146\w+, https:.+ partially_fulfilled$/m, /2 parcels have arrived/],
      ...[/authorised, received, restocked: /, /partially_refunded: /, /^ +all +€.+€0\.00$/m],
      /^ {2}books +0 differences of \d+ /m,
    ]) {
      expect(text).toMatch(line);
    }
    expect(text.match(/^ {2}email /gm)).toHaveLength(9);
    await eventually('one unit fewer', async () => (await onHand()) === before - round);
  }
  await checkBooks(audited.shop);
});

test('it ends with a sentence where the shop refuses the code', async () => {
  const { db } = audited.shop.deps;
  await db.update(discounts).set({ validUntil: new Date() }).where(eq(discounts.code, WELCOME_CODE));
  const refused = told(() => showEverything(stage));
  await expect(refused).rejects.toThrow('WELCOME10 is refused');
});

const entry = (account: string, amount: number): Entry => ({
  ...{ kind: 'capture', source: 'pi_1', currency: 'EUR', account, amount },
});

test('a ledger that does not sum to zero is no good ending', async () => {
  await told(async () => sayLedger([entry('stripe_balance', 100), entry('sales', -100)], 'EUR'));
  const uneven = told(async () => sayLedger([entry('stripe_balance', 100), entry('sales', -99)], 'EUR'));
  expect(uneven).rejects.toThrow('do not sum to zero: pi_1');
});

test('its help tells of both, and a wrong call is refused', async () => {
  const run = async (...args: string[]) => {
    const child = Bun.spawn([process.execPath, 'ops/demo.ts', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { output: await child.stdout.text(), code: await child.exited };
  };
  const [help, wrong] = await Promise.all([run('--help'), run('--fool')]);
  expect(help).toMatchObject({ code: 0, output: expect.stringContaining('--full') });
  expect(wrong.code).toBe(2);
});
