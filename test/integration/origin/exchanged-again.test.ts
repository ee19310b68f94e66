/** Replacements that come back: worth what paid for them, whatever became of that, and never more. */

import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { OrderId } from '#lib/ids.ts';
import { checkBooks } from '#test/support/books.ts';
import { makeColours, orderSent, type Sent, seenOrder } from '#test/support/exchanges.ts';
import { send } from '#test/support/fulfilment.ts';
import { moneyOf, refund } from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { buyQuoted, enterCode, makeCode, openMerchant } from '#test/support/pricing.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { askBack, asStaff, sendBack } from '#test/support/returns.ts';
import { cartOf } from '#test/support/shopping.ts';

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

/** The order by which the replacement of one unit of that order went out, and the parcel with it. */
async function replacementOf(order: Sent, replacementVariantId: string): Promise<Sent> {
  await sendBack(shop, order, admin, { itemId: order.itemId, restock: 1, replacementVariantId });
  const { returns } = await seenOrder(shop, order.orderId, order.owner);
  const orderId = returns[0].exchangeOrderId as OrderId;
  const itemId = (await seenOrder(shop, orderId, order.owner)).items[0].id as string;
  await send(shop, orderId, admin, { itemId, quantity: 1 });
  return { orderId, owner: order.owner, itemId };
}

test('a replacement that comes back is worth what paid for it, which goes back on the payment of the first order, once', async () => {
  const { red, blue } = await makeColours(shop);
  const order = await orderSent(shop, admin, red);
  const replacement = await replacementOf(order, blue);
  const returnId = await sendBack(shop, replacement, admin, { itemId: replacement.itemId, restock: 1 });
  const named = { orderId: replacement.orderId as string, returnId };
  expectProblem(
    await asStaff(shop, { ...named, body: { amount: 1_001 } }, admin, 'refund'),
    'refund_too_large',
  );
  const [refunded] = await Promise.all([1, 2].map(() => asStaff(shop, named, admin, 'refund')));
  expect(refunded?.body).toMatchObject({ status: 'refunded', refund: { amount: { amount: 1_000 } } });
  expect(await moneyOf(shop, order)).toEqual([2_000, 1_000, 1_000]);
  // The other red one is paid for, and nothing is kept for a replacement any more.
  expect((await refund(shop, order, admin)).status).toBe(200);
  expect(await moneyOf(shop, order)).toEqual([2_000, 2_000, 0]);
});

test('a replacement that comes back is exchanged again, for another and for a cheaper one, and the rest goes back', async () => {
  const { red, blue, cheap, dear } = await makeColours(shop);
  const { code } = await makeCode(await openMerchant(shop), { ppm: 100_000 });
  const cart = await cartOf(shop, [{ variantId: red, quantity: 2 }]);
  await enterCode(shop, cart, code);
  const { body } = await buyQuoted(shop, cart);
  const order = { orderId: body.id as OrderId, owner: cart.owner, itemId: String(body.items[0].id) };
  await send(shop, order.orderId, admin, { itemId: order.itemId, quantity: 2 });
  const first = await replacementOf(order, blue);
  const unit = { itemId: first.itemId, quantity: 1, replacementVariantId: dear };
  const refused = await askBack(shop, first, unit);
  expectProblem(refused, 'exchange_costs_more');
  expect(refused.body.difference.amount).toBe(400);
  const again = await replacementOf(first, red);
  const last = await replacementOf(again, cheap);
  expect(await moneyOf(shop, order)).toEqual([1_800, 300, 1_500]);
  const returnId = await sendBack(shop, last, admin, { itemId: last.itemId, writeOff: 1 });
  const { body: refunded } = await asStaff(shop, { orderId: last.orderId, returnId }, admin, 'refund');
  expect(refunded.refund.amount.amount).toBe(600);
  expect(await moneyOf(shop, order)).toEqual([1_800, 900, 900]);
});

test('a replacement that comes back is not paid for again where its money went back by hand, also at the same time', async () => {
  const { red, blue, cheap } = await makeColours(shop);
  const [order, other] = [await orderSent(shop, admin, red), await orderSent(shop, admin, red)];
  const replacement = await replacementOf(order, blue);
  await refund(shop, order, admin, { body: { amount: 2_000 } });
  const came = { itemId: replacement.itemId, restock: 1, replacementVariantId: cheap };
  const returnId = await sendBack(shop, replacement, admin, came);
  const named = { orderId: replacement.orderId as string, returnId };
  expectProblem(await asStaff(shop, named, admin, 'refund'), 'nothing_to_refund');
  const replaced = await replacementOf(other, blue);
  const back = await sendBack(shop, replaced, admin, { itemId: replaced.itemId, restock: 1 });
  await Promise.all([
    asStaff(shop, { orderId: replaced.orderId, returnId: back }, admin, 'refund'),
    refund(shop, other, admin, { body: { amount: 1_500 } }),
  ]);
  const [, givenBack = 0] = await moneyOf(shop, other);
  expect([1_000, 1_500, 2_000]).toContain(givenBack);
});
