/** The tax in credit notes: of the lines that they are for, and together never more than the invoice's. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { minor } from '#lib/money.ts';
import { type Credit, creditedTaxes } from '#origin/documents/credited-tax.ts';
import { chargeOfUnits } from '#origin/orders/line-charge.ts';

const GOOD = { issuedAt: new Date(0), voidAt: null };
const BOOK_AND_LAMP = {
  ...{ total: 2_200, tax: 200 },
  lines: [
    { id: 'book', quantity: 1, tax: 0 },
    { id: 'lamp', quantity: 2, tax: 200 },
  ],
};

function creditOf(lineId: string, units: number, charged: number, rest: Partial<Credit> = {}): Credit {
  return { ...GOOD, amount: charged, back: [{ lineId, units, charged, due: charged }], ...rest };
}

test.each([
  ['the lamps', [creditOf('lamp', 2, 1_200)], [200]],
  [
    'the book, and a lamp at a time',
    [creditOf('book', 1, 1_000), creditOf('lamp', 1, 600), creditOf('lamp', 1, 600)],
    [0, 100, 100],
  ],
  ['half of what is due', [creditOf('lamp', 2, 1_200, { amount: 600 })], [100]],
  [
    'what a replacement does not pay for',
    [{ ...GOOD, amount: 300, back: [{ lineId: 'lamp', units: 1, charged: 600, due: 300 }] }],
    [50],
  ],
  [
    'an amount, then the book, then the rest',
    [{ ...GOOD, amount: 1_100, back: [] }, creditOf('book', 1, 1_000), { ...GOOD, amount: 100, back: [] }],
    [100, 0, 100],
  ],
  [
    'again after the bank called it back',
    [
      creditOf('lamp', 2, 1_200, { voidAt: new Date(1) }),
      { ...creditOf('lamp', 2, 1_200), issuedAt: new Date(2) },
    ],
    [200, 200],
  ],
] as const)('%s', (_, credits, taxes) => {
  expect(creditedTaxes(BOOK_AND_LAMP, credits)).toEqual([...taxes]);
});

const LINE = fc.record({
  quantity: fc.integer({ min: 1, max: 6 }),
  net: fc.integer({ min: 0, max: 5_000 }),
  ppm: fc.constantFrom(0, 50_000, 190_000, 1_000_000),
});
/** Of a line's units, or, where there is none of that number, an amount; as far as it goes. */
const STEP = fc.record({
  line: fc.nat({ max: 5 }),
  units: fc.integer({ min: 1, max: 3 }),
  share: fc.integer({ min: 1, max: 100 }),
  isVoid: fc.boolean(),
});

test('whatever goes back, and however: never more tax than there is, and all of it with the last of the money', () => {
  fc.assert(
    fc.property(
      fc.array(LINE, { minLength: 1, maxLength: 4 }),
      fc.array(STEP, { maxLength: 12 }),
      (drawn, steps) => {
        const lines = drawn.map(({ quantity, net, ppm }, index) => {
          const tax = Math.round((net * ppm) / 1_000_000);
          return { id: String(index), quantity, tax, charged: net + tax };
        });
        const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
        const [total, tax] = [sum(lines.map(({ charged }) => charged)), sum(lines.map((line) => line.tax))];
        let left = total;
        const gone = new Map<string, number>();
        const credits: Credit[] = [];
        const credit = (wanted: number, back: Credit['back'], isVoid: boolean) => {
          const amount = Math.min(wanted, left);
          if (amount === 0) return;
          const at = credits.length;
          // One that is called back is so before the next.
          const time = { issuedAt: new Date(2 * at), voidAt: isVoid ? new Date(2 * at + 1) : null };
          credits.push({ ...time, amount, back });
          if (isVoid) return;
          left -= amount;
          for (const { lineId, units } of back) gone.set(lineId, (gone.get(lineId) ?? 0) + units);
        };
        for (const { line: index, units: wanted, share, isVoid } of steps) {
          const line = lines[index];
          if (line === undefined) {
            credit(Math.ceil((left * share) / 100), [], isVoid);
            continue;
          }
          const before = gone.get(line.id) ?? 0;
          const units = Math.min(wanted, line.quantity - before);
          const zero = minor(0);
          const whole = { quantity: line.quantity, lineTotalMinor: minor(line.charged), discountMinor: zero };
          const charged = chargeOfUnits({ ...whole, taxMinor: zero }, { before, units });
          const amount = Math.ceil((charged * share) / 100);
          credit(amount, [{ lineId: line.id, units, charged, due: charged }], isVoid);
        }
        credit(left, [], false);
        const found = creditedTaxes({ total, tax, lines }, credits);
        expect(found.every((each, index) => each >= 0 && each <= (credits[index]?.amount ?? 0))).toBe(true);
        expect(sum(found.filter((_, index) => credits[index]?.voidAt === null))).toBe(tax);
      },
    ),
  );
});
