/** The letters of a parcel: one when it leaves, one when it arrives, and nothing in them that is not text. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { audit } from '#ops/audit/audit.ts';
import { type AuditedShop, openAuditedShop, wrongIn } from '#test/support/audited.ts';
import { buyTwoLines, pack, step } from '#test/support/fulfilment.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let audited: AuditedShop;
let admin: string;
beforeAll(async () => {
  audited = await openAuditedShop();
  audited.work();
  admin = (await audited.shop.signIn('admin')).token;
});
afterAll(async () => {
  await audited.close();
});

test('a parcel that leaves and arrives is told of once each, with its way', async () => {
  const { shop, mail } = audited;
  const { orderId, lines } = await buyTwoLines(shop);
  const { body } = await pack(shop, orderId, admin, {
    items: [{ itemId: lines[0].itemId, quantity: 2 }],
    carrier: '<i>Parcel & Sons</i>',
    trackingNumber: 'JD 0146',
    trackingUrl: 'https://parcels.example/t?a=1&b="2"',
  });
  const parcel = { orderId, shipmentId: body.id };
  for (let again = 0; again < 2; again += 1) await step(shop, parcel, admin, 'ship');
  await step(shop, parcel, admin, 'deliver');
  await audited.settled();
  const mails = (await mail.messages()).filter(({ text }) => text?.includes('A parcel of your order'));
  expect(mails.map(({ subject }) => subject.replace(/\d+/, 'N')).toSorted()).toEqual([
    'Your order N has arrived',
    'Your order N is on its way',
  ]);
  const left = mails.find(({ subject }) => subject.endsWith('on its way'));
  expect(left?.text).toContain(
    '2 x First\n\n<i>Parcel & Sons</i> JD 0146\nhttps://parcels.example/t?a=1&b="2"',
  );
  expect(left?.html).toContain('&lt;i&gt;Parcel &amp; Sons&lt;/i&gt;');
  expect(left?.html).not.toContain('<i>');
  expect(left?.html).toContain('href="https://parcels.example/t?a=1&amp;b=&quot;2&quot;"');
  expect(wrongIn(await audit(audited.sources, { inFlightMs: 0 }))).toEqual({});
});
