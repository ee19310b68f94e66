/** A flash sale: everybody at once after one variant. Each unit is sold once, and nobody waits for ever. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { checkBooks, stockOf } from '#test/support/books.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkOutPatiently, createProduct } from '#test/support/shopping.ts';
import { stockEventsOf } from '#test/support/stock.ts';

const UNITS = 100;
const SHOPPERS = 300;
/** On a machine that has other work, too. */
const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
beforeAll(async () => {
  // Fewer connections than shoppers, as in a real sale: those who wait for one must not hold what others need.
  shop = await openOrigin({ DATABASE_MAX_CONNECTIONS: 8 });
});
afterAll(async () => {
  await shop.close();
});

test('sells exactly what there is; everybody else hears that it is sold out, and nobody is left without an answer', async () => {
  const product = await createProduct(shop, { stock: UNITS });
  const carts = await Promise.all(Array.from({ length: SHOPPERS }, () => cartWith(shop, product.variantId)));
  const answers = await Promise.all(carts.map((cart) => checkOutPatiently(shop, cart)));
  const outcomes = answers.map(({ status, body }) => (status === 201 ? body.status : body.code));
  const tally = Object.fromEntries(
    [...Map.groupBy(outcomes, String)].map(([what, all]) => [what, all.length]),
  );
  expect(tally).toEqual({ paid: UNITS, out_of_stock: SHOPPERS - UNITS });
  expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: UNITS, reserved: UNITS });
  expect(await stockEventsOf(shop, 'stock.ran_low', product.variantId)).toHaveLength(1);
  expect(await stockEventsOf(shop, 'stock.ran_out', product.variantId)).toHaveLength(1);
  await checkBooks(shop);
});
