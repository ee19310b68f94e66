/** Orders leave from the locations that they were routed to: each unit once, from where it lay, and back there if it stays. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { orderAllocations } from '#db/schema/fulfilment.ts';
import { orders } from '#db/schema/orders.ts';
import type { OrderId } from '#lib/ids.ts';
import { checkBooks } from '#test/support/books.ts';
import { inTurn, pack, send, step } from '#test/support/fulfilment.ts';
import {
  buy,
  changeLocation,
  MAIN,
  openLocation,
  planOf,
  productAt,
  putBack,
  type Reroute,
  reroute,
  sell,
  transfer,
  whereIs,
} from '#test/support/locations.ts';
import { cancel } from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { buyQuoted, changeCart, NEW_YORK } from '#test/support/pricing.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { sendBack } from '#test/support/returns.ts';
import { cartOf, createProduct } from '#test/support/shopping.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const BERLIN = { country: 'DE', region: 'Berlin' };

let shop: OriginUnderTest;
let admin: string;
/** In Germany, and in the Netherlands; the default location is in the United States. */
let berlin: string;
let rotterdam: string;
beforeAll(async () => {
  shop = await openOrigin();
  admin = (await shop.signIn('admin')).token;
  berlin = await openLocation(shop, admin, BERLIN);
  rotterdam = await openLocation(shop, admin, { country: 'NL', priority: 5 });
  await changeLocation(shop, admin, MAIN, { country: 'US' });
});
afterEach(async () => {
  await checkBooks(shop);
});
afterAll(async () => {
  await shop.close();
});

const planned = (orderId: string) => planOf(shop, admin, orderId);
const cancelled = async ({ orderId, cart }: Awaited<ReturnType<typeof buy>>) => {
  expect((await cancel(shop, { orderId: orderId as OrderId, owner: cart.owner })).status).toBe(200);
  await putBack(shop, orderId);
};

describe('a paid order', () => {
  test('leaves from the location nearest to it, told as often and at once as may be', async () => {
    const product = await productAt(shop, { [MAIN]: 4, [berlin]: 4 });
    const near = await buy(shop, [[product, 2]]);
    const far = await buy(shop, [[product, 1]], BERLIN);
    expect(await planned(far.orderId)).toEqual({});
    await Promise.all([near, near, far, far].map(({ orderId }) => sell(shop, orderId)));
    expect(await planned(near.orderId)).toEqual({ [MAIN]: { [near.items[0] ?? '']: 2 } });
    expect(await planned(far.orderId)).toEqual({ [berlin]: { [far.items[0] ?? '']: 1 } });
    expect(await whereIs(shop, product)).toEqual({ [MAIN]: 2, [berlin]: 3 });
  });

  test('goes in as few parcels as can be, from afar if that spares one', async () => {
    const one = await productAt(shop, { [berlin]: 1, [rotterdam]: 1 });
    const other = await productAt(shop, { [MAIN]: 1, [rotterdam]: 1 });
    const lines = [one, other].map((product) => [product, 1] as const);
    const { orderId, items } = await buy(shop, lines, BERLIN);
    await sell(shop, orderId);
    const all = Object.fromEntries(items.map((id) => [id, 1]));
    expect(await planned(orderId)).toEqual({ [rotterdam]: all });
  });

  test('goes by the distance where the shopper’s page knows the coordinates', async () => {
    const hamburg = await openLocation(shop, admin, { coordinates: { latitude: 53.55, longitude: 9.99 } });
    const groningen = await openLocation(shop, admin, { coordinates: { latitude: 53.22, longitude: 6.57 } });
    const product = await productAt(shop, { [hamburg]: 1, [groningen]: 1 });
    const emden = { country: 'DE', coordinates: { latitude: 53.37, longitude: 7.21 } };
    const { orderId, items } = await buy(shop, [[product, 1]], emden);
    await sell(shop, orderId);
    expect(await planned(orderId)).toEqual({ [groningen]: { [items[0] ?? '']: 1 } });
  });

  test('whose address does not open is sent all the same', async () => {
    const product = await productAt(shop, { [MAIN]: 1, [berlin]: 1 });
    const { orderId, items } = await buy(shop, [[product, 1]], BERLIN);
    const isIt = eq(orders.id, orderId as OrderId);
    const [row] = await shop.deps.db.select().from(orders).where(isIt);
    await shop.deps.db
      .update(orders)
      .set({ shippingAddress: new Uint8Array([1, 2, 3]) })
      .where(isIt);
    await sell(shop, orderId);
    await shop.deps.db.update(orders).set({ shippingAddress: row?.shippingAddress }).where(isIt);
    expect(await planned(orderId)).toEqual({ [MAIN]: { [items[0] ?? '']: 1 } });
  });

  test('and many others at once take no unit twice, however it is spread', async () => {
    const product = await productAt(shop, { [MAIN]: 4, [berlin]: 3, [rotterdam]: 5 });
    const bought = await Promise.all(Array.from({ length: 4 }, () => buy(shop, [[product, 3]], BERLIN)));
    await Promise.all(bought.map(({ orderId }) => sell(shop, orderId)));
    expect(await whereIs(shop, product)).toEqual({});
    const plans = await Promise.all(bought.map(({ orderId }) => planned(orderId)));
    const units = plans.flatMap((plan) => Object.values(plan).flatMap((items) => Object.values(items)));
    expect(units.reduce((sum, each) => sum + each, 0)).toBe(12);
  });
});

