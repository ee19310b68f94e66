/** Parcels: an order goes in parts, no unit goes twice, and whoever waits for them sees where they are. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { listAudit } from '#db/audit-log.ts';
import type { OrderId } from '#lib/ids.ts';
import { checkBooks, stockOf, toldTimes } from '#test/support/books.ts';
import {
  type BoughtOrder,
  buyTwoLines,
  inTurn,
  pack,
  type Step,
  send,
  step,
} from '#test/support/fulfilment.ts';
import { cancel, orderWith, refund, statusOf } from '#test/support/orders.ts';
import { type Answer, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { createProduct } from '#test/support/shopping.ts';

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

const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).toSorted();

test('an order goes in two parcels: its status follows from its units, and its shopper sees them', async () => {
  const { orderId, cart, lines } = await buyTwoLines(shop);
  const [first, second] = lines;
  const seen = async () => (await shop.call(`/api/v1/orders/${orderId}`, cart.owner)).body;
  const tracking = {
    carrier: 'DHL',
    trackingNumber: 'JD0146',
    trackingUrl: 'https://dhl.example/t?id=JD0146',
  };
  const one = await pack(shop, orderId, admin, {
    items: [{ itemId: first.itemId, quantity: 2 }],
    ...tracking,
  });
  expect(one.status).toBe(201);
  expect((await seen()).status).toBe('paid');
  const parcel = { orderId, shipmentId: one.body.id };
  expect((await step(shop, parcel, admin, 'ship')).body).toMatchObject({ ...tracking, status: 'shipped' });
  expect((await seen()).status).toBe('partially_fulfilled');
  await step(shop, parcel, admin, 'deliver');
  expect((await seen()).status).toBe('partially_fulfilled');
  const rest = [
    { itemId: first.itemId, quantity: 1 },
    { itemId: second.itemId, quantity: 1 },
  ];
  const other = await send(shop, orderId, admin, ...rest);
  expect((await seen()).status).toBe('fulfilled');
  await step(shop, { orderId, shipmentId: other }, admin, 'deliver');
  const order = await seen();
  expect(order.status).toBe('delivered');
  expect(order.shipments).toMatchObject([
    { id: one.body.id, status: 'delivered', items: [{ itemId: first.itemId, quantity: 2 }], ...tracking },
    { id: other, status: 'delivered', items: rest, trackingUrl: null },
  ]);
  expect(order.items.map(({ units }: { units: unknown }) => units)).toEqual([
    { packed: 3, shipped: 3, delivered: 3, returned: 0, removed: 0 },
    { packed: 1, shipped: 1, delivered: 1, returned: 0, removed: 0 },
  ]);
  expect(await toldTimes(shop, 'shipment.shipped', orderId)).toBe(2);
  expect(await toldTimes(shop, 'shipment.delivered', orderId)).toBe(2);
  const told = order.timeline.map(({ event }: { event: string }) => event);
  expect(told).toEqual([
    ...['order.placed', 'order.paid', 'shipment.packed', 'order.partially_fulfilled', 'shipment.shipped'],
    ...['shipment.delivered', 'shipment.packed', 'order.fulfilled', 'shipment.shipped'],
    ...['order.delivered', 'shipment.delivered'],
  ]);
  const acts = await listAudit(shop.deps.db, { object: { kind: 'order', id: orderId }, limit: 100 });
  expect(acts.map(({ action }) => action).toReversed()).toEqual(
    told.filter((event: string) => event.startsWith('shipment.')),
  );
});

type Command =
  | { readonly kind: 'pack'; readonly line: number; readonly quantity: number }
  | { readonly kind: Step; readonly parcel: number };

const COMMAND: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    kind: fc.constant('pack' as const),
    line: fc.nat(1),
    quantity: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ kind: fc.constantFrom<Step>('ship', 'deliver', 'unpack'), parcel: fc.nat(4) }),
);

async function packAny(
  { orderId, lines }: BoughtOrder,
  { line, quantity }: Extract<Command, { kind: 'pack' }>,
  parcels: string[],
): Promise<void> {
  const items = [{ itemId: lines[line === 0 ? 0 : 1].itemId, quantity }];
  const { body, status } = await pack(shop, orderId, admin, { items });
  if (status === 201) parcels.push(body.id);
  else expect(body.code).toBeOneOf(['units_not_left', 'order_not_shippable']);
}

async function stepAny(
  { orderId }: BoughtOrder,
  { kind, parcel }: Extract<Command, { kind: Step }>,
  parcels: readonly string[],
): Promise<void> {
  const shipmentId = parcels[parcel % Math.max(1, parcels.length)];
  if (shipmentId === undefined) return;
  const { body, status } = await step(shop, { orderId, shipmentId }, admin, kind);
  if (status !== 200) expect(body.code).toBe('shipment_step_refused');
}

describe('a unit goes once', () => {
  test('twenty agents pack the same three units at once: three succeed, the others are told what is left', async () => {
    const { orderId, lines } = await buyTwoLines(shop);
    const [{ itemId }] = lines;
    const items = [{ itemId, quantity: 1 }];
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => pack(shop, orderId, admin, { items })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    for (const refused of answers.filter(({ status }) => status !== 201)) {
      expectProblem(refused, 'units_not_left');
      expect(refused.body).toMatchObject({ itemId, requested: 1, left: 0 });
    }
  });

  test('the same request again is the same parcel, also at once; the key is for that parcel alone', async () => {
    const { orderId, lines } = await buyTwoLines(shop);
    const key = crypto.randomUUID();
    const items = [{ itemId: lines[0].itemId, quantity: 1 }];
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => pack(shop, orderId, admin, { items, key })),
    );
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const other = [{ itemId: lines[0].itemId, quantity: 2 }];
    expectProblem(await pack(shop, orderId, admin, { items: other, key }), 'idempotency_mismatch');
    const { body } = await shop.call(`/api/v1/sales/${orderId}`, { token: admin });
    expect(body.shipments).toHaveLength(1);
  });

  test('a parcel of several lines is packed whole or not at all', async () => {
    const { orderId, lines } = await buyTwoLines(shop);
    const items = [
      { itemId: lines[0].itemId, quantity: 3 },
      { itemId: lines[1].itemId, quantity: 2 },
    ];
    expectProblem(await pack(shop, orderId, admin, { items }), 'units_not_left');
    const { body } = await shop.call(`/api/v1/sales/${orderId}`, { token: admin });
    expect(body.items[0].units).toEqual({ packed: 0, shipped: 0, delivered: 0, returned: 0, removed: 0 });
  });

  test('shipped by many at once it leaves once, and its shopper is told once', async () => {
    const { orderId, lines } = await buyTwoLines(shop);
    const { body } = await pack(shop, orderId, admin, { items: [{ itemId: lines[0].itemId, quantity: 1 }] });
    const parcel = { orderId, shipmentId: body.id };
    const answers = await Promise.all(Array.from({ length: 8 }, () => step(shop, parcel, admin, 'ship')));
    expect(statuses(answers)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(await toldTimes(shop, 'shipment.shipped', orderId)).toBe(1);
    await step(shop, { ...parcel, body: { trackingNumber: 'CORRECTED' } }, admin, 'ship');
    const { body: order } = await shop.call(`/api/v1/sales/${orderId}`, { token: admin });
    expect(order.shipments).toMatchObject([{ status: 'shipped', trackingNumber: 'CORRECTED' }]);
    expect(await toldTimes(shop, 'shipment.shipped', orderId)).toBe(1);
  });

  test('whatever is done to parcels in whatever order: no more than was bought, and the books agree', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(COMMAND, { minLength: 3, maxLength: 10 }), async (commands) => {
        const order = await buyTwoLines(shop);
        const parcels: string[] = [];
        for (const command of commands) {
          if (command.kind === 'pack') await packAny(order, command, parcels);
          else await stepAny(order, command, parcels);
        }
        await checkBooks(shop);
      }),
      { numRuns: 15 },
    );
  });
});

describe('what cannot leave', () => {
  const onHand = async (variantId = '') => (await stockOf(shop.deps.db, variantId))?.onHand;

  test('goods of an order that is not paid, that is cancelled, or whose money is back', async () => {
    const unpaid = await orderWith(shop, 'pm_card_authenticationRequired');
    const paid = await buyTwoLines(shop);
    const { body } = await shop.call(`/api/v1/sales/${paid.orderId}`, { token: admin });
    const items = [{ itemId: body.items[0].id, quantity: 1 }];
    const { body: order } = await shop.call(`/api/v1/orders/${unpaid.orderId}`, unpaid.owner);
    const ofUnpaid = [{ itemId: order.items[0].id, quantity: 1 }];
    expectProblem(await pack(shop, unpaid.orderId, admin, { items: ofUnpaid }), 'order_not_shippable');
    const parcel = await pack(shop, paid.orderId, admin, { items });
    await refund(shop, { orderId: paid.orderId as OrderId }, admin);
    const [first, second] = paid.lines.map(({ product }) => product.variantId);
    expect(await onHand(first)).toBe(10 - 1);
    expect(await onHand(second)).toBe(10);
    expectProblem(await pack(shop, paid.orderId, admin, { items }), 'order_not_shippable');
    const shipment = { orderId: paid.orderId, shipmentId: parcel.body.id };
    expectProblem(await step(shop, shipment, admin, 'ship'), 'order_not_shippable');
    for (let times = 0; times < 2; times += 1) {
      expect((await step(shop, shipment, admin, 'unpack')).status).toBe(200);
      expect(await onHand(first)).toBe(10);
    }
  });

  test.each(['cancel', 'ship'] as const)(
    'a cancellation and a parcel that leaves at the same moment, %s first: that one, and not the other',
    async (first) => {
      const { orderId, cart, lines } = await buyTwoLines(shop);
      const { body } = await pack(shop, orderId, admin, {
        items: [{ itemId: lines[0].itemId, quantity: 1 }],
      });
      const asked = {
        cancel: () => cancel(shop, { orderId: orderId as OrderId, owner: cart.owner }),
        ship: () => step(shop, { orderId, shipmentId: body.id }, admin, 'ship'),
      };
      const second = first === 'cancel' ? 'ship' : 'cancel';
      const [done, refused] = await inTurn(shop, orderId as OrderId, asked[first], asked[second]);
      expect(done.status).toBe(200);
      expectProblem(refused, first === 'cancel' ? 'shipment_step_refused' : 'order_not_cancellable');
      const expected = first === 'cancel' ? 'cancelled' : 'partially_fulfilled';
      expect(await statusOf(shop, { orderId: orderId as OrderId })).toBe(expected);
    },
  );

  test('an order whose goods have begun to leave is not cancelled any more', async () => {
    const { orderId, cart, lines } = await buyTwoLines(shop);
    await send(shop, orderId, admin, { itemId: lines[1].itemId, quantity: 1 });
    const refused = await cancel(shop, { orderId: orderId as OrderId, owner: cart.owner });
    expectProblem(refused, 'order_not_cancellable');
  });
});

describe('whose parcels they are', () => {
  test('a seller packs and ships their own lines, and sees no parcel of another', async () => {
    const { orderId, lines } = await buyTwoLines(shop);
    const [own, others] = lines;
    const token = own.product.sellerToken;
    const items = [{ itemId: own.itemId, quantity: 3 }];
    const { body } = await pack(shop, orderId, token, { items });
    expect((await step(shop, { orderId, shipmentId: body.id }, token, 'ship')).status).toBe(200);
    const foreign = [{ itemId: others.itemId, quantity: 1 }];
    expectProblem(await pack(shop, orderId, token, { items: foreign }), 'order_item_not_found');
    const parcel = await pack(shop, orderId, others.product.sellerToken, { items: foreign });
    const refused = await step(shop, { orderId, shipmentId: parcel.body.id }, token, 'ship');
    expectProblem(refused, 'shipment_not_found');
    const sale = await shop.call(`/api/v1/sales/${orderId}`, { token });
    expect(sale.body.shipments.map(({ id }: { id: string }) => id)).toEqual([body.id]);
    const stranger = await createProduct(shop);
    expectProblem(await pack(shop, orderId, stranger.sellerToken, { items }), 'order_not_found');
  });
});
