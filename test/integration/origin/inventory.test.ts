/** Stock by hand: who may move it, what is refused, and that the ledger explains every unit of it. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { checkBooks, stockOf } from '#test/support/books.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartWith, checkOut, createProduct, type TestProduct } from '#test/support/shopping.ts';
import { stockEventsOf } from '#test/support/stock.ts';

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

const UNKNOWN = '01890a5d-ac96-774b-bcce-b302099a8057';

interface Adjustment {
  readonly key?: string | null;
  readonly token?: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

function adjust(
  { variantId, sellerToken }: TestProduct,
  delta: unknown,
  { key = crypto.randomUUID(), token = sellerToken, body = {} }: Adjustment = {},
) {
  return shop.call('/api/v1/inventory/adjustments', {
    method: 'POST',
    token,
    headers: key === null ? {} : { 'idempotency-key': key },
    body: { variantId, delta, reason: 'Counted', ...body },
  });
}

const read = ({ variantId, sellerToken }: TestProduct, token = sellerToken) =>
  shop.call(`/api/v1/inventory/${variantId}`, { token });
const setLowAt = ({ variantId, sellerToken }: TestProduct, lowAt: unknown, token = sellerToken) =>
  shop.call(`/api/v1/inventory/${variantId}`, { method: 'PATCH', token, body: { lowAt } });

describe('an adjustment', () => {
  test('answers the stock as it is then, and the ledger says who did it and why', async () => {
    const seller = await shop.signIn('admin');
    const product = await createProduct(shop, { stock: 10 });
    const { status, body, headers } = await adjust(product, -3, {
      token: seller.token,
      body: { reason: 'Broken' },
    });
    expect({ status, cached: headers.get('cache-control') }).toEqual({
      status: 200,
      cached: 'private, no-store',
    });
    expect(body).toEqual({ variantId: product.variantId, onHand: 7, reserved: 0, available: 7, lowAt: 5 });
    const history = await read(product);
    expect(history.body.movements[0]).toMatchObject({
      ...{ movement: 'correction', onHandDelta: -3, reservedDelta: 0, orderId: null },
      ...{ actorId: seller.userId, reason: 'Broken' },
    });
    expect(history.body.movements.map(({ movement }: { movement: string }) => movement)).toEqual([
      ...['correction', 'receipt'],
    ]);
  });

  test('is a receipt where it says so', async () => {
    const product = await createProduct(shop, { stock: 0 });
    expect((await adjust(product, 4, { body: { kind: 'receipt' } })).body.available).toBe(4);
    const { body } = await read(product);
    expect(body.movements[0]).toMatchObject({ movement: 'receipt', onHandDelta: 4 });
  });

  test('happens once for each key, and a key is good for one request', async () => {
    const product = await createProduct(shop, { stock: 10 });
    const key = crypto.randomUUID();
    const answers = await Promise.all(Array.from({ length: 8 }, () => adjust(product, 2, { key })));
    expect(new Set(answers.map(({ body }) => body.onHand))).toEqual(new Set([12]));
    expectProblem(await adjust(product, 3, { key }), 'idempotency_mismatch');
    expectProblem(await adjust(product, 3, { key: null }), 'idempotency_key_missing');
    expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: 12, reserved: 0 });
  });

  test('never takes what orders have reserved, and says how much that is', async () => {
    const product = await createProduct(shop, { stock: 5 });
    expect((await checkOut(shop, await cartWith(shop, product.variantId, 3))).status).toBe(201);
    const refused = await adjust(product, -3);
    expectProblem(refused, 'stock_reserved');
    expect(refused.body).toMatchObject({ onHand: 5, reserved: 3, available: 2, delta: -3 });
    expect((await adjust(product, -2)).body).toMatchObject({ onHand: 3, reserved: 3, available: 0 });
    expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: 3, reserved: 3 });
  });

  test('that empties the shelf or fills it is seen in the shop', async () => {
    const product = await createProduct(shop, { stock: 2 });
    const versionOf = async () => (await shop.call(`/api/v1/products/${product.slug}`)).body.version;
    const before = await versionOf();
    await adjust(product, -1);
    await adjust(product, -1);
    await adjust(product, 6);
    const changes = await stockEventsOf(shop, 'product.changed', product.productId);
    expect(changes.map(({ version }) => version)).toEqual([before + 1, before + 2]);
  });

  test.each([
    ['zero', 0],
    ['a fraction', 1.5],
    ['a text', '3'],
    ['nothing', null],
    ['too many', 1_000_001],
    ['too few', -1_000_001],
    ['past what a number holds', 2 ** 60],
  ])('of %s is refused, and nothing moves', async (_, delta) => {
    const product = await createProduct(shop, { stock: 5 });
    expectProblem(await adjust(product, delta), 'invalid_input');
    expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: 5, reserved: 0 });
  });

  test.each([
    ['a receipt of fewer', { delta: -1, kind: 'receipt' }],
    ['a kind that there is not', { delta: 1, kind: 'sale' }],
    ['no reason', { delta: 1, reason: ' ' }],
    ['a reason without end', { delta: 1, reason: 'x'.repeat(501) }],
    ['more on hand than can be', { delta: 1_000_000, variantId: 'x' }],
    ['somebody as its actor', { delta: 1, actorId: UNKNOWN }],
  ])('with %s is refused', async (_, body) => {
    const product = await createProduct(shop, { stock: 5 });
    expectProblem(await adjust(product, body.delta, { body }), 'invalid_input');
    expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: 5, reserved: 0 });
  });
});

describe('the stock of a variant', () => {
  test('is there for its seller and for admins, and for nobody else', async () => {
    const product = await createProduct(shop, { stock: 5 });
    const [admin, other, shopper] = await Promise.all([
      shop.signIn('admin'),
      shop.signIn('seller'),
      shop.signIn(),
    ]);
    expect((await read(product, admin.token)).status).toBe(200);
    expect((await adjust(product, 1, { token: admin.token })).status).toBe(200);
    expect((await setLowAt(product, 1, admin.token)).status).toBe(200);
    for (const ask of [read, (p: TestProduct, token: string) => setLowAt(p, 1, token)]) {
      expectProblem(await ask(product, other.token), 'variant_not_found');
      expectProblem(await ask(product, shopper.token), 'forbidden');
    }
    expectProblem(await adjust(product, 1, { token: other.token }), 'variant_not_found');
    expectProblem(await adjust(product, 1, { token: shopper.token }), 'forbidden');
    expectProblem(
      await adjust(product, 1, { token: admin.token, body: { variantId: UNKNOWN } }),
      'variant_not_found',
    );
    const nobody = await shop.call('/api/v1/inventory/adjustments', { method: 'POST', body: {} });
    expectProblem(nobody, 'unauthenticated');
    expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: 6, reserved: 0 });
  });

  test.each([[-1], [0.5], [1_000_001], ['7'], [null]])('cannot be low at %p', async (lowAt) => {
    expectProblem(await setLowAt(await createProduct(shop), lowAt), 'invalid_input');
  });
});

describe('stock that runs low', () => {
  test('is told once for each time that it falls there', async () => {
    const product = await createProduct(shop, { stock: 10 });
    expect((await setLowAt(product, 7)).body.lowAt).toBe(7);
    const told = async () => ({
      low: (await stockEventsOf(shop, 'stock.ran_low', product.variantId)).map((each) => each.available),
      out: (await stockEventsOf(shop, 'stock.ran_out', product.variantId)).map((each) => each.available),
    });
    await adjust(product, -2);
    expect(await told()).toEqual({ low: [], out: [] });
    expect((await checkOut(shop, await cartWith(shop, product.variantId))).status).toBe(201);
    expect(await told()).toEqual({ low: [7], out: [] });
    await adjust(product, -1);
    expect((await checkOut(shop, await cartWith(shop, product.variantId, 2))).status).toBe(201);
    expect(await told()).toEqual({ low: [7], out: [] });
    await adjust(product, 10);
    await adjust(product, -14);
    expect(await told()).toEqual({ low: [7, 0], out: [0] });
  });

  test('is told once, though many shoppers take it there at once', async () => {
    const product = await createProduct(shop, { stock: 12 });
    const carts = await Promise.all(Array.from({ length: 16 }, () => cartWith(shop, product.variantId)));
    await Promise.all(carts.map((cart) => checkOut(shop, cart)));
    expect(await stockEventsOf(shop, 'stock.ran_low', product.variantId)).toHaveLength(1);
    expect(await stockEventsOf(shop, 'stock.ran_out', product.variantId)).toHaveLength(1);
  });
});

test('the ledger explains every unit, whatever is adjusted and bought at once', async () => {
  const product = await createProduct(shop, { stock: 20 });
  const carts = await Promise.all(
    Array.from({ length: 30 }, (_, index) => cartWith(shop, product.variantId, 1 + (index % 3))),
  );
  const deltas = Array.from({ length: 30 }, (_, index) =>
    index % 2 === 0 ? -1 - (index % 5) : 1 + (index % 4),
  );
  const [orders, adjustments] = await Promise.all([
    Promise.all(carts.map((cart) => checkOut(shop, cart))),
    Promise.all(deltas.map((delta) => adjust(product, delta))),
  ]);
  const moved = adjustments.map(({ status }, index) => (status === 200 ? (deltas[index] ?? 0) : 0));
  const sold = orders.map(({ status }, index) => (status === 201 ? 1 + (index % 3) : 0));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  expect(await stockOf(shop.deps.db, product.variantId)).toEqual({
    onHand: 20 + sum(moved),
    reserved: sum(sold),
  });
});