describe('a parcel', () => {
  test('leaves from one location, and an order in two parcels from two', async () => {
    const one = await productAt(shop, { [berlin]: 2 });
    const other = await productAt(shop, { [rotterdam]: 1 });
    const { orderId, items, cart } = await buy(shop, [
      [one, 2],
      [other, 1],
    ]);
    const [first = '', second = ''] = items;
    const both = [
      { itemId: first, quantity: 2 },
      { itemId: second, quantity: 1 },
    ];
    expectProblem(await pack(shop, orderId, admin, { items: both }), 'units_not_at_location');
    const [ofFirst, ofSecond] = [[{ itemId: first, quantity: 2 }], [{ itemId: second, quantity: 1 }]];
    const elsewhere = await pack(shop, orderId, admin, { items: ofFirst, locationId: rotterdam });
    expectProblem(elsewhere, 'units_not_at_location');
    expect(elsewhere.body).toMatchObject({ itemId: first, locationId: rotterdam, requested: 2, left: 0 });
    const named = await pack(shop, orderId, admin, { items: ofFirst, locationId: berlin });
    expect(named.body).toMatchObject({ locationId: berlin, items: ofFirst });
    expect(await planned(orderId)).toEqual({ [rotterdam]: { [second]: 1 } });
    const unnamed = await pack(shop, orderId, other.sellerToken, { items: ofSecond });
    expect(unnamed.body).toMatchObject({ locationId: rotterdam });
    expect(await planned(orderId)).toEqual({});
    await step(shop, { orderId, shipmentId: named.body.id }, admin, 'unpack');
    expect(await planned(orderId)).toEqual({ [berlin]: { [first]: 2 } });
    const { body } = await shop.call(`/api/v1/sales/${orderId}`, { token: other.sellerToken });
    expect(body.plannedParcels).toEqual([]);
    expect((await shop.call(`/api/v1/orders/${orderId}`, cart.owner)).body.plannedParcels).toBeUndefined();
  });

  test('holds a unit that no other does, though many pack at once', async () => {
    const product = await productAt(shop, { [berlin]: 2, [rotterdam]: 1 });
    const { orderId, items } = await buy(shop, [[product, 3]]);
    const [itemId = ''] = items;
    const answers = await Promise.all(
      [berlin, rotterdam, berlin, rotterdam, berlin, undefined].map((locationId) =>
        pack(shop, orderId, admin, {
          items: [{ itemId, quantity: 1 }],
          ...(locationId === undefined ? {} : { locationId }),
        }),
      ),
    );
    const packed = answers.filter(({ status }) => status === 201).map(({ body }) => body.locationId);
    expect(packed.toSorted()).toEqual([berlin, berlin, rotterdam].toSorted());
  });

  test('of an order of the time before there were locations leaves from the default one', async () => {
    const product = await createProduct(shop, { stock: 2 });
    const { orderId, items } = await buy(shop, [[product, 2]]);
    await sell(shop, orderId);
    await shop.deps.db.delete(orderAllocations).where(eq(orderAllocations.orderId, orderId as OrderId));
    const { body } = await pack(shop, orderId, admin, { items: [{ itemId: items[0] ?? '', quantity: 1 }] });
    expect(body.locationId).toBe(MAIN);
    expect(await planned(orderId)).toEqual({ [MAIN]: { [items[0] ?? '']: 1 } });
  });
});

