/** Crowds at the checkout: one request many times, and one shelf for many shoppers. */

import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { orders } from '#db/schema/orders.ts';
import { AppError } from '#lib/problems.ts';
import { createDeps } from '#origin/deps.ts';
import { checkBooks, stockOf } from '#test/support/books.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import {
  cartWith,
  checkOut,
  checkOutPatiently,
  createProduct,
  type TestCart,
} from '#test/support/shopping.ts';

/** On a machine that has other work, too. */
const TEST_TIMEOUT_MS = 180_000;
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

async function ordersOf({ cartId }: TestCart) {
  return shop.deps.db
    .select({ id: orders.id, status: orders.status })
    .from(orders)
    .where(sql`${orders.cartId} = ${cartId}`);
}

test('five hundred shoppers at once for a hundred units: a hundred are paid, four hundred hear that it is sold out', async () => {
  const { variantId } = await createProduct(shop, { stock: 100 });
  const carts = await Promise.all(Array.from({ length: 500 }, () => cartWith(shop, variantId)));
  const answers = await Promise.all(carts.map((cart) => checkOutPatiently(shop, cart)));
  const outcomes = answers.map(({ status, body }) => `${status} ${body.code ?? body.status}`);
  const tally = Map.groupBy(outcomes, (outcome) => outcome);
  expect([...tally].map(([outcome, those]) => [outcome, those.length]).toSorted()).toEqual([
    ['201 paid', 100],
    ['409 out_of_stock', 400],
  ]);
  expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 100, reserved: 100 });
});

test('fifty times the same checkout at once is one order, one charge and fifty equal answers', async () => {
  const { variantId } = await createProduct(shop);
  const cart = await cartWith(shop, variantId);
  const key = crypto.randomUUID();
  const [first, ...others] = await Promise.all(
    Array.from({ length: 50 }, () => checkOut(shop, cart, { key })),
  );
  expect([first?.status, first?.body.status]).toEqual([201, 'paid']);
  for (const { status, body } of others) expect({ status, body }).toEqual({ status: 201, body: first?.body });
  expect(await ordersOf(cart)).toEqual([{ id: first?.body.id, status: 'paid' }]);
  expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 10, reserved: 1 });
});

test('the same request at several processes at once is one order, and all of them answer it', async () => {
  const cart = await cartWith(shop, (await createProduct(shop)).variantId);
  const key = crypto.randomUUID();
  const others = await Promise.all(
    Array.from({ length: 3 }, (_, index) => createDeps(shop.config, `beside-${index}`, shop.deps.log)),
  );
  try {
    const processes = [shop, ...others.map(({ deps }) => shop.beside(deps))];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        checkOut(processes[index % processes.length] ?? shop, cart, { key }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await ordersOf(cart)).toHaveLength(1);
  } finally {
    await Promise.all(others.map(({ close }) => close()));
  }
});

test('a repetition whose first request fails on our side hears of it and may come again', async () => {
  const cart = await cartWith(shop, (await createProduct(shop)).variantId);
  const key = crypto.randomUUID();
  const broken = {
    ...shop.deps.payments,
    create: () => Promise.reject(new AppError('payments_unavailable')),
  };
  const at = shop.beside({ payments: broken });
  const answers = await Promise.all(Array.from({ length: 5 }, () => checkOut(at, cart, { key })));
  expect(new Set(answers.map(({ body }) => body.code))).toEqual(new Set(['payments_unavailable']));
  expect((await checkOut(shop, cart, { key })).status).toBe(201);
});
