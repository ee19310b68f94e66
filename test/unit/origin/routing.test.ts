/** Which locations send an order: all that there is and nothing else, in as few parcels as can be, from nearby. */

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { OrderLineId, StockLocationId, VariantId } from '#lib/ids.ts';
import {
  type Allocation,
  type Destination,
  kilometres,
  type RoutedLine,
  route,
  type SendingLocation,
  type Shelf,
} from '#origin/locations/routing.ts';

const MAX_LOCATIONS = 6;
const variant = (index: number) => `variant-${index}` as VariantId;
const location = (index: number) => `location-${index}` as StockLocationId;

interface Asked {
  readonly lines: readonly RoutedLine[];
  readonly stock: readonly Shelf[];
  readonly destination: Destination;
  readonly locations: readonly SendingLocation[];
}

const COORDINATES = fc.option(
  fc.record({ latitude: fc.integer({ min: -90, max: 90 }), longitude: fc.integer({ min: -180, max: 180 }) }),
);
const PLACE = {
  country: fc.constantFrom('US', 'DE', null),
  region: fc.constantFrom('', 'CA', 'Bayern'),
  coordinates: COORDINATES,
};

const ASKED: fc.Arbitrary<Asked> = fc
  .record({
    wanted: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
    places: fc.array(fc.record({ ...PLACE, priority: fc.integer({ min: 0, max: 3 }) }), {
      minLength: 1,
      maxLength: MAX_LOCATIONS,
    }),
    units: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 24, maxLength: 24 }),
    destination: fc.record({ ...PLACE, pickUpAt: fc.option(fc.nat(MAX_LOCATIONS).map(location)) }),
  })
  .map(({ wanted, places, units, destination }) => ({
    lines: wanted.map((quantity, index) => ({
      ...{ id: `line-${index}` as OrderLineId, variantId: variant(index), quantity },
    })),
    locations: places.map((place, index) => ({ ...place, id: location(index) })),
    stock: places.flatMap((_, at) =>
      wanted.map((__, index) => ({
        ...{ variantId: variant(index), locationId: location(at) },
        onHand: units[at * 4 + index] ?? 0,
      })),
    ),
    destination,
  }));

const routed = ({ lines, stock, destination, locations }: Asked) =>
  route(lines, stock, destination, locations);
const sum = (units: readonly number[]) => units.reduce((total, each) => total + each, 0);
const unitsOf = (allocations: readonly Allocation[]) => sum(allocations.map(({ quantity }) => quantity));
const sendersOf = (allocations: readonly Allocation[]) =>
  new Set(allocations.map(({ locationId }) => locationId));
const thereOf = (stock: readonly Shelf[], id: VariantId, among?: ReadonlySet<StockLocationId>) =>
  sum(
    stock
      .filter(({ variantId, locationId }) => variantId === id && (among?.has(locationId) ?? true))
      .map(({ onHand }) => onHand),
  );

/** Every set of the locations. */
function setsOf(locations: readonly SendingLocation[]): ReadonlySet<StockLocationId>[] {
  return Array.from(
    { length: 2 ** locations.length },
    (_, mask) => new Set(locations.filter((__, index) => (mask >> index) % 2 === 1).map(({ id }) => id)),
  );
}

describe('whatever is wanted and wherever it lies', () => {
  test('no location sends more than it has, and every unit that is somewhere is sent', () => {
    fc.assert(
      fc.property(ASKED, (asked) => {
        const allocations = routed(asked);
        for (const { variantId, locationId, onHand } of asked.stock) {
          const taken = allocations.filter(
            (each) => each.variantId === variantId && each.locationId === locationId,
          );
          expect(unitsOf(taken)).toBeLessThanOrEqual(onHand);
        }
        for (const { id, variantId, quantity } of asked.lines) {
          const placed = allocations.filter(({ lineId }) => lineId === id);
          expect(unitsOf(placed)).toBe(Math.min(quantity, thereOf(asked.stock, variantId)));
          expect(placed.every((each) => each.quantity > 0 && each.variantId === variantId)).toBeTrue();
        }
      }),
    );
  });

  test('no fewer locations could have sent as much', () => {
    fc.assert(
      fc.property(ASKED, (asked) => {
        const { lines, locations, stock } = asked;
        const fewest = Math.min(
          ...setsOf(locations)
            .filter((among) =>
              lines.every(
                ({ variantId, quantity }) =>
                  thereOf(stock, variantId, among) >= Math.min(quantity, thereOf(stock, variantId)),
              ),
            )
            .map(({ size }) => size),
        );
        expect(sendersOf(routed(asked)).size).toBe(fewest);
      }),
    );
  });

  test('it is the same plan, in whatever order locations and stock are told', () => {
    fc.assert(
      fc.property(ASKED, (asked) => {
        const turned = { ...asked, locations: asked.locations.toReversed(), stock: asked.stock.toReversed() };
        expect(routed(turned)).toEqual(routed(asked));
      }),
    );
  });

  test('a line is sent whole where one of those that send has all of it', () => {
    fc.assert(
      fc.property(ASKED, (asked) => {
        const allocations = routed(asked);
        for (const { id, variantId, quantity } of asked.lines) {
          const whole = [...sendersOf(allocations)].some(
            (sender) => thereOf(asked.stock, variantId, new Set([sender])) >= quantity,
          );
          if (whole) expect(allocations.filter(({ lineId }) => lineId === id)).toHaveLength(1);
        }
      }),
    );
  });
});

