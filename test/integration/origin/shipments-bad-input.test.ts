/** Parcels that cannot be: refused by a code, and nothing is packed. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { buyTwoLines, pack, step } from '#test/support/fulfilment.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let admin: string;
beforeAll(async () => {
  shop = await openOrigin();
  admin = (await shop.signIn('admin')).token;
});
afterAll(async () => {
  await shop.close();
});

test.each([
  ['http', 'http://dhl.example/t'],
  ['a script', 'javascript:alert(1)'],
  ['a name and a password', 'https://dhl.example@evil.example/'],
  ['an address without a name', 'https://127.0.0.1/t'],
  ['a space', 'https://dhl.example/a b'],
  ['no host', 'https:///t'],
])('a tracking address with %s is refused', async (_what, trackingUrl) => {
  const { orderId, lines } = await buyTwoLines(shop);
  const items = [{ itemId: lines[0].itemId, quantity: 1 }];
  expectProblem(await pack(shop, orderId, admin, { items, trackingUrl }), 'invalid_input');
});

test('no lines, a line twice, none of it, a carrier of two lines: refused, and nothing is packed', async () => {
  const { orderId, lines } = await buyTwoLines(shop);
  const [{ itemId }] = lines;
  const item = { itemId, quantity: 1 };
  for (const packing of [
    { items: [] },
    { items: [item, item] },
    { items: [{ itemId, quantity: 0 }] },
    { items: [{ itemId, quantity: 1.5 }] },
    { items: [item], carrier: 'DHL\nBcc: everybody' },
    { items: [item], trackingNumber: '<b>' },
  ]) {
    expectProblem(await pack(shop, orderId, admin, packing), 'invalid_input');
  }
  expectProblem(await pack(shop, orderId, admin, { items: [item], key: '' }), 'idempotency_key_missing');
  const { body } = await shop.call(`/api/v1/sales/${orderId}`, { token: admin });
  expect(body.shipments).toEqual([]);
});

test('a parcel that is not there, and steps that are past', async () => {
  const { orderId, lines } = await buyTwoLines(shop);
  const nothing = { orderId, shipmentId: '01890a5d-ac96-774b-bcce-b302099a8057' };
  expectProblem(await step(shop, nothing, admin, 'ship'), 'shipment_not_found');
  const { body } = await pack(shop, orderId, admin, { items: [{ itemId: lines[0].itemId, quantity: 1 }] });
  const parcel = { orderId, shipmentId: body.id };
  expectProblem(await step(shop, parcel, admin, 'deliver'), 'shipment_step_refused');
  await step(shop, parcel, admin, 'ship');
  expectProblem(await step(shop, parcel, admin, 'unpack'), 'shipment_step_refused');
});
