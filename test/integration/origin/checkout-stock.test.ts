/** Stock under contention: never more sold than there is, never stuck, and the shelf tells when it empties and fills. */

import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { outbox } from '#db/schema/messaging.ts';
import { dropAnswers } from '#origin/catalog/service.ts';
import { checkBooks, intentOf, stockOf } from '#test/support/books.ts';
import { type Answer, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartOf, cartWith, checkOut, createProduct, type TestProduct } from '#test/support/shopping.ts';
import { deliver, eventOf } from '#test/support/webhooks.ts';

/** On a machine that has other work, too. */
const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterEach(async () => {
  await checkBooks(shop);
});
afterAll(async () => {
  await shop.close();
});

const outcome = ({ status, body }: Answer): string => (status === 201 ? body.status : body.code);
const tally = (answers: readonly Answer[]) =>
  Object.fromEntries(
    [...Map.groupBy(answers, outcome)].map(([what, those]) => [what, those.length] as const),
  );

async function changesOf({ productId }: TestProduct) {
  const rows = await shop.deps.db
    .select({ version: sql<number>`(${outbox.data} ->> 'version')::int` })
    .from(outbox)
    .where(sql`${outbox.name} = 'product.changed' and ${outbox.data} ->> 'productId' = ${productId}`)
    .orderBy(outbox.seq);
  return rows.map(({ version }) => version);
}

async function isShownAvailable({ slug }: TestProduct): Promise<boolean> {
  const { body } = await shop.call(`/api/v1/products/${slug}`);
  return body.available;
}

test('sixty at once for ten units: ten are paid, fifty hear that it is sold out', async () => {
  const product = await createProduct(shop, { stock: 10 });
  const carts = await Promise.all(Array.from({ length: 60 }, () => cartWith(shop, product.variantId)));
  const answers = await Promise.all(carts.map((cart) => checkOut(shop, cart)));
  expect(tally(answers)).toEqual({ paid: 10, out_of_stock: 50 });
  expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: 10, reserved: 10 });
});

test('good and declined cards at once: what the declined gave back is there, and nothing is oversold', async () => {
  const product = await createProduct(shop, { stock: 10 });
  const carts = await Promise.all(Array.from({ length: 40 }, () => cartWith(shop, product.variantId)));
  const answers = await Promise.all(
    carts.map((cart, index) =>
      checkOut(shop, cart, { card: index % 2 === 0 ? 'pm_card_chargeDeclined' : 'pm_card_visa' }),
    ),
  );
  const paid = tally(answers)['paid'] ?? 0;
  expect(
    Object.keys(tally(answers)).filter((what) => !['paid', 'card_declined', 'out_of_stock'].includes(what)),
  ).toEqual([]);
  expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: 10, reserved: paid });
});

test('carts with the same lines in opposite orders never wait for each other in a circle', async () => {
  const products = await Promise.all(Array.from({ length: 4 }, () => createProduct(shop, { stock: 12 })));
  const lines = products.map(({ variantId }) => ({ variantId, quantity: 1 }));
  const carts = await Promise.all(
    Array.from({ length: 24 }, (_, index) => cartOf(shop, index % 2 === 0 ? lines : lines.toReversed())),
  );
  const answers = await Promise.all(carts.map((cart) => checkOut(shop, cart)));
  expect(tally(answers)).toEqual({ paid: 12, out_of_stock: 12 });
});

test('a product is told as changed when it sells out, and again when a decline puts it back', async () => {
  const product = await createProduct(shop, { stock: 2 });
  expect(await isShownAvailable(product)).toBe(true);
  const first = await checkOut(shop, await cartWith(shop, product.variantId));
  expect([first.status, await changesOf(product)]).toEqual([201, []]);
  const last = await checkOut(shop, await cartWith(shop, product.variantId), {
    card: 'pm_card_authenticationRequired',
  });
  expect(last.status).toBe(200);
  expect(await changesOf(product)).toEqual([2]);
  const intentId = await intentOf(shop, last.body.id);
  await shop.double.control('POST', `/payment_intents/${intentId}/authenticate`, { outcome: 'fail' });
  expect(await deliver(shop, await eventOf(shop, intentId, 'payment_intent.payment_failed'))).toBe(200);
  expect(await changesOf(product)).toEqual([2, 3]);
  const { productId: id, slug } = product;
  await dropAnswers(shop.deps, { productId: id, slug, version: 3 });
  expect(await isShownAvailable(product)).toBe(true);
});

test('a quantity is reserved as a whole or not at all', async () => {
  const { variantId } = await createProduct(shop, { stock: 7 });
  const carts = await Promise.all(Array.from({ length: 5 }, () => cartWith(shop, variantId, 3)));
  const answers = await Promise.all(carts.map((cart) => checkOut(shop, cart)));
  expect(tally(answers)).toEqual({ paid: 2, out_of_stock: 3 });
  expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 7, reserved: 6 });
});
