/** What locations are yet to pack: what they are to send, less what is in parcels, wherever those say they leave from. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import type { OrderLineId, StockLocationId } from '#lib/ids.ts';
import { leftAt, oneLocationFor, stillToSend } from '#origin/fulfilment/plan.ts';

const OTHER = 'other' as StockLocationId;
const line = (index: number) => `line-${index}` as OrderLineId;
const sum = (lines: readonly { readonly quantity: number }[]) =>
  lines.reduce((total, { quantity }) => total + quantity, 0);

const QUANTITY = fc.integer({ min: 1, max: 4 });
const UNITS = fc.record({ lineId: fc.nat(1).map(line), quantity: QUANTITY });

test('never more than the line has left, nor than the location is to send; without parcels it is the plan', () => {
  const allocations = fc
    .uniqueArray(fc.tuple(fc.nat(1), fc.constantFrom(DEFAULT_LOCATION, OTHER)), { selector: String })
    .chain((places) =>
      fc.tuple(
        ...places.map(([index, locationId]) =>
          QUANTITY.map((quantity) => ({ lineId: line(index), locationId, quantity })),
        ),
      ),
    );
  const packed = fc.array(
    fc
      .tuple(UNITS, fc.constantFrom(DEFAULT_LOCATION, OTHER, null))
      .map(([units, locationId]) => ({ ...units, locationId })),
    { maxLength: 3 },
  );
  fc.assert(
    fc.property(allocations, packed, (plan, parcels) => {
      const left = stillToSend(plan, parcels);
      expect(stillToSend(plan, [])).toEqual(plan);
      for (const { lineId, locationId, quantity } of left) {
        const allocated = plan.find((each) => each.lineId === lineId && each.locationId === locationId);
        const there = parcels.filter(
          (each) => each.lineId === lineId && (each.locationId ?? DEFAULT_LOCATION) === locationId,
        );
        expect(quantity).toBeWithin(1, (allocated?.quantity ?? 0) - sum(there) + 1);
      }
      for (const id of [line(0), line(1)]) {
        const of = <Each extends { readonly lineId: OrderLineId }>(each: readonly Each[]) =>
          each.filter(({ lineId }) => lineId === id);
        expect(sum(of(left))).toBeLessThanOrEqual(Math.max(0, sum(of(plan)) - sum(of(parcels))));
      }
    }),
  );
});

test('parcels that name no location are taken from the default one, and then from the others', () => {
  const plan = [
    { lineId: line(0), locationId: DEFAULT_LOCATION, quantity: 1 },
    { lineId: line(0), locationId: OTHER, quantity: 2 },
  ];
  const packed = [{ lineId: line(0), locationId: null, quantity: 2 }];
  expect(stillToSend(plan, packed)).toEqual([{ lineId: line(0), locationId: OTHER, quantity: 1 }]);
});

test('a parcel leaves from the first location that is to send all of it', () => {
  const left = [
    { lineId: line(0), locationId: DEFAULT_LOCATION, quantity: 1 },
    { lineId: line(1), locationId: OTHER, quantity: 2 },
    { lineId: line(0), locationId: OTHER, quantity: 1 },
  ];
  const wanted = (...units: readonly (readonly [number, number])[]) =>
    oneLocationFor(
      left,
      units.map(([index, quantity]) => ({ lineId: line(index), quantity })),
    );
  expect(wanted([0, 1])).toBe(DEFAULT_LOCATION);
  expect(wanted([0, 1], [1, 2])).toBe(OTHER);
  expect(wanted([0, 2])).toBeUndefined();
  expect(leftAt(left, line(0), OTHER)).toBe(1);
});
