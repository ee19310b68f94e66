/** Carts: what is put in stays in, counts right, and tells what has changed since. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq, inArray } from 'drizzle-orm';
import { carts } from '#db/schema/cart.ts';
import { inventory } from '#db/schema/inventory.ts';
import { after } from '#lib/clock.ts';
import type { CartId, VariantId } from '#lib/ids.ts';
import { forgetLeftCarts, GUESTS_CART_KEPT_MS } from '#origin/cart/service.ts';
import { type Call, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';
import { cartOf, cartWith, checkOut, createProduct, type TestCart } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  await shop.close();
});

/** What a guest opens a cart with. */
type OpenCart = Pick<TestCart, 'cartId' | 'cartToken'>;

const UNKNOWN = '01890a5d-ac96-774b-bcce-b302099a8057';

const read = ({ cartId, cartToken }: OpenCart) => shop.call(`/api/v1/carts/${cartId}`, { cartToken });
const add = ({ cartId, cartToken }: OpenCart, variantId: string, quantity: number) =>
  shop.call(`/api/v1/carts/${cartId}/items`, { method: 'POST', cartToken, body: { variantId, quantity } });
const onItem = ({ cartId, cartToken }: OpenCart, itemId: string, call: Call) =>
  shop.call(`/api/v1/carts/${cartId}/items/${itemId}`, { cartToken, ...call });
const changeTo = (cart: OpenCart, itemId: string, quantity: number) =>
  onItem(cart, itemId, { method: 'PATCH', body: { quantity } });

async function emptyCart(): Promise<OpenCart> {
  const { status, body } = await shop.call('/api/v1/carts', { method: 'POST' });
  expect(status).toBe(201);
  return { cartId: body.id, cartToken: body.token };
}

describe('a cart', () => {
  test("of a guest opens by the token that came once, and is nobody's business", async () => {
    const { status, body, headers } = await shop.call('/api/v1/carts', { method: 'POST' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ items: [], subtotal: { amount: 0, currency: 'USD' }, version: 1 });
    expect(headers.get('cache-control')).toBe('private, no-store');
    const again = await read({ cartId: body.id, cartToken: body.token });
    expect(again.status).toBe(200);
    expect(again.body.token).toBeUndefined();
    const [row] = await shop.deps.db.select().from(carts).where(eq(carts.id, body.id));
    expect(Buffer.from(row?.tokenHash ?? []).toString()).not.toContain(body.token);
    expect(shop.logs.join('\n')).not.toContain(body.token);
  });

  test('of a customer opens by their login, on any device', async () => {
    const { token } = await shop.signIn();
    const { body } = await shop.call('/api/v1/carts', { method: 'POST', token });
    expect(body.token).toBeUndefined();
    const read = await shop.call(`/api/v1/carts/${body.id}`, { token });
    expect(read.body).toEqual({ ...body, quote: expect.any(Object) });
  });

  test('that there is none of is not found', async () => {
    expectProblem(await read({ cartId: UNKNOWN, cartToken: 'ct_any' }), 'cart_not_found');
  });
});

describe('a line', () => {
  test('is priced from the catalogue, and added up', async () => {
    const mug = await createProduct(shop, { price: 1450, name: 'Camping Mug' });
    const stool = await createProduct(shop, { price: 2999, name: 'Camp Stool' });
    const cart = await cartWith(shop, mug.variantId, 3);
    const { body } = await add(cart, stool.variantId, 2);
    expect(body.items).toMatchObject([
      { variantId: mug.variantId, productId: mug.productId, name: 'Camping Mug', quantity: 3, notice: null },
      {
        variantId: stool.variantId,
        unitPrice: { amount: 2999 },
        lineTotal: { amount: 5998, currency: 'USD' },
      },
    ]);
    expect(body.subtotal).toEqual({ amount: 3 * 1450 + 2 * 2999, currency: 'USD' });
    expect((await read(cart)).body).toEqual({ ...body, quote: expect.any(Object) });
  });

  test('takes in what is added of the same variant, up to its limit', async () => {
    const { variantId } = await createProduct(shop, { stock: 2_000 });
    const cart = await cartWith(shop, variantId, 500);
    const { body } = await add(cart, variantId, 499);
    expect(body.items).toHaveLength(1);
    expect(body.items[0].quantity).toBe(999);
    const over = await add(cart, variantId, 1);
    expectProblem(over, 'invalid_input');
    expect(pathsOf(over)).toEqual(['/quantity']);
    expect((await read(cart)).body.items[0].quantity).toBe(999);
  });

  test('loses no unit when fifty are added at once', async () => {
    const { variantId } = await createProduct(shop, { stock: 100 });
    const cart = await emptyCart();
    const answers = await Promise.all(Array.from({ length: 50 }, () => add(cart, variantId, 1)));
    expect(answers.every(({ status }) => status === 200)).toBeTrue();
    const { body } = await read(cart);
    expect(body.items).toHaveLength(1);
    expect(body.items[0].quantity).toBe(50);
    expect(body.version).toBe(51);
  });

  test('is set to another quantity, and taken out', async () => {
    const { variantId } = await createProduct(shop);
    const cart = await cartWith(shop, variantId, 2);
    const [item] = (await read(cart)).body.items;
    const changed = await changeTo(cart, item.id, 5);
    expect(changed.body.items[0]).toMatchObject({ id: item.id, quantity: 5 });
    const removed = await onItem(cart, item.id, { method: 'DELETE' });
    expect(removed.status).toBe(200);
    expect(removed.body).toMatchObject({ items: [], subtotal: { amount: 0 } });
    expectProblem(await onItem(cart, item.id, { method: 'DELETE' }), 'cart_item_not_found');
    expectProblem(await changeTo(cart, item.id, 1), 'cart_item_not_found');
  });

  test('of another cart is not found in this one', async () => {
    const { variantId } = await createProduct(shop);
    const [mine, theirs] = [await cartWith(shop, variantId), await cartWith(shop, variantId, 7)];
    const [item] = (await read(theirs)).body.items;
    expectProblem(await changeTo(mine, item.id, 1), 'cart_item_not_found');
    expectProblem(await onItem(mine, item.id, { method: 'DELETE' }), 'cart_item_not_found');
    expect((await read(theirs)).body.items[0].quantity).toBe(7);
  });

  test('is for a variant that is on sale, and the refusal names it', async () => {
    const cart = await emptyCart();
    const unknown = await add(cart, UNKNOWN, 1);
    expectProblem(unknown, 'variant_unavailable');
    expect(unknown.body.variantId).toBe(UNKNOWN);
    const gone = await createProduct(shop);
    await withdraw(gone);
    expectProblem(await add(cart, gone.variantId, 1), 'variant_unavailable');
  });

  test('is one of at most a hundred', async () => {
    const { token } = await shop.signIn('seller');
    const variants = Array.from({ length: 100 }, (_, index) => ({
      price: 100,
      optionValues: [`No. ${index}`],
    }));
    const body = { name: 'Beads', category: 'test-category', optionNames: ['Number'], variants };
    const beads = await shop.call('/api/v1/products', { method: 'POST', token, body });
    const cart = await emptyCart();
    for (const { id } of beads.body.variants) expect((await add(cart, id, 1)).status).toBe(200);
    const { variantId } = await createProduct(shop);
    const refused = await add(cart, variantId, 1);
    expectProblem(refused, 'cart_full');
    expect(refused.body.maxLines).toBe(100);
    expect((await add(cart, beads.body.variants[0].id, 1)).status).toBe(200);
  }, 60_000);
});

