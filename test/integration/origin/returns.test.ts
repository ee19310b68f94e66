/** Returns: no more than was sent, once; the stock and the money of what came are where they belong. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { shipments } from '#db/schema/fulfilment.ts';
import { returnLines, returns } from '#db/schema/returns.ts';
import { after, DAY_MS } from '#lib/clock.ts';
import type { OrderId, OrderLineId, RefundId, ReturnId, ShipmentId } from '#lib/ids.ts';
import { minor } from '#lib/money.ts';
import { checkBooks, stockOf, toldTimes } from '#test/support/books.ts';
import { type BoughtOrder, buyTwoLines, send, step } from '#test/support/fulfilment.ts';
import { moneyOf, refund, statusOf } from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { askBack, asStaff, type StaffStep, sendBack } from '#test/support/returns.ts';

const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let admin: string;
beforeAll(async () => {
  shop = await openOrigin();
  admin = (await shop.signIn('admin')).token;
});
afterEach(async () => {
  await checkBooks(shop);
});
afterAll(async () => {
  await shop.close();
});

/** All of it has left: three units at $10.00 and one at $7.00. */
async function sentOrder() {
  const bought = await buyTwoLines(shop);
  const [first, second] = bought.lines;
  const units = { three: { itemId: first.itemId, quantity: 3 }, one: { itemId: second.itemId, quantity: 1 } };
  const shipmentId = await send(shop, bought.orderId, admin, units.three, units.one);
  const { orderId, cart, lines } = bought;
  return { orderId: orderId as OrderId, owner: cart.owner, lines, shipmentId, ...units };
}

const seen = async ({ orderId, owner }: { orderId: string; owner: BoughtOrder['cart']['owner'] }) =>
  (await shop.call(`/api/v1/orders/${orderId}`, owner)).body;

test('a line goes back in part: asked for, authorised, received, refunded; the shopper sees it all', async () => {
  const order = await sentOrder();
  const { orderId, lines } = order;
  const [{ itemId, product }] = lines;
  const before = await stockOf(shop.deps.db, product.variantId);
  const asked = await askBack(shop, order, { itemId, quantity: 2 }, { note: 'Both dented' });
  expect(asked.status).toBe(201);
  expect(asked.body).toMatchObject({
    status: 'requested',
    reason: 'damaged',
    note: 'Both dented',
    refund: null,
  });
  const named = { orderId, returnId: asked.body.id };
  const { sellerToken } = product;
  expect((await asStaff(shop, named, sellerToken, 'authorise')).body.status).toBe('authorised');
  const came = { items: [{ itemId, restock: 1, writeOff: 1 }] };
  const received = await asStaff(shop, { ...named, body: came }, sellerToken, 'receive');
  expect(received.body).toMatchObject({ status: 'received', items: [{ itemId, quantity: 2, received: 2 }] });
  const refunded = await asStaff(shop, named, admin, 'refund');
  expect(refunded.body).toMatchObject({ status: 'refunded', refund: { amount: { amount: 2_000 } } });
  expect(await moneyOf(shop, order)).toEqual([3_700, 2_000, 1_700]);
  expect(await stockOf(shop.deps.db, product.variantId)).toEqual({
    onHand: (before?.onHand ?? 0) + 1,
    reserved: 0,
  });
  const whole = await seen(order);
  expect(whole).toMatchObject({ status: 'partially_refunded', returns: [refunded.body] });
  expect(whole.refunds).toMatchObject([
    { id: refunded.body.refund.id, status: 'succeeded', reason: 'return' },
  ]);
  expect(whole.items[0].units).toEqual({ packed: 3, shipped: 3, delivered: 0, returned: 2, removed: 0 });
  for (const name of ['requested', 'authorised', 'received', 'refunded']) {
    expect(await toldTimes(shop, `return.${name}`, orderId)).toBe(1);
  }
  const sale = await shop.call(`/api/v1/sales/${orderId}`, { token: sellerToken });
  expect(sale.body.returns.map(({ id }: { id: string }) => id)).toEqual([asked.body.id]);
});

test('an order of which all came back is returned, and refunded once all its money is', async () => {
  const order = await sentOrder();
  const [first, second] = order.lines;
  await step(shop, order, admin, 'deliver');
  const one = await sendBack(shop, order, admin, { itemId: first.itemId, restock: 3 });
  expect(await statusOf(shop, order)).toBe('delivered');
  const other = await sendBack(shop, order, admin, { itemId: second.itemId, restock: 1 });
  expect(await statusOf(shop, order)).toBe('returned');
  await asStaff(shop, { orderId: order.orderId, returnId: one }, admin, 'refund');
  expect(await statusOf(shop, order)).toBe('returned');
  await asStaff(shop, { orderId: order.orderId, returnId: other }, admin, 'refund');
  expect(await statusOf(shop, order)).toBe('refunded');
  expect(await moneyOf(shop, order)).toEqual([3_700, 3_700, 0]);
});

