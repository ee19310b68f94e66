/** What a replacement is worth, of what was charged. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { minor } from '#lib/money.ts';
import { worthOf } from '#origin/exchanges/worth.ts';

const AMOUNT = fc.integer({ min: 0, max: 99_999_999 });

test('is all of the charge at the same price, nothing for what is free, and never more than was charged', () => {
  fc.assert(
    fc.property(AMOUNT, AMOUNT, AMOUNT, (charged, one, other) => {
      const [chargedMinor, paidMinor] = [minor(charged), minor(Math.max(one, other))];
      const worth = (replacement: number) =>
        worthOf({ chargedMinor, paidMinor, replacementMinor: minor(replacement) });
      expect(worth(paidMinor)).toBe(chargedMinor);
      expect(worth(paidMinor + 1)).toBe(chargedMinor);
      if (paidMinor > 0) expect(worth(0)).toBe(minor(0));
      const dearer = worth(Math.min(one, other));
      expect(dearer).toBeWithin(0, charged + 1);
      if (one !== other) expect(worth(Math.max(0, Math.min(one, other) - 1))).toBeLessThanOrEqual(dearer);
    }),
  );
});