function withdraw({ productId, etag, sellerToken }: Awaited<ReturnType<typeof createProduct>>) {
  return shop.call(`/api/v1/products/${productId}`, {
    method: 'DELETE',
    token: sellerToken,
    headers: { 'if-match': etag },
  });
}

describe('a line tells', () => {
  test('that its price has changed, until the shopper adds it at the new one', async () => {
    const product = await createProduct(shop, { price: 1000 });
    const cart = await cartWith(shop, product.variantId);
    await shop.call(`/api/v1/products/${product.productId}`, {
      method: 'PATCH',
      token: product.sellerToken,
      headers: { 'if-match': product.etag },
      body: { variants: [{ id: product.variantId, price: 1200 }] },
    });
    const [line] = (await read(cart)).body.items;
    expect(line).toMatchObject({ notice: 'price_changed', unitPrice: { amount: 1200 } });
    const { body } = await add(cart, product.variantId, 1);
    expect(body.items[0]).toMatchObject({ notice: null, quantity: 2, lineTotal: { amount: 2400 } });
  });

  test('that there is not enough of it, and no longer when there is', async () => {
    const { variantId } = await createProduct(shop, { stock: 2 });
    const cart = await cartWith(shop, variantId, 3);
    expect((await read(cart)).body.items[0].notice).toBe('out_of_stock');
    await shop.deps.db
      .update(inventory)
      .set({ onHand: 3 })
      .where(eq(inventory.variantId, variantId as VariantId));
    expect((await read(cart)).body.items[0].notice).toBeNull();
  });

  test('that it was withdrawn', async () => {
    const product = await createProduct(shop);
    const cart = await cartWith(shop, product.variantId);
    expect((await withdraw(product)).status).toBe(204);
    expect((await read(cart)).body.items[0].notice).toBe('withdrawn');
  });
});

test('a cart that has become an order takes no change and can still be read', async () => {
  const { variantId } = await createProduct(shop);
  const cart = await cartWith(shop, variantId);
  const [item] = (await read(cart)).body.items;
  await shop.deps.db
    .update(carts)
    .set({ completedAt: new Date() })
    .where(eq(carts.id, cart.cartId as CartId));
  expectProblem(await add(cart, variantId, 1), 'cart_completed');
  expectProblem(await changeTo(cart, item.id, 2), 'cart_completed');
  expectProblem(await onItem(cart, item.id, { method: 'DELETE' }), 'cart_completed');
  expect((await read(cart)).body.items).toHaveLength(1);
});

test("a guest's that nobody has changed for ninety days is forgotten; a customer's and an order's stay", async () => {
  const { variantId } = await createProduct(shop, { stock: 9 });
  const { token } = await shop.signIn();
  const line = [{ variantId, quantity: 1 }];
  const [left, paid, declined] = [
    await cartOf(shop, line),
    await cartOf(shop, line),
    await cartOf(shop, line),
  ];
  const [own, changed] = [await cartOf(shop, line, token), await cartOf(shop, line)];
  expect((await checkOut(shop, paid)).status).toBe(201);
  expect((await checkOut(shop, declined, { card: 'pm_card_chargeDeclined' })).status).toBe(402);
  const ninetyDaysAgo = after(new Date(), -GUESTS_CART_KEPT_MS);
  const old = [left, paid, declined, own].map(({ cartId }) => cartId as CartId);
  await shop.deps.db.update(carts).set({ updatedAt: ninetyDaysAgo }).where(inArray(carts.id, old));
  await forgetLeftCarts(shop.deps);
  const statusOf = async (cart: TestCart) =>
    (await shop.call(`/api/v1/carts/${cart.cartId}`, cart.owner)).status;
  const shown = await Promise.all([left, paid, declined, own, changed].map(statusOf));
  expect(shown).toEqual([404, 200, 200, 200, 200]);
});