describe('no more than was sent', () => {
  test('twelve requests at once for three units: three, and the others are told what is left', async () => {
    const order = await sentOrder();
    const [{ itemId }] = order.lines;
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => askBack(shop, order, { itemId, quantity: 1 })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    for (const refused of answers.filter(({ status }) => status !== 201)) {
      expectProblem(refused, 'return_too_large');
      expect(refused.body).toMatchObject({ itemId, requested: 1, left: 0 });
    }
  });

  test('what has not left cannot come back; what was rejected or withdrawn may be asked for again', async () => {
    const { orderId, cart, lines } = await buyTwoLines(shop);
    const order = { orderId, owner: cart.owner };
    const unit = { itemId: lines[1].itemId, quantity: 1 };
    expectProblem(await askBack(shop, order, unit), 'return_too_large');
    await send(shop, orderId, admin, unit);
    const first = await askBack(shop, order, unit);
    const answer = { answer: 'Worn' };
    const named = { orderId, returnId: first.body.id };
    const rejected = await asStaff(shop, { ...named, body: answer }, admin, 'reject');
    expect(rejected.body).toMatchObject({ status: 'rejected', answer: 'Worn' });
    const again = await askBack(shop, order, unit);
    const path = `/api/v1/orders/${orderId}/returns/${again.body.id}/withdraw`;
    const withdrawn = await shop.call(path, { method: 'POST', ...cart.owner });
    expect(withdrawn.body.status).toBe('withdrawn');
    expect((await askBack(shop, order, unit)).status).toBe(201);
  });

  test('and what is withdrawn is asked for again fifty times at most', async () => {
    const order = await sentOrder();
    const { orderId } = order;
    const lineId = order.lines[0].itemId as OrderLineId;
    const withdrawn = Array.from({ length: 49 }, () => ({
      ...({ id: shop.deps.ids.next<ReturnId>(), orderId, status: 'withdrawn', reason: 'other' } as const),
      ...{ refundId: shop.deps.ids.next<RefundId>(), requestedAt: new Date() },
    }));
    await shop.deps.db.insert(returns).values(withdrawn);
    const nothing = { quantity: 1, chargedMinor: minor(0) };
    await shop.deps.db
      .insert(returnLines)
      .values(withdrawn.map(({ id: returnId }) => ({ returnId, lineId, ...nothing })));
    const one = { itemId: lineId, quantity: 1 };
    const answers = await Promise.all([askBack(shop, order, one), askBack(shop, order, one)]);
    const [refused, ...others] = answers.filter(({ status }) => status !== 201);
    expect(others).toEqual([]);
    expect(refused?.body).toMatchObject({ code: 'returns_full', maxReturns: 50 });
  });

  test('of what came, no more than was asked for; what did not come may be asked for again', async () => {
    const order = await sentOrder();
    const [{ itemId }] = order.lines;
    const { body } = await askBack(shop, order, { itemId, quantity: 2 });
    const named = { orderId: order.orderId, returnId: body.id };
    await asStaff(shop, named, admin, 'authorise');
    const receive = (items: unknown) => asStaff(shop, { ...named, body: { items } }, admin, 'receive');
    expectProblem(await receive([{ itemId, restock: 2, writeOff: 1 }]), 'return_too_large');
    expectProblem(await receive([{ itemId, restock: 0 }]), 'invalid_input');
    expectProblem(await receive([{ itemId: order.lines[1].itemId, restock: 1 }]), 'order_item_not_found');
    expect((await receive([{ itemId, restock: 1 }])).status).toBe(200);
    expect((await askBack(shop, order, { itemId, quantity: 2 })).status).toBe(201);
    expectProblem(await askBack(shop, order, { itemId, quantity: 1 }), 'return_too_large');
  });

  test('the same request again is the same return; a line that is not of the order is refused', async () => {
    const order = await sentOrder();
    const key = crypto.randomUUID();
    const unit = { itemId: order.lines[0].itemId, quantity: 1 };
    const answers = await Promise.all([1, 2, 3].map(() => askBack(shop, order, unit, { key })));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const other = await sentOrder();
    expectProblem(
      await askBack(shop, order, { itemId: other.lines[0].itemId, quantity: 1 }),
      'order_item_not_found',
    );
  });
});