describe('an operator routes units anew', () => {
  const asked = async () => {
    const product = await productAt(shop, { [berlin]: 3, [rotterdam]: 2 });
    const { orderId, items } = await buy(shop, [[product, 3]], BERLIN);
    await sell(shop, orderId);
    const units = { itemId: items[0] ?? '', fromLocationId: berlin, toLocationId: rotterdam };
    return { product, orderId, itemId: units.itemId, units };
  };
  const ask = (orderId: string, units: Reroute & { readonly key?: string }) =>
    reroute(shop, admin, orderId, units);

  test('from another shelf, and what was to be sent goes back on its own; once for each key', async () => {
    const { product, orderId, itemId, units } = await asked();
    const key = crypto.randomUUID();
    const again = () => ask(orderId, { ...units, quantity: 2, key });
    const [answer] = [await again(), await again()];
    expect(answer.body.plannedParcels).toMatchObject([
      { locationId: berlin, items: [{ itemId, quantity: 1 }] },
      { locationId: rotterdam, items: [{ itemId, quantity: 2 }] },
    ]);
    expect(await whereIs(shop, product)).toEqual({ [berlin]: 2 });
    expectProblem(await ask(orderId, { ...units, quantity: 1 }), 'stock_not_at_location');
    const back = { itemId, fromLocationId: rotterdam, toLocationId: MAIN, quantity: 1 };
    expectProblem(await ask(orderId, back), 'stock_not_at_location');
    await transfer(shop, product, { quantity: 1, from: berlin, to: MAIN });
    expect((await ask(orderId, back)).status).toBe(200);
    expect(await whereIs(shop, product)).toEqual({ [berlin]: 1, [rotterdam]: 1 });
  });

  test('not what is packed, more than is to be sent, or to where it is', async () => {
    const { orderId, itemId, units } = await asked();
    expectProblem(await ask(orderId, { ...units, quantity: 4 }), 'units_not_at_location');
    expectProblem(await ask(orderId, { ...units, quantity: 1, toLocationId: berlin }), 'invalid_input');
    const { body } = await pack(shop, orderId, admin, { items: [{ itemId, quantity: 2 }] });
    const refused = await ask(orderId, { ...units, quantity: 2 });
    expectProblem(refused, 'units_not_at_location');
    expect(refused.body).toMatchObject({ requested: 2, left: 1 });
    expect((await ask(orderId, { ...units, quantity: 1 })).status).toBe(200);
    await step(shop, { orderId, shipmentId: body.id }, admin, 'unpack');
    expect(await planned(orderId)).toEqual({ [berlin]: { [itemId]: 2 }, [rotterdam]: { [itemId]: 1 } });
    expectProblem(await ask(orderId, { ...units, quantity: 1, itemId: orderId }), 'order_item_not_found');
  });

  test.each(['pack', 'reroute'] as const)(
    'and a parcel is packed at the same moment, %s first: that one, and not the other',
    async (first) => {
      const { orderId, itemId, units } = await asked();
      const asks = {
        pack: () => pack(shop, orderId, admin, { items: [{ itemId, quantity: 3 }], locationId: berlin }),
        reroute: () => ask(orderId, { ...units, quantity: 1 }),
      };
      const second = first === 'pack' ? 'reroute' : 'pack';
      const [done, refused] = await inTurn(shop, orderId as OrderId, asks[first], asks[second]);
      expect(done.status).toBe(first === 'pack' ? 201 : 200);
      expectProblem(refused, 'units_not_at_location');
    },
  );
});

