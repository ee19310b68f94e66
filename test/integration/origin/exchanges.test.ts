/** Exchanges: a replacement goes out once, for nothing; its difference goes back; and where there is none left, the money. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import type { OrderId } from '#lib/ids.ts';
import { readReturn } from '#origin/returns/service.ts';
import { checkBooks, stockOf } from '#test/support/books.ts';
import { edit } from '#test/support/edits.ts';
import { makeColours, orderSent, type Sent, seenOrder } from '#test/support/exchanges.ts';
import { send } from '#test/support/fulfilment.ts';
import { cancel, moneyOf, refund, statusOf } from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { fetchFile } from '#test/support/pdf.ts';
import { buyQuoted, enterCode, makeCode, openMerchant } from '#test/support/pricing.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { askBack, asStaff, sendBack } from '#test/support/returns.ts';
import { cartOf, checkOut, createProduct, type Owner } from '#test/support/shopping.ts';
import { writeReturnLetter } from '#workers/return-letter.ts';

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

const colours = (stock?: number) => makeColours(shop, stock);
const sentOrder = (red: string, token?: string) => orderSent(shop, admin, red, token);
const seen = (orderId: string, owner: Owner) => seenOrder(shop, orderId, owner);

test('the same again: it goes out by an order that costs nothing, and nothing is refunded', async () => {
  const { red } = await colours();
  const order = await sentOrder(red);
  const before = await stockOf(shop.deps.db, red);
  const came = { itemId: order.itemId, restock: 1, replacementVariantId: red };
  await sendBack(shop, order, admin, came);
  const whole = await seen(order.orderId, order.owner);
  expect(whole.returns).toMatchObject([
    { status: 'exchanged', refund: null, items: [{ received: 1, exchanged: 1, replacementVariantId: red }] },
  ]);
  expect(await moneyOf(shop, order)).toEqual([2_000, 0, 2_000]);
  const { exchangeOrderId } = whole.returns[0];
  const exchange = await seen(exchangeOrderId, order.owner);
  expect(exchange).toMatchObject({
    ...{ status: 'paid', total: { amount: 0 }, payment: { status: 'captured', paid: { amount: 0 } } },
    items: [{ variantId: red, quantity: 1, lineTotal: { amount: 0 } }],
  });
  const after = await stockOf(shop.deps.db, red);
  const left = (stock: typeof after) => (stock?.onHand ?? 0) - (stock?.reserved ?? 0);
  expect(left(after)).toBe(left(before));
  const shipTo = (await shop.call(`/api/v1/sales/${exchangeOrderId}`, { token: admin })).body.shipTo;
  expect(shipTo.line1).toBe('1 Test Street');
  const stranger = { cartToken: 'ct_guessed' };
  expectProblem(await shop.call(`/api/v1/orders/${exchangeOrderId}`, stranger), 'order_not_found');
  const invoice = await fetchFile(shop, `/api/v1/orders/${exchangeOrderId}/invoice.pdf`, order.owner);
  expect(invoice.status).toBe(404);
});

test('a cheaper one: the difference goes back at once; it is sent like any order', async () => {
  const { red, cheap } = await colours();
  const { token } = await shop.signIn();
  const order = await sentOrder(red, token);
  const came = { itemId: order.itemId, restock: 2, replacementVariantId: cheap };
  const returnId = await sendBack(shop, order, admin, came);
  expect(await moneyOf(shop, order)).toEqual([2_000, 800, 1_200]);
  const whole = await seen(order.orderId, order.owner);
  expect(whole.returns).toMatchObject([{ status: 'refunded', refund: { amount: { amount: 800 } } }]);
  const again = await asStaff(shop, { orderId: order.orderId, returnId }, admin, 'refund');
  expect(again.status).toBe(200);
  const items = [{ itemId: order.itemId, restock: 2 }];
  await asStaff(shop, { orderId: order.orderId, returnId, body: { items } }, admin, 'receive');
  expect(await moneyOf(shop, order)).toEqual([2_000, 800, 1_200]);
  const { exchangeOrderId } = whole.returns[0];
  const { items: lines } = await seen(exchangeOrderId, order.owner);
  await send(shop, exchangeOrderId, admin, { itemId: lines[0].id, quantity: 2 });
  expect(await statusOf(shop, { orderId: exchangeOrderId })).toBe('fulfilled');
  const mine = await shop.call('/api/v1/orders', order.owner);
  expect(mine.body.items).toHaveLength(2);
});

test('a part of a return is exchanged, the rest is for staff to refund, with the difference in it', async () => {
  const { red, cheap } = await colours();
  const cart = await cartOf(shop, [
    { variantId: red, quantity: 1 },
    { variantId: cheap, quantity: 1 },
  ]);
  const { body: bought } = await checkOut(shop, cart);
  const units = bought.items.map(({ id }: { id: string }) => ({ itemId: id, quantity: 1 }));
  await send(shop, bought.id, admin, ...units);
  const headers = { 'idempotency-key': crypto.randomUUID() };
  const [first, second] = units;
  const items = [{ ...first, replacementVariantId: cheap }, second];
  const path = `/api/v1/orders/${bought.id}/returns`;
  const asked = await shop.call(path, {
    ...{ method: 'POST', ...cart.owner, headers, body: { items, reason: 'other' } },
  });
  expect(asked.status, JSON.stringify(asked.body)).toBe(201);
  const named = { orderId: bought.id, returnId: asked.body.id };
  await asStaff(shop, named, admin, 'authorise');
  const came = units.map(({ itemId }: { itemId: string }) => ({ itemId, restock: 1 }));
  const received = await asStaff(shop, { ...named, body: { items: came } }, admin, 'receive');
  expect(received.body).toMatchObject({ status: 'received', refund: null });
  const refunded = await asStaff(shop, named, admin, 'refund');
  expect(refunded.body.refund.amount.amount).toBe(400 + 600);
});

test('what is sold out by then becomes an ordinary refund, and the letter says so', async () => {
  const { red, blue } = await colours(2);
  const order = await sentOrder(red);
  const unit = { itemId: order.itemId, quantity: 1, replacementVariantId: blue };
  const { body } = await askBack(shop, order, unit);
  await checkOut(shop, await cartOf(shop, [{ variantId: blue, quantity: 2 }]));
  const named = { orderId: order.orderId, returnId: body.id };
  await asStaff(shop, named, admin, 'authorise');
  const items = [{ itemId: order.itemId, restock: 1 }];
  const received = await asStaff(shop, { ...named, body: { items } }, admin, 'receive');
  expect(received.body).toMatchObject({
    ...{ status: 'received', exchangeOrderId: null },
    items: [{ received: 1, exchanged: 0 }],
  });
  const letter = writeReturnLetter('return.received', await readReturn(shop.deps, named));
  expect(letter.text).toContain(
    'We cannot send what you wanted instead of Mug, Red: you get your money back',
  );
  const refunded = await asStaff(shop, named, admin, 'refund');
  expect(refunded.body.refund.amount.amount).toBe(1_000);
});

test('what comes back and what runs out by it make one new version of their product', async () => {
  const { red, blue } = await colours(2);
  const order = await sentOrder(red);
  await checkOut(shop, await cartOf(shop, [{ variantId: blue, quantity: 1 }]));
  const version = async () => {
    const [row] = await shop.deps.db.execute<{ version: string }>(sql`
      select version from products where id = (select product_id from variants where id = ${red})`);
    return Number(row?.version);
  };
  const before = await version();
  await sendBack(shop, order, admin, { itemId: order.itemId, restock: 1, replacementVariantId: blue });
  expect(await stockOf(shop.deps.db, blue)).toMatchObject({ onHand: 2, reserved: 2 });
  expect(await version()).toBe(before + 1);
});

test('two returns for the last one at once: one is exchanged, the other is refunded', async () => {
  const { red, blue } = await colours(4);
  const orders = [await sentOrder(red), await sentOrder(red)];
  await checkOut(shop, await cartOf(shop, [{ variantId: blue, quantity: 3 }]));
  const came = orders.map(({ itemId }) => ({ itemId, restock: 1, replacementVariantId: blue }));
  await Promise.all(
    orders.map((order, index) => sendBack(shop, order, admin, came[index] ?? { itemId: '' })),
  );
  const all = await Promise.all(orders.map(({ orderId, owner }) => seen(orderId, owner)));
  expect(all.map(({ returns }) => returns[0].status).toSorted()).toEqual(['exchanged', 'received']);
  expect(await stockOf(shop.deps.db, blue)).toMatchObject({ onHand: 4, reserved: 4 });
});

describe('a replacement is paid for by what is left of its order:', () => {
  /** One of the two red ones, for which another is wanted and which may come back. */
  async function oneToCome(blue: string, order: Sent) {
    const unit = { itemId: order.itemId, quantity: 1, replacementVariantId: blue };
    const { body } = await askBack(shop, order, unit);
    const named = { orderId: order.orderId as string, returnId: String(body.id) };
    await asStaff(shop, named, admin, 'authorise');
    const receive = { ...named, body: { items: [{ itemId: order.itemId, restock: 1 }] } };
    return () => asStaff(shop, receive, admin, 'receive');
  }

  test.each([
    [1_000, 'exchanged', [2_000, 1_000, 1_000]],
    [1_001, 'received', [2_000, 1_001, 999]],
    [2_000, 'received', [2_000, 2_000, 0]],
  ] as const)('after %p of 2000 went back it is %s', async (amount, status, money) => {
    const { red, blue } = await colours();
    const order = await sentOrder(red);
    const receive = await oneToCome(blue, order);
    await refund(shop, order, admin, { body: { amount } });
    const { body } = await receive();
    expect([body.status, body.exchangeOrderId === null]).toEqual([status, status === 'received']);
    expect(await stockOf(shop.deps.db, blue)).toMatchObject({ reserved: status === 'exchanged' ? 1 : 0 });
    expect(await moneyOf(shop, order)).toEqual([...money]);
  });

  test('nor does it pay twice, nor go back by itself; by its amount it may', async () => {
    const { red, blue } = await colours();
    const order = await sentOrder(red);
    const [receive, receiveOther] = [await oneToCome(blue, order), await oneToCome(blue, order)];
    await receive();
    expect((await refund(shop, order, admin)).body.refunds).toMatchObject([{ amount: { amount: 1_000 } }]);
    expectProblem(await refund(shop, order, admin), 'nothing_to_refund');
    const { body } = await receiveOther();
    expect([body.status, body.exchangeOrderId]).toEqual(['received', null]);
    const named = { orderId: order.orderId as string, returnId: String(body.id) };
    expectProblem(await asStaff(shop, named, admin, 'refund'), 'nothing_to_refund');
    expect(await moneyOf(shop, order)).toEqual([2_000, 1_000, 1_000]);
    expect((await refund(shop, order, admin, { body: { amount: 1_000 } })).status).toBe(200);
  });
});