test('the window begins when the parcel arrives, and is closed after its days', async () => {
  const order = await sentOrder();
  const unit = { itemId: order.lines[0].itemId, quantity: 1 };
  const days = (windowDays: number) => shop.beside({ returns: { windowDays } });
  const later = { now: () => after(new Date(), 15 * DAY_MS) };
  const inTwoWeeks = shop.beside({ returns: { windowDays: 14 }, clock: later });
  expectProblem(await askBack(inTwoWeeks, order, unit), 'return_window_closed');
  await shop.deps.db
    .update(shipments)
    .set({
      status: 'delivered',
      shippedAt: after(new Date(), -20 * DAY_MS),
      deliveredAt: after(new Date(), -5 * DAY_MS),
    })
    .where(eq(shipments.id, order.shipmentId as ShipmentId));
  expectProblem(await askBack(days(4), order, unit), 'return_window_closed');
  expect((await askBack(days(6), order, unit)).status).toBe(201);
  await shop.deps.db
    .update(shipments)
    .set({ status: 'shipped', deliveredAt: null })
    .where(eq(shipments.id, order.shipmentId as ShipmentId));
});

describe('the money of a return', () => {
  test('never more than was charged for what came, nor than is left of the order', async () => {
    const order = await sentOrder();
    const [{ itemId }] = order.lines;
    const returnId = await sendBack(shop, order, admin, { itemId, restock: 1 });
    const named = { orderId: order.orderId, returnId };
    const more = await asStaff(shop, { ...named, body: { amount: 1_001 } }, admin, 'refund');
    expectProblem(more, 'refund_too_large');
    expect(more.body.refundable).toEqual({ amount: 1_000, currency: 'USD' });
    await refund(shop, order, admin, { body: { amount: 3_200 } });
    const left = await asStaff(shop, { ...named, body: { amount: 501 } }, admin, 'refund');
    expectProblem(left, 'refund_too_large');
    expect((await asStaff(shop, named, admin, 'refund')).body.refund.amount.amount).toBe(500);
    const other = await sendBack(shop, order, admin, { itemId, restock: 1 });
    const nothing = await asStaff(shop, { orderId: order.orderId, returnId: other }, admin, 'refund');
    expectProblem(nothing, 'nothing_to_refund');
  });

  test('one refund for each return, by however many and however often it is asked for', async () => {
    const order = await sentOrder();
    const returnId = await sendBack(shop, order, admin, { itemId: order.lines[0].itemId, restock: 1 });
    const named = { orderId: order.orderId, returnId };
    const answers = await Promise.all(Array.from({ length: 6 }, () => asStaff(shop, named, admin, 'refund')));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 200));
    expect(await moneyOf(shop, order)).toEqual([3_700, 1_000, 2_700]);
    const other = await asStaff(shop, { ...named, body: { amount: 1 } }, admin, 'refund');
    expectProblem(other, 'return_step_refused');
  });
});

test('a step that is not in the table is refused, and so is a return that is not there', async () => {
  const order = await sentOrder();
  const { body } = await askBack(shop, order, { itemId: order.lines[0].itemId, quantity: 1 });
  const named = { orderId: order.orderId, returnId: body.id };
  const items = [{ itemId: order.lines[0].itemId, restock: 1 }];
  const early: readonly (readonly [StaffStep, unknown])[] = [
    ['receive', { items }],
    ['refund', {}],
  ];
  for (const [name, given] of early) {
    expectProblem(await asStaff(shop, { ...named, body: given }, admin, name), 'return_step_refused');
  }
  const nothing = { orderId: order.orderId, returnId: '01890a5d-ac96-774b-bcce-b302099a8057' };
  expectProblem(await asStaff(shop, nothing, admin, 'authorise'), 'return_not_found');
});

test('a reason that is not in the list, and none at all, is refused', async () => {
  const order = await sentOrder();
  const items = [{ itemId: order.lines[0].itemId, quantity: 1 }];
  for (const body of [{ items }, { items, reason: 'whim' }, { items: [], reason: 'other' }]) {
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const path = `/api/v1/orders/${order.orderId}/returns`;
    expectProblem(await shop.call(path, { method: 'POST', ...order.owner, headers, body }), 'invalid_input');
  }
});

test('a seller decides on their own goods alone, and refunds nothing', async () => {
  const order = await sentOrder();
  const [own, others] = order.lines;
  const { body } = await askBack(shop, order, { itemId: others.itemId, quantity: 1 });
  const named = { orderId: order.orderId, returnId: body.id };
  const token = own.product.sellerToken;
  expectProblem(await asStaff(shop, named, token, 'authorise'), 'return_not_found');
  expectProblem(await asStaff(shop, named, token, 'refund'), 'forbidden');
});
