/** A line that is given back in parts: whatever the parts, they come to what was charged. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { minor } from '#lib/money.ts';
import { chargeOfUnits } from '#origin/orders/line-charge.ts';

test('the parts of a line come to its charge, and none is negative', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 99_999_999 }),
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 20 }),
      (charged, discount, tax, parts) => {
        const quantity = parts.reduce((sum, units) => sum + units, 0);
        const line = {
          quantity,
          lineTotalMinor: minor(charged + discount),
          discountMinor: minor(discount),
          taxMinor: minor(tax),
        };
        let before = 0;
        let given = 0;
        for (const units of parts) {
          const share = chargeOfUnits(line, { before, units });
          expect(share).toBeGreaterThanOrEqual(0);
          given += share;
          before += units;
        }
        expect(given).toBe(charged + tax);
      },
    ),
  );
});

test('more units than the line has are a bug', () => {
  const nothing = minor(0);
  const line = { quantity: 2, lineTotalMinor: minor(5), discountMinor: nothing, taxMinor: nothing };
  expect(() => chargeOfUnits(line, { before: 1, units: 2 })).toThrow();
});
