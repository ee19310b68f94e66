/** Shops that did nothing wrong audit clean: at rest, half-way, and whatever the shoppers do. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import postgres from 'postgres';
import { createRandom } from '#db/seed/random.ts';
import { audit } from '#ops/audit/audit.ts';
import { settle } from '#ops/audit/settle.ts';
import { type AuditedShop, openAuditedShop, wrongIn } from '#test/support/audited.ts';
import { bookCaptures } from '#test/support/money-by-hand.ts';
import { cartOf, checkOut, createProduct, type TestProduct } from '#test/support/shopping.ts';

const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let audited: AuditedShop;
let sql: postgres.Sql;
beforeAll(async () => {
  audited = await openAuditedShop();
  sql = postgres(audited.sources.databaseUrl, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await sql.end();
  await audited.close();
});

const CARDS = [
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_chargeDeclined',
  'pm_card_authenticationRequired',
  'pm_card_chargeDeclinedInsufficientFunds',
  'pm_card_unknown',
];
const SHOPPERS = 40;

test('an empty shop is clean', async () => {
  expect(wrongIn(await audit(audited.sources, { inFlightMs: 0 }))).toEqual({});
});

test('random shopping is clean while it is under way, and with nothing excused once it has settled', async () => {
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const random = createRandom(seed);
  const { shop } = audited;
  const products: TestProduct[] = [];
  for (const stock of [3, 8, 40, 40]) products.push(await createProduct(shop, { stock, price: 700 + stock }));
  const shopOnce = async (variants: readonly string[], card: string, quantity: number) => {
    const lines = variants.map((variantId) => ({ variantId, quantity }));
    const cart = await cartOf(shop, lines);
    const key = crypto.randomUUID();
    await Promise.all([checkOut(shop, cart, { key, card }), checkOut(shop, cart, { key, card })]);
  };
  const plans = Array.from({ length: SHOPPERS }, () => ({
    variants: [...new Set([random.pick(products).variantId, random.pick(products).variantId])],
    card: random.pick(CARDS),
    quantity: random.integer(1, 3),
  }));
  audited.work();
  const shopping = Promise.all(plans.map((plan) => shopOnce(plan.variants, plan.card, plan.quantity)));
  const midway = await audit(audited.sources);
  await shopping;
  await bookCaptures(sql);
  const unexcused = Object.keys(wrongIn(midway)).filter((name) => name !== 'ledger-captures');
  expect({ seed, unexcused }).toEqual({ seed, unexcused: [] });
  await audited.settled();
  const report = await audit(audited.sources, { inFlightMs: 0 });
  expect({ seed, wrong: wrongIn(report) }).toEqual({ seed, wrong: {} });
  expect(report).toMatchObject({ verdict: 'clean', breached: [] });
  expect(report.checks.filter(({ leftOut }) => leftOut !== null)).toEqual([]);
});

test('what no worker has done yet is in flight for a while, and a breach afterwards', async () => {
  await audited.loops.stop();
  const { variantId } = await createProduct(audited.shop);
  await checkOut(audited.shop, await cartOf(audited.shop, [{ variantId, quantity: 1 }]));
  await bookCaptures(sql);
  const young = await audit(audited.sources);
  expect(wrongIn(young)).toEqual({});
  expect(young.inFlight).toBeGreaterThan(0);
  const old = await audit(audited.sources, { inFlightMs: 0 });
  expect(old.breached.toSorted()).toEqual([
    'handled-by-everyone',
    'invoiced-once',
    'one-mail',
    'outbox-published',
    'sold-once',
  ]);
  const waited = await settle(audited.sources, { timeoutMs: 300 });
  expect(waited.isSettled).toBe(false);
  expect(waited.left.unpublishedEvents).toBeGreaterThan(0);
});

test('what is settled is told so at once', async () => {
  audited.work();
  await audited.settled();
  await sql`update orders set status = 'payment_failed' where status in ('pending_payment', 'requires_action')`;
  expect(await settle(audited.sources, { timeoutMs: 20_000 })).toMatchObject({ isSettled: true });
});