const BERLIN = { latitude: 52.52, longitude: 13.4 };
const MUNICH = { latitude: 48.14, longitude: 11.58 };
const PARIS = { latitude: 48.86, longitude: 2.35 };
const ONE = [{ id: 'line' as OrderLineId, variantId: variant(0), quantity: 1 }];

/** The one that sends a unit that all of them have. */
function senderOf(locations: readonly SendingLocation[], to: Partial<Destination>): string {
  const destination = { country: 'DE', region: 'Bayern', coordinates: null, pickUpAt: null, ...to };
  const stock = locations.map(({ id }) => ({ variantId: variant(0), locationId: id, onHand: 1 }));
  return route(ONE, stock, destination, locations)[0]?.locationId ?? 'nobody';
}

const at = (id: string, more: Partial<SendingLocation>): SendingLocation => ({
  ...{ id: id as StockLocationId, country: null, region: '', coordinates: null, priority: 0 },
  ...more,
});

describe('of as few, the nearest sends', () => {
  const paris = at('paris', { country: 'FR', coordinates: PARIS });
  const berlin = at('berlin', { country: 'DE', region: 'Berlin', coordinates: BERLIN, priority: 9 });
  const munich = at('munich', { country: 'DE', region: ' bayern', coordinates: MUNICH, priority: 9 });

  test('by the distance where all coordinates are known, whatever the border', () => {
    const saarbruecken = { latitude: 49.24, longitude: 7 };
    expect(senderOf([berlin, paris], { coordinates: saarbruecken })).toBe('paris');
    expect(kilometres(BERLIN, MUNICH)).toBeWithin(500, 510);
    expect(kilometres(PARIS, PARIS)).toBe(0);
    expect(kilometres({ latitude: 0, longitude: 179 }, { latitude: 0, longitude: -179 })).toBeWithin(
      222,
      223,
    );
  });

  test('else by region, then country, then priority', () => {
    expect(senderOf([paris, berlin, munich], {})).toBe('munich');
    expect(senderOf([paris, berlin], {})).toBe('berlin');
    expect(senderOf([paris, at('madrid', { country: 'ES', priority: 1 })], {})).toBe('paris');
    const nowhere = at('nowhere', { country: 'DE', priority: 1 });
    expect(senderOf([berlin, nowhere], { coordinates: BERLIN })).toBe('nowhere');
  });

  test('and a place of pick-up is nearest in any case', () => {
    expect(senderOf([paris, berlin, munich], { pickUpAt: paris.id })).toBe('paris');
    const emptied = [{ variantId: variant(0), locationId: berlin.id, onHand: 1 }];
    const stock = [...emptied, { variantId: variant(0), locationId: munich.id, onHand: 1 }];
    const spandau = at('spandau', { country: 'DE', region: 'berlin' });
    const destination = { country: 'DE', region: 'Bayern', coordinates: null, pickUpAt: spandau.id };
    expect(route(ONE, stock, destination, [berlin, munich, spandau])[0]?.locationId).toBe(berlin.id);
  });

  test('one far away that has everything spares a parcel of those nearby', () => {
    const lines = [0, 1].map((index) => ({
      ...{ id: `line-${index}` as OrderLineId, variantId: variant(index), quantity: 1 },
    }));
    const on = (index: number, { id }: SendingLocation) => ({
      ...{ variantId: variant(index), locationId: id, onHand: 1 },
    });
    const stock = [on(0, munich), on(1, berlin), on(0, paris), on(1, paris)];
    const destination = { country: 'DE', region: 'Bayern', coordinates: null, pickUpAt: null };
    expect([...sendersOf(route(lines, stock, destination, [paris, berlin, munich]))]).toEqual([paris.id]);
  });
});

test('of more locations than all sets could be tried of, all is sent yet, and by none that is not needed', () => {
  const many = Array.from({ length: 60 }, (_, index) => at(`location-${String(index).padStart(2, '0')}`, {}));
  const stock = many.map(({ id }) => ({ variantId: variant(0), locationId: id, onHand: 2 }));
  const lines = [{ id: 'line' as OrderLineId, variantId: variant(0), quantity: 31 }];
  const destination = { country: null, region: '', coordinates: null, pickUpAt: null };
  const allocations = route(lines, stock, destination, many);
  expect(unitsOf(allocations)).toBe(31);
  expect(sendersOf(allocations).size).toBe(16);
});
