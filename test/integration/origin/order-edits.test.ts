/** Edits of paid orders: units go once and their money with them, nothing is charged, and what was bought stays written. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { listAudit } from '#db/audit-log.ts';
import { orderEdits } from '#db/schema/order-edits.ts';
import type { OrderEditId, RefundId } from '#lib/ids.ts';
import { readReceipt } from '#origin/orders/service.ts';
import { checkBooks, stockOf, toldTimes } from '#test/support/books.ts';
import { ADDRESS, type BoughtForEdits, boughtOrder, edit, takeCancellation } from '#test/support/edits.ts';
import { inTurn, pack, send, step } from '#test/support/fulfilment.ts';
import { cancel, moneyOf, orderWith, refund, statusOf } from '#test/support/orders.ts';
import { type Answer, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { fetchFile, linesOfPdf } from '#test/support/pdf.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { asStaff, sendBack } from '#test/support/returns.ts';
import type { Owner } from '#test/support/shopping.ts';

const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let admin: { readonly token: string };
beforeAll(async () => {
  shop = await openOrigin();
  admin = { token: (await shop.signIn('admin')).token };
});
afterEach(async () => {
  await checkBooks(shop);
});
afterAll(async () => {
  await shop.close();
});

const KINDS = ['edit', 'edit as staff', 'pack', 'refund', 'cancel'] as const;

const paidOrder = () => boughtOrder(shop);

const seen = async ({ orderId, owner }: { orderId: string; owner: Owner }) =>
  (await shop.call(`/api/v1/orders/${orderId}`, owner)).body;

test('its owner takes units off: their money goes back, they are on the shelf, and what was bought stays', async () => {
  const order = await paidOrder();
  const { itemId, product } = order.first;
  const before = await stockOf(shop.deps.db, product.variantId);
  const { status, body } = await edit(shop, order, { items: [{ itemId, quantity: 1 }] });
  expect([status, body.status], JSON.stringify(body)).toEqual([200, 'partially_refunded']);
  expect(body.items[0]).toMatchObject({ quantity: 3, lineTotal: { amount: 3_000 }, units: { removed: 2 } });
  expect(body.total.amount).toBe(3_700);
  expect(body.edits).toMatchObject([
    {
      ...{ by: 'shopper', changesAddress: false, refund: { amount: { amount: 2_000 } } },
      items: [{ itemId, removed: 2, charged: { amount: 2_000 } }],
    },
  ]);
  expect(body.refunds).toMatchObject([
    { id: body.edits[0].refund.id, status: 'succeeded', reason: 'edited' },
  ]);
  expect(await moneyOf(shop, order)).toEqual([3_700, 2_000, 1_700]);
  const after = await stockOf(shop.deps.db, product.variantId);
  const left = (stock: typeof after) => (stock?.onHand ?? 0) - (stock?.reserved ?? 0);
  expect(left(after) - left(before)).toBe(2);
  expect(await toldTimes(shop, 'order.edited', order.orderId)).toBe(1);
  const note = `/api/v1/orders/${order.orderId}/credit-notes/${body.refunds[0].id}.pdf`;
  const lines = linesOfPdf((await fetchFile(shop, note, order.owner)).bytes);
  expect(lines).toContain('First 2');
});

test('the same request again is one edit; to what it is already changes nothing', async () => {
  const order = await paidOrder();
  const { itemId } = order.first;
  const key = crypto.randomUUID();
  const items = [{ itemId, quantity: 2 }];
  const answers = await Promise.all([1, 2, 3].map(() => edit(shop, order, { items, key })));
  expect(new Set(answers.map(({ body }) => JSON.stringify(body.edits))).size).toBe(1);
  expect((await edit(shop, order, { items })).body.edits).toHaveLength(1);
  expect(await moneyOf(shop, order)).toEqual([3_700, 1_000, 2_700]);
});

describe('an edit is refused', () => {
  test('that would cost more, and says by how much', async () => {
    const order = await paidOrder();
    const more = await edit(shop, order, { items: [{ itemId: order.first.itemId, quantity: 5 }] });
    expectProblem(more, 'edit_costs_more');
    expect(more.body).toMatchObject({
      itemId: order.first.itemId,
      difference: { amount: 2_000, currency: 'USD' },
    });
    expect((await seen(order)).edits).toEqual([]);
  });

  test('that leaves nothing, names nothing, names a line twice or one of another order', async () => {
    const [order, other] = [await paidOrder(), await paidOrder()];
    const all = [order.first, order.second].map(({ itemId }) => ({ itemId, quantity: 0 }));
    expectProblem(await edit(shop, order, { items: all }), 'edit_leaves_nothing');
    expectProblem(await edit(shop, order, {}), 'invalid_input');
    const [one] = all;
    expectProblem(await edit(shop, order, { items: [...all, ...(one ? [one] : [])] }), 'invalid_input');
    const others = [{ itemId: other.first.itemId, quantity: 1 }];
    expectProblem(await edit(shop, order, { items: others }), 'order_item_not_found');
    expectProblem(await edit(shop, { ...order, owner: other.owner }, { items: all }), 'order_not_found');
  });

  test('of an order that is not paid, is cancelled or wholly refunded', async () => {
    const open = await orderWith(shop, 'pm_card_authenticationRequired', { quantity: 2 });
    const { items } = await seen(open);
    const one = [{ itemId: items[0].id, quantity: 1 }];
    expectProblem(await edit(shop, open, { items: one }), 'order_not_editable');
    const order = await paidOrder();
    await refund(shop, order, admin.token);
    const lower = [{ itemId: order.first.itemId, quantity: 1 }];
    expectProblem(await edit(shop, order, { items: lower }), 'order_not_editable');
  });

  test('by its owner once something is packed; by staff below what is packed', async () => {
    const order = await paidOrder();
    const { itemId } = order.first;
    await pack(shop, order.orderId, admin.token, { items: [{ itemId, quantity: 2 }] });
    const items = [{ itemId, quantity: 2 }];
    expectProblem(await edit(shop, order, { items }), 'order_not_editable');
    const below = await edit(shop, { ...order, owner: admin }, { items: [{ itemId, quantity: 1 }] });
    expectProblem(below, 'units_not_left');
    expect(below.body).toMatchObject({ itemId, requested: 2, left: 1 });
    expect((await edit(shop, { ...order, owner: admin }, { items })).status).toBe(200);
    const more = await pack(shop, order.orderId, admin.token, { items: [{ itemId, quantity: 1 }] });
    expectProblem(more, 'units_not_left');
    const acts = await listAudit(shop.deps.db, { object: { kind: 'order', id: order.orderId }, limit: 10 });
    expect(acts.map(({ action }) => action)).toContain('order.edited');
  });
});

test('an order of which all that is left has gone is fulfilled', async () => {
  const order = await paidOrder();
  const { itemId } = order.first;
  await send(shop, order.orderId, admin.token, { itemId, quantity: 3 });
  expect(await statusOf(shop, order)).toBe('partially_fulfilled');
  const items = [{ itemId: order.second.itemId, quantity: 0 }];
  const { body } = await edit(shop, { ...order, owner: admin }, { items });
  expect(body.timeline.map(({ event }: { event: string }) => event)).toContain('order.fulfilled');
  const owned = { orderId: order.orderId, owner: order.owner };
  const returnId = await sendBack(shop, owned, admin.token, { itemId, restock: 3 });
  await asStaff(shop, { orderId: order.orderId, returnId }, admin.token, 'refund');
  expect(await moneyOf(shop, order)).toEqual([3_700, 3_700, 0]);
});

test.each(['delivered', 'returned'] as const)(
  'an order of which all that is left is %s, is that',
  async (how) => {
    const order = await paidOrder();
    const { orderId, owner, first, second } = order;
    const all = [first, second].map(({ itemId }) => ({ itemId, quantity: 1 }));
    const shipmentId = await send(shop, orderId, admin.token, ...all);
    await step(shop, { orderId, shipmentId }, admin.token, 'deliver');
    for (const { itemId } of how === 'returned' ? [first, second] : [])
      await sendBack(shop, { orderId, owner }, admin.token, { itemId, restock: 1 });
    expect(await statusOf(shop, order)).toBe('partially_fulfilled');
    const items = [{ itemId: first.itemId, quantity: 1 }];
    const { status, body } = await edit(shop, { ...order, owner: admin }, { items });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.timeline.map(({ event }: { event: string }) => event)).toContain(`order.${how}`);
  },
);

describe('the address', () => {
  test('is another in the same place: who sends it sees the new one, the invoice keeps the old', async () => {
    const order = await paidOrder();
    const { status, body } = await edit(shop, order, { shippingAddress: ADDRESS });
    expect([status, body.edits[0]?.changesAddress], JSON.stringify(body)).toEqual([200, true]);
    expect(JSON.stringify(body)).not.toContain('Other Street');
    const sale = await shop.call(`/api/v1/sales/${order.orderId}`, admin);
    expect(sale.body.shipTo).toEqual(ADDRESS);
    expect((await readReceipt(shop.deps, order.orderId)).shippingAddress).toEqual(ADDRESS);
    const path = `/api/v1/orders/${order.orderId}/invoice.pdf`;
    expect(linesOfPdf((await fetchFile(shop, path, order.owner)).bytes)).toContain('1 Test Street');
    expect((await edit(shop, order, { shippingAddress: ADDRESS })).body.edits).toHaveLength(1);
  });

  test.each([
    ['country', { ...ADDRESS, country: 'CA' }],
    ['region', { ...ADDRESS, region: 'NY' }],
  ])('in another %s is refused', async (_what, shippingAddress) => {
    const order = await paidOrder();
    expectProblem(await edit(shop, order, { shippingAddress }), 'edit_moves_order');
    expect((await seen(order)).edits).toEqual([]);
  });
});

test('an order is edited by its shopper twenty times and no more, at once or not; by staff as before', async () => {
  const order = await paidOrder();
  const { ids, db } = shop.deps;
  const before = Array.from({ length: 19 }, () => ({
    ...({ id: ids.next<OrderEditId>(), orderId: order.orderId, editor: 'shopper' } as const),
    ...{ refundId: ids.next<RefundId>(), changesAddress: true, madeAt: new Date() },
  }));
  await db.insert(orderEdits).values(before);
  const to = (number: number) => ({ shippingAddress: { ...ADDRESS, line1: `${number} Other Street` } });
  const last = await Promise.all([20, 21].map((number) => edit(shop, order, to(number))));
  const [refused, ...others] = last.filter(({ status }) => status !== 200);
  expect(others).toEqual([]);
  expect(refused?.body).toMatchObject({ code: 'order_edits_full', maxEdits: 20 });
  expect((await edit(shop, { ...order, owner: admin }, to(22))).body.edits).toHaveLength(21);
});

describe('two at once: the first counts, and the second is told why not', () => {
  const lower = (order: BoughtForEdits, owner: Owner = order.owner) =>
    edit(shop, { ...order, owner }, { items: [{ itemId: order.first.itemId, quantity: 1 }] });

  test('an edit and a parcel, either way', async () => {
    const order = await paidOrder();
    const { itemId } = order.first;
    const packAll = (orderId: string) =>
      pack(shop, orderId, admin.token, { items: [{ itemId, quantity: 3 }] });
    const [edited, packed] = await inTurn(
      shop,
      order.orderId,
      () => lower(order),
      () => packAll(order.orderId),
    );
    expect(edited.status).toBe(200);
    expectProblem(packed, 'units_not_left');
    const other = await paidOrder();
    const items = [{ itemId: other.first.itemId, quantity: 3 }];
    const [first, second] = await inTurn(
      shop,
      other.orderId,
      () => pack(shop, other.orderId, admin.token, { items }),
      () => lower(other, admin),
    );
    expect(first.status).toBe(201);
    expectProblem(second, 'units_not_left');
  });

  test('an edit and a cancellation, either way: all of the money goes back, and each unit once', async () => {
    const order = await paidOrder();
    const { variantId } = order.first.product;
    const before = await stockOf(shop.deps.db, variantId);
    const [edited, cancelled] = await inTurn(
      shop,
      order.orderId,
      () => lower(order),
      () => cancel(shop, order),
    );
    expect([edited.status, cancelled.status]).toEqual([200, 200]);
    await takeCancellation(shop, order.orderId);
    const after = await stockOf(shop.deps.db, variantId);
    expect(after).toEqual({ onHand: before?.onHand ?? 0, reserved: 0 });
    expect(await moneyOf(shop, order)).toEqual([3_700, 3_700, 0]);
    const other = await paidOrder();
    const [first, second] = await inTurn(
      shop,
      other.orderId,
      () => cancel(shop, other),
      () => lower(other),
    );
    expect(first.status).toBe(200);
    expectProblem(second, 'order_not_editable');
    await takeCancellation(shop, other.orderId);
  });

  test('whatever several ask for at once: no unit goes twice, and no more money than was charged', async () => {
    const what = fc.array(
      fc.record({
        kind: fc.constantFrom(...KINDS),
        quantity: fc.integer({ min: 0, max: 3 }),
      }),
      { minLength: 3, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(what, async (asked) => {
        const order = await paidOrder();
        const { itemId } = order.first;
        const ask: Readonly<Record<(typeof KINDS)[number], (quantity: number) => Promise<Answer>>> = {
          edit: (quantity) => edit(shop, order, { items: [{ itemId, quantity }] }),
          'edit as staff': (quantity) =>
            edit(shop, { ...order, owner: admin }, { items: [{ itemId, quantity }] }),
          pack: (quantity) =>
            pack(shop, order.orderId, admin.token, { items: [{ itemId, quantity: quantity + 1 }] }),
          refund: () => refund(shop, order, admin.token, { body: { amount: 900 } }),
          cancel: () => cancel(shop, order),
        };
        const answers = await Promise.all(asked.map(({ kind, quantity }) => ask[kind](quantity)));
        for (const answer of answers) if (answer.status >= 400) expectProblem(answer);
        const [paid = 0, back = 0] = await moneyOf(shop, order);
        expect(back).toBeLessThanOrEqual(paid);
        const { status, items } = await seen(order);
        const { removed, packed } = items[0].units;
        expect(removed + packed).toBeLessThanOrEqual(3);
        if (status === 'cancelled') await takeCancellation(shop, order.orderId);
        await checkBooks(shop);
      }),
      { numRuns: 4 },
    );
  });
});
