/** Money: no digit is lost between text, arithmetic and display. */

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  currency,
  formatMoney,
  type Minor,
  minor,
  minorDigits,
  money,
  parseDecimal,
  sumMinor,
  timesQuantity,
} from '#lib/money.ts';

const usd = currency('USD');
const CURRENCIES = ['USD', 'EUR', 'JPY', 'KWD', 'HUF', 'IQD', 'CLF'].map(currency);
const anyCurrency = fc.constantFrom(...CURRENCIES);
const anyAmount = fc.integer({ min: 0, max: 1_000_000_000_000 }).map(minor);

/** The amount as plain decimal text, by arithmetic on text alone. */
function decimalText(amount: Minor, digits: number): string {
  if (digits === 0) return String(amount);
  const padded = String(amount).padStart(digits + 1, '0');
  return `${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
}

test('the minor unit has the decimal places of ISO 4217, whatever the runtime believes', () => {
  const digits = Object.fromEntries(CURRENCIES.map((code) => [code, minorDigits(code)]));
  expect<Record<string, number>>(digits).toEqual({ USD: 2, EUR: 2, JPY: 0, KWD: 3, HUF: 2, IQD: 3, CLF: 4 });
});

test('every amount survives being written as a decimal and read again', () => {
  fc.assert(
    fc.property(anyAmount, anyCurrency, (amount, code) => {
      expect(parseDecimal(decimalText(amount, minorDigits(code)), code)).toBe(amount);
    }),
  );
});

test('every amount is shown to people with all of its digits', () => {
  fc.assert(
    fc.property(anyAmount, anyCurrency, (amount, code) => {
      const shown = formatMoney(money(amount, code)).replace(/[^\d.]/g, '');
      expect(shown).toBe(decimalText(amount, minorDigits(code)));
    }),
  );
});

test('people read money as they are used to', () => {
  expect(formatMoney(money(minor(1999), usd))).toBe('$19.99');
  expect(formatMoney(money(minor(500), currency('JPY')))).toBe('¥500');
  expect(formatMoney(money(minor(-1999), usd))).toBe('-$19.99');
  expect(formatMoney(money(minor(1999), currency('EUR')), 'de-DE')).toBe('19,99\u00a0€');
});

describe('a decimal price', () => {
  const read: readonly (readonly [text: string, code: string, amount: number])[] = [
    ['9.99', 'USD', 999],
    ['50', 'USD', 5000],
    ['1299.00', 'USD', 129_900],
    ['0.1', 'USD', 10],
    [' 7.5 ', 'USD', 750],
    ['9.990', 'USD', 999],
    ['500', 'JPY', 500],
    ['500.00', 'JPY', 500],
    ['1.234', 'KWD', 1234],
    ['0', 'USD', 0],
  ];
  test.each(read)('%s in %s is %d minor units', (text, code, amount) => {
    expect<number | null>(parseDecimal(text, currency(code))).toBe(amount);
  });

  const refused: readonly (readonly [text: string, code: string])[] = [
    ['', 'USD'],
    ['9.999', 'USD'],
    ['0.5', 'JPY'],
    ['1.2345', 'KWD'],
    ['-1', 'USD'],
    ['+1', 'USD'],
    ['1e3', 'USD'],
    ['1,299.00', 'USD'],
    ['9,99', 'USD'],
    ['.99', 'USD'],
    ['9.', 'USD'],
    ['$9.99', 'USD'],
    ['NaN', 'USD'],
    ['0x10', 'USD'],
    ['١٢', 'USD'],
    ['99999999999999', 'USD'],
    ['9999999999999', 'KWD'],
  ];
  test.each(refused)('%s in %s is refused', (text, code) => {
    expect(parseDecimal(text, currency(code))).toBeNull();
  });

  test('is a safe integer or null for any text whatever', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String)), anyCurrency, (text, code) => {
        const amount = parseDecimal(text, code);
        expect(amount === null || (Number.isSafeInteger(amount) && amount >= 0)).toBe(true);
      }),
    );
  });
});

describe('arithmetic', () => {
  test.each([0.5, 19.99, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER + 1])(
    '%d is no amount',
    (value) => {
      expect(() => minor(value)).toThrow('safe integer');
    },
  );

  test('a sum or a product beyond the safe integers is refused, not rounded', () => {
    const most = minor(Number.MAX_SAFE_INTEGER);
    expect(() => sumMinor([most, minor(1)])).toThrow('safe integer');
    expect(() => timesQuantity(most, 2)).toThrow('safe integer');
  });

  test.each([1.5, -1, Number.NaN])('%d is no quantity', (quantity) => {
    expect(() => timesQuantity(minor(100), quantity)).toThrow('quantity');
  });

  test('a line of n costs what n lines of one cost, and nothing costs nothing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }).map(minor),
        fc.integer({ min: 0, max: 50 }),
        (price, n) => {
          expect(timesQuantity(price, n)).toBe(sumMinor(Array.from({ length: n }, () => price)));
        },
      ),
    );
  });

  test.each(['usd', 'US', 'USDX', '', 'U$D'])("'%s' is no currency", (code) => {
    expect(() => currency(code)).toThrow('ISO 4217');
  });
});
