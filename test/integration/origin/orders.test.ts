/** Orders as their owners see them: pages, time lines, and nobody else's. */

import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { sqlState } from '#db/failures.ts';
import { orders } from '#db/schema/orders.ts';
import { checkBooks, intentOf } from '#test/support/books.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartOf, cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
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

const UNIQUE_VIOLATION = '23505';

async function customerWithOrders(count: number) {
  const { variantId } = await createProduct(shop, { stock: 100 });
  const { token } = await shop.signIn();
  const placed: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { body } = await checkOut(shop, await cartOf(shop, [{ variantId, quantity: 1 }], token));
    placed.push(body.id);
  }
  return { token, placed };
}

test('pages of any size show every order once, the newest first', async () => {
  const { token, placed } = await customerWithOrders(7);
  await customerWithOrders(2);
  for (const limit of [1, 2, 3, 7, 100]) {
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 20; page += 1) {
      const { body } = await shop.call(`/api/v1/orders?limit=${limit}${cursor}`, { token });
      expect(body.items.length).toBeLessThanOrEqual(limit);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
    }
    expect(seen).toEqual(placed.toReversed());
  }
});

test('orders that were placed in the same millisecond are paged without loss', async () => {
  const { token, placed } = await customerWithOrders(4);
  await shop.deps.db
    .update(orders)
    .set({ placedAt: new Date() })
    .where(sql`${orders.id} = any(${sql.param(placed)}::uuid[])`);
  const first = await shop.call('/api/v1/orders?limit=2', { token });
  const second = await shop.call(`/api/v1/orders?limit=2&cursor=${first.body.nextCursor}`, { token });
  const seen = [...first.body.items, ...second.body.items].map(({ id }: { id: string }) => id);
  expect(seen.toSorted()).toEqual(placed.toSorted());
});

test('a list needs a login, and a page that cannot be is refused', async () => {
  expect((await shop.call('/api/v1/orders')).status).toBe(401);
  const { token } = await shop.signIn();
  for (const query of ['limit=0', 'limit=101', 'cursor=nonsense', 'status=paid']) {
    expect((await shop.call(`/api/v1/orders?${query}`, { token })).status).toBe(400);
  }
  expect((await shop.call('/api/v1/orders', { token })).body).toEqual({ items: [], nextCursor: null });
});

test('the time line tells each step once, who took it and when', async () => {
  const { variantId } = await createProduct(shop);
  const cart = await cartWith(shop, variantId);
  const { body } = await checkOut(shop, cart, { card: 'pm_card_authenticationRequired' });
  const intentId = await intentOf(shop, body.id);
  await shop.double.control('POST', `/payment_intents/${intentId}/authenticate`, { outcome: 'succeed' });
  const succeeded = await eventOf(shop, intentId, 'payment_intent.succeeded');
  for (let times = 0; times < 3; times += 1) await deliver(shop, succeeded);
  const { timeline } = (await shop.call(`/api/v1/orders/${body.id}`, cart.owner)).body;
  expect(timeline.map(({ event, actor }: { event: string; actor: string }) => [event, actor])).toEqual([
    ['order.placed', 'shopper'],
    ['order.requires_action', 'shopper'],
    ['order.paid', 'stripe'],
  ]);
  const times = timeline.map(({ at }: { at: string }) => at);
  expect(times).toEqual(times.toSorted());
});

test('an order is read by its owner and is not there for anybody else', async () => {
  const { variantId } = await createProduct(shop);
  const [owner, other, admin] = [await shop.signIn(), await shop.signIn(), await shop.signIn('admin')];
  const guestCart = await cartWith(shop, variantId);
  const otherGuestCart = await cartWith(shop, variantId);
  const customerCart = await cartOf(shop, [{ variantId, quantity: 1 }], owner.token);
  const ofGuest = (await checkOut(shop, guestCart)).body.id;
  const ofCustomer = (await checkOut(shop, customerCart)).body.id;
  const statusFor = async (id: string, who: object) => (await shop.call(`/api/v1/orders/${id}`, who)).status;
  expect(await statusFor(ofGuest, guestCart.owner)).toBe(200);
  expect(await statusFor(ofCustomer, { token: owner.token })).toBe(200);
  const strangers = [
    {},
    otherGuestCart.owner,
    { cartToken: '' },
    { token: other.token },
    { token: admin.token },
  ];
  for (const stranger of strangers) {
    expect(await statusFor(ofGuest, stranger)).toBe(404);
    expect(await statusFor(ofCustomer, stranger)).toBe(404);
  }
  expect(await statusFor(ofCustomer, guestCart.owner)).toBe(404);
  expect(await statusFor(ofGuest, { token: owner.token })).toBe(404);
  expect(await statusFor('01890a5d-ac96-774b-bcce-b302099a8080', { token: owner.token })).toBe(404);
  expect(await statusFor('no-uuid', { token: owner.token })).toBe(400);
});

test('the database itself refuses a second live order of a cart', async () => {
  const { variantId } = await createProduct(shop);
  const cart = await cartWith(shop, variantId);
  const { body } = await checkOut(shop, cart);
  const copy = shop.deps.db.execute(sql`
    insert into orders (id, cart_id, email, status, currency, subtotal_minor, total_minor, shipping_address,
                        placed_at, payment_deadline)
    select gen_random_uuid(), cart_id, email, 'pending_payment', currency, subtotal_minor, total_minor,
           shipping_address, placed_at, payment_deadline from orders where id = ${body.id}`);
  const refusal = await copy.then(
    () => undefined,
    (error: unknown) => sqlState(error),
  );
  expect(refusal).toBe(UNIQUE_VIOLATION);
});