describe('what stays or comes back', () => {
  test('is put back where it was taken from when the order is cancelled, sold by then or not', async () => {
    const product = await productAt(shop, { [MAIN]: 1, [berlin]: 2, [rotterdam]: 2 });
    const sold = await buy(shop, [[product, 3]], BERLIN);
    await sell(shop, sold.orderId);
    expect(await whereIs(shop, product)).not.toEqual({ [MAIN]: 1, [berlin]: 2, [rotterdam]: 2 });
    await cancelled(sold);
    expect(await whereIs(shop, product)).toEqual({ [MAIN]: 1, [berlin]: 2, [rotterdam]: 2 });
    const unsold = await buy(shop, [[product, 2]], BERLIN);
    await cancelled(unsold);
    await sell(shop, unsold.orderId);
    expect(await whereIs(shop, product)).toEqual({ [MAIN]: 1, [berlin]: 2, [rotterdam]: 2 });
  });

  test('is put back at the default location where its own is out of use', async () => {
    const gone = await openLocation(shop, admin, BERLIN);
    const product = await productAt(shop, { [gone]: 1 });
    const order = await buy(shop, [[product, 1]], BERLIN);
    await sell(shop, order.orderId);
    await cancel(shop, { orderId: order.orderId as OrderId, owner: order.cart.owner });
    expect((await changeLocation(shop, admin, gone, { active: false })).status).toBe(200);
    await putBack(shop, order.orderId);
    expect(await whereIs(shop, product)).toEqual({ [MAIN]: 1 });
  });

  test('is on the shelf of the location that a return comes to', async () => {
    const product = await productAt(shop, { [berlin]: 3 });
    const { orderId, items, cart } = await buy(shop, [[product, 3]], BERLIN);
    const [itemId = ''] = items;
    await send(shop, orderId, admin, { itemId, quantity: 3 });
    const owned = { orderId, owner: cart.owner };
    await sendBack(shop, owned, admin, { itemId, restock: 1, locationId: rotterdam });
    await sendBack(shop, owned, admin, { itemId, restock: 1 });
    expect(await whereIs(shop, product)).toEqual({ [MAIN]: 1, [rotterdam]: 1 });
  });
});

test('what is picked up leaves from where it is picked up, if that has it', async () => {
  const method = (locationId: string, more = {}) =>
    shop.call('/api/v1/shipping-methods', {
      ...{ method: 'POST', token: admin },
      body: {
        ...{ name: 'Here', kind: 'pickup', currency: 'USD' },
        steps: [{ from: 0, rate: 0 }],
        locationId,
        ...more,
      },
    });
  const { body, status } = await method(rotterdam);
  expect([status, body.locationId]).toEqual([201, rotterdam]);
  expectProblem(await method('01890a5d-ac96-774b-bcce-b302099a8057'), 'stock_location_not_found');
  const inUse = await changeLocation(shop, admin, rotterdam, { active: false });
  expect(inUse.body).toMatchObject({ code: 'stock_location_in_use', pickUps: 1 });
  const product = await productAt(shop, { [MAIN]: 2, [berlin]: 2, [rotterdam]: 1 });
  for (const [quantity, sender] of [
    [1, rotterdam],
    [2, MAIN],
  ] as const) {
    const cart = await cartOf(shop, [{ variantId: product.variantId, quantity }]);
    await changeCart(shop, cart, { destination: NEW_YORK, shippingMethodId: body.id });
    const { body: order } = await buyQuoted(shop, cart);
    await sell(shop, order.id);
    expect(await planned(order.id)).toEqual({ [sender]: { [order.items[0].id]: quantity } });
  }
});