describe('a replacement is refused', () => {
  test('that costs more, and says by how much', async () => {
    const { red, dear } = await colours();
    const order = await sentOrder(red);
    const unit = { itemId: order.itemId, quantity: 1, replacementVariantId: dear };
    const refused = await askBack(shop, order, unit);
    expectProblem(refused, 'exchange_costs_more');
    expect(refused.body).toMatchObject({
      itemId: order.itemId,
      difference: { amount: 300, currency: 'USD' },
    });
    expect((await seen(order.orderId, order.owner)).returns).toEqual([]);
  });

  test('that costs more than what was paid with a code; another colour of the same does not', async () => {
    const { red, blue, cheap } = await colours();
    const { code } = await makeCode(await openMerchant(shop), { ppm: 900_000 });
    const cart = await cartOf(shop, [{ variantId: red, quantity: 2 }]);
    await enterCode(shop, cart, code);
    const { body } = await buyQuoted(shop, cart);
    const [orderId, itemId] = [body.id as OrderId, String(body.items[0].id)];
    await send(shop, orderId, admin, { itemId, quantity: 2 });
    const order = { orderId, owner: cart.owner, itemId };
    const unit = { itemId, quantity: 1, replacementVariantId: cheap };
    const refused = await askBack(shop, order, unit);
    expectProblem(refused, 'exchange_costs_more');
    expect(refused.body.difference.amount).toBe(500);
    await sendBack(shop, order, admin, { itemId, restock: 1, replacementVariantId: blue });
    await sendBack(shop, order, admin, { itemId, restock: 1, replacementVariantId: red });
    expect((await seen(orderId, order.owner)).returns).toMatchObject([
      { status: 'exchanged' },
      { status: 'exchanged' },
    ]);
    expect(await moneyOf(shop, order)).toEqual([200, 0, 200]);
  });

  test('of another seller, and one that there is not', async () => {
    const [{ red }, other] = [await colours(), await createProduct(shop, { price: 1 })];
    const order = await sentOrder(red);
    for (const replacementVariantId of [other.variantId, crypto.randomUUID()]) {
      const unit = { itemId: order.itemId, quantity: 1, replacementVariantId };
      expectProblem(await askBack(shop, order, unit), 'exchange_not_offered');
    }
  });
});

test('an order by which a replacement goes out is not cancelled or lowered: its price would be lost', async () => {
  const { red } = await colours();
  const order = await sentOrder(red);
  await sendBack(shop, order, admin, { itemId: order.itemId, restock: 2, replacementVariantId: red });
  const { returns } = await seen(order.orderId, order.owner);
  const exchange = { orderId: returns[0].exchangeOrderId as OrderId, owner: order.owner };
  expectProblem(await cancel(shop, exchange), 'order_not_cancellable');
  const { items } = await seen(exchange.orderId, order.owner);
  const lower = { items: [{ itemId: items[0].id, quantity: 1 }] };
  expectProblem(await edit(shop, exchange, lower), 'order_not_editable');
  // The same again may be exchanged again.
  await send(shop, exchange.orderId, admin, { itemId: items[0].id, quantity: 2 });
  await sendBack(shop, exchange, admin, { itemId: items[0].id, writeOff: 1, replacementVariantId: red });
  const next = await seen(exchange.orderId, order.owner);
  expect(next.returns).toMatchObject([{ status: 'exchanged' }]);
  expect((await seen(next.returns[0].exchangeOrderId, order.owner)).items[0].quantity).toBe(1);
});
