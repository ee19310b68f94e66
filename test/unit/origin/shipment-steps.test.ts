/** The steps of a parcel, and how far an order's goods have come by the units of its lines. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { shipmentStatus } from '#db/schema/fulfilment.ts';
import { milestoneOf, nextShipmentStatus, SHIPMENT_STEPS, SHIPMENT_TABLE } from '#origin/fulfilment/steps.ts';

test('every status of the database has its row; a step leads where the table says, or is refused', () => {
  expect(Object.keys(SHIPMENT_TABLE).toSorted()).toEqual([...shipmentStatus.enumValues].toSorted());
  for (const status of shipmentStatus.enumValues) {
    for (const step of SHIPMENT_STEPS) {
      const next = SHIPMENT_TABLE[status][step];
      if (next === undefined) {
        expect(() => nextShipmentStatus(status, step)).toThrow(
          expect.objectContaining({ code: 'shipment_step_refused' }),
        );
      } else expect(nextShipmentStatus(status, step)).toBe(next);
    }
  }
});

test('a parcel that has left is never unpacked, and one that has arrived stays there', () => {
  expect(SHIPMENT_TABLE.shipped.unpack).toBeUndefined();
  expect(Object.values(SHIPMENT_TABLE.delivered)).toEqual(['delivered', 'delivered']);
});

const MILESTONES = [
  ...[null, 'fulfilment_begun', 'fulfilment_completed'],
  ...['delivery_confirmed', 'goods_returned'],
];
const LINE = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.nat(5), fc.nat(5), fc.nat(5), fc.nat(5))
  .map(([bought, shipped, delivered, returned, removed]) => ({
    bought,
    removed: Math.min(removed, bought - Math.min(bought, shipped)),
    shipped: Math.min(bought, shipped),
    delivered: Math.min(bought, shipped, delivered),
    returned: Math.min(bought, shipped, returned),
  }));

test('goods that go further never take an order back', () => {
  fc.assert(
    fc.property(fc.array(LINE, { minLength: 1, maxLength: 4 }), fc.nat(3), (lines, which) => {
      const before = MILESTONES.indexOf(milestoneOf(lines));
      const line = lines[which % lines.length];
      if (line === undefined || line.shipped + line.removed === line.bought) return;
      const further = lines.map((each) => (each === line ? { ...line, shipped: line.shipped + 1 } : each));
      const arrived = further.map((each) => ({ ...each, delivered: each.shipped }));
      const back = further.map((each) => ({ ...each, returned: each.shipped }));
      expect(MILESTONES.indexOf(milestoneOf(further))).toBeGreaterThanOrEqual(before);
      expect(MILESTONES.indexOf(milestoneOf(arrived))).toBeGreaterThanOrEqual(before);
      expect(MILESTONES.indexOf(milestoneOf(back))).toBeGreaterThanOrEqual(before);
    }),
  );
});
