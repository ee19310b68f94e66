/** Where stock lies: no location has less than nothing, all of them together have what is on hand, whoever moves it. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { stockLocations } from '#db/schema/stock-locations.ts';
import type { StockLocationId } from '#lib/ids.ts';
import { MAX_LOCATIONS } from '#origin/locations/service.ts';
import { checkBooks, stockOf } from '#test/support/books.ts';
import {
  buy,
  changeLocation,
  MAIN,
  openLocation,
  planOf,
  productAt,
  sell,
  transfer,
  whereIs,
} from '#test/support/locations.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { createProduct, type TestProduct } from '#test/support/shopping.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const UNKNOWN = '01890a5d-ac96-774b-bcce-b302099a8057';

let shop: OriginUnderTest;
let admin: string;
let north: string;
let south: string;
beforeAll(async () => {
  shop = await openOrigin();
  admin = (await shop.signIn('admin')).token;
  [north, south] = [await openLocation(shop, admin), await openLocation(shop, admin)];
});
afterEach(async () => {
  await checkBooks(shop);
});
afterAll(async () => {
  await shop.close();
});

const list = async (query = '') =>
  (await shop.call(`/api/v1/stock-locations${query}`, { token: admin })).body;

function adjust({ variantId, sellerToken }: TestProduct, delta: number, locationId: string) {
  return shop.call('/api/v1/inventory/adjustments', {
    method: 'POST',
    token: sellerToken,
    headers: { 'idempotency-key': crypto.randomUUID() },
    body: { variantId, delta, locationId, reason: 'Counted' },
  });
}

describe('locations', () => {
  test('are made, listed and changed by admins, the default one always among them and first', async () => {
    const place = {
      ...{ name: 'Rotterdam', country: 'NL', region: 'Zuid-Holland', postalCode: '3011', priority: 7 },
      coordinates: { latitude: 51.92, longitude: 4.48 },
    };
    const body = { ...place };
    const made = await shop.call('/api/v1/stock-locations', { method: 'POST', token: admin, body });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...place, active: true, isDefault: false, version: 1 });
    const { items } = await list();
    expect(items[0]).toMatchObject({ id: MAIN, isDefault: true, active: true });
    expect(items).toContainEqual(made.body);
    const first = await list('?limit=1');
    expect(first.items.map(({ id }: { id: string }) => id)).toEqual([MAIN]);
    expect((await list(`?cursor=${first.nextCursor}`)).items).toEqual(items.slice(1));
    const changed = await changeLocation(shop, admin, made.body.id, { priority: 8, coordinates: null });
    expect(changed.body).toEqual({ ...made.body, priority: 8, coordinates: null, version: 2 });
    const main = await changeLocation(shop, admin, MAIN, { name: 'Springfield', country: 'US' });
    expect(main.body).toMatchObject({ id: MAIN, name: 'Springfield', country: 'US', isDefault: true });
    expectProblem(await changeLocation(shop, admin, UNKNOWN, { priority: 1 }), 'stock_location_not_found');
    expectProblem(await changeLocation(shop, admin, MAIN, { active: false }), 'default_location_stays');
    const { token } = await shop.signIn('seller');
    expectProblem(await shop.call('/api/v1/stock-locations', { token }), 'forbidden');
  });

  test.each([
    ['no country', { name: 'Here' }],
    ['half of its coordinates', { name: 'Here', country: 'NL', coordinates: { latitude: 1 } }],
    [
      'coordinates beyond the earth',
      { name: 'Here', country: 'NL', coordinates: { latitude: 91, longitude: 0 } },
    ],
    [
      'coordinates to a hair',
      { name: 'Here', country: 'NL', coordinates: { latitude: 51.924419, longitude: 4 } },
    ],
    ['something that there is not', { name: 'Here', country: 'NL', isDefault: true }],
  ])('with %s are refused', async (_, body) => {
    const answer = await shop.call('/api/v1/stock-locations', { method: 'POST', token: admin, body });
    expectProblem(answer, 'invalid_input');
  });

  test('go out of use once nothing is there or to be sent from there, and nothing comes there then', async () => {
    const id = await openLocation(shop, admin, { country: 'US' });
    const product = await productAt(shop, { [MAIN]: 1, [id]: 1 });
    const deactivate = () => changeLocation(shop, admin, id, { active: false });
    const withStock = await deactivate();
    expectProblem(withStock, 'stock_location_in_use');
    expect(withStock.body).toMatchObject({ units: 1, toSend: 0, pickUps: 0 });
    await changeLocation(shop, admin, MAIN, { country: 'FR' });
    const { orderId, items } = await buy(shop, [[product, 1]]);
    await sell(shop, orderId);
    expect(await planOf(shop, admin, orderId)).toEqual({ [id]: { [items[0] ?? '']: 1 } });
    expect((await deactivate()).body).toMatchObject({ units: 0, toSend: 1 });
    const packed = await shop.call(`/api/v1/sales/${orderId}/shipments`, {
      ...{ method: 'POST', token: admin, headers: { 'idempotency-key': crypto.randomUUID() } },
      body: { items: [{ itemId: items[0], quantity: 1 }] },
    });
    expect((await deactivate()).body).toMatchObject({ units: 0, toSend: 1 });
    const path = `/api/v1/sales/${orderId}/shipments/${packed.body.id}/ship`;
    await shop.call(path, { method: 'POST', token: admin });
    expect((await deactivate()).body).toMatchObject({ active: false });
    expectProblem(await transfer(shop, product, { quantity: 1, to: id }), 'stock_location_inactive');
    expectProblem(await adjust(product, 1, id), 'stock_location_inactive');
    const shown = await shop.call(`/api/v1/inventory/${product.variantId}`, { token: admin });
    expect(JSON.stringify(shown.body.locations)).not.toContain(id);
    expect((await changeLocation(shop, admin, id, { active: true })).body.active).toBeTrue();
    expect((await transfer(shop, product, { quantity: 1, to: id })).status).toBe(200);
  });

  test('are not so many that they could not be counted', async () => {
    const beside = await openOrigin();
    const rows = Array.from({ length: MAX_LOCATIONS }, (_, index) => ({
      ...{ id: beside.deps.ids.next<StockLocationId>(), name: `Location ${index}`, country: 'NL' },
    }));
    await beside.deps.db.insert(stockLocations).values(rows);
    const { token } = await beside.signIn('admin');
    const body = { name: 'One more', country: 'NL' };
    const answer = await beside.call('/api/v1/stock-locations', { method: 'POST', token, body });
    expectProblem(answer, 'stock_locations_full');
    await beside.close();
  });
});

describe('stock', () => {
  test('is received, corrected and transferred where it is said, and the rest is at the default location', async () => {
    const product = await createProduct(shop, { stock: 10 });
    expect(await whereIs(shop, product)).toEqual({ [MAIN]: 10 });
    expect((await adjust(product, 4, north)).body).toMatchObject({ onHand: 14, available: 14 });
    const moved = await transfer(shop, product, { quantity: 3, to: south });
    expect(moved.body).toMatchObject({ onHand: 14, available: 14 });
    await transfer(shop, product, { quantity: 1, from: north, to: south });
    await transfer(shop, product, { quantity: 2, from: south, to: MAIN });
    await adjust(product, -1, north);
    expect(await whereIs(shop, product)).toEqual({ [MAIN]: 9, [north]: 2, [south]: 2 });
    const { body } = await shop.call(`/api/v1/inventory/${product.variantId}`, { token: admin });
    expect(body.locations[0].locationId).toBe(MAIN);
    expect(
      body.locationMovements.map(({ locationId, movement, delta }: Record<string, unknown>) => [
        ...[locationId, movement, delta],
      ]),
    ).toEqual([
      [north, 'correction', -1],
      [MAIN, 'transfer', 2],
      [south, 'transfer', -2],
      [south, 'transfer', 1],
      [north, 'transfer', -1],
      [south, 'transfer', 3],
      [MAIN, 'transfer', -3],
      [north, 'correction', 4],
    ]);
  });

  test('is not taken where it is not, and the answer says how much is', async () => {
    const product = await productAt(shop, { [MAIN]: 2, [north]: 3 });
    const short = await transfer(shop, product, { quantity: 4, from: north, to: south });
    expectProblem(short, 'stock_not_at_location');
    expect(short.body).toMatchObject({ locationId: north, requested: 4, onHand: 3 });
    const atMain = await transfer(shop, product, { quantity: 3, to: south });
    expect(atMain.body).toMatchObject({ code: 'stock_not_at_location', locationId: MAIN, onHand: 2 });
    expect((await adjust(product, -4, north)).body).toMatchObject({ requested: 4, onHand: 3 });
    expectProblem(await adjust(product, -3, MAIN), 'stock_not_at_location');
    expectProblem(await adjust(product, -1, south), 'stock_not_at_location');
    expectProblem(await adjust(product, -6, north), 'stock_reserved');
    expectProblem(await adjust(product, 1, UNKNOWN), 'stock_location_not_found');
    expectProblem(await transfer(shop, product, { quantity: 1, to: UNKNOWN }), 'stock_location_not_found');
    expectProblem(await transfer(shop, product, { quantity: 1, to: MAIN }), 'invalid_input');
    expect(await whereIs(shop, product)).toEqual({ [MAIN]: 2, [north]: 3 });
  });

  test('is transferred once for each key, by its seller and by admins', async () => {
    const product = await createProduct(shop, { stock: 9 });
    const key = crypto.randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => transfer(shop, product, { quantity: 2, to: north, key })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await whereIs(shop, product)).toEqual({ [MAIN]: 7, [north]: 2 });
    expectProblem(await transfer(shop, product, { quantity: 3, to: north, key }), 'idempotency_mismatch');
    const { token } = await shop.signIn('seller');
    expectProblem(await transfer(shop, product, { quantity: 1, to: north, token }), 'variant_not_found');
    expect((await transfer(shop, product, { quantity: 1, to: north, token: admin })).status).toBe(200);
  });
});

interface Step {
  readonly kind: 'transfer' | 'adjust' | 'buy';
  readonly from: number;
  readonly to: number;
  readonly units: number;
}

const STEP: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('transfer', 'transfer', 'adjust', 'buy'),
  ...{ from: fc.nat(2), to: fc.nat(2), units: fc.integer({ min: 1, max: 3 }) },
});

test('whatever is transferred, corrected and sold at once: it adds up, and no location is below nothing', async () => {
  const places = [MAIN, north, south];
  const of = (index: number) => places[index] ?? MAIN;
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 6, maxLength: 12 }), async (steps) => {
      const product = await productAt(shop, { [MAIN]: 3, [north]: 2, [south]: 2 });
      const orders: string[] = [];
      const take: Readonly<Record<Step['kind'], (step: Step) => Promise<unknown>>> = {
        transfer: ({ from, to, units }) =>
          transfer(shop, product, { quantity: units, from: of(from), to: of(to) }),
        adjust: ({ from, to, units }) => adjust(product, to === 0 ? units : -units, of(from)),
        buy: async ({ units }) => {
          const bought = await buy(shop, [[product, units]]).catch(() => null);
          if (bought === null) return;
          orders.push(bought.orderId);
          await Promise.all([sell(shop, bought.orderId), sell(shop, bought.orderId)]);
        },
      };
      await Promise.all(steps.map((step) => take[step.kind](step)));
      const stock = await stockOf(shop.deps.db, product.variantId);
      const units = Object.values(await whereIs(shop, product));
      expect(units.reduce((sum, each) => sum + each, 0)).toBe(stock?.onHand ?? -1);
      await checkBooks(shop);
    }),
    { numRuns: 4 },
  );
});
