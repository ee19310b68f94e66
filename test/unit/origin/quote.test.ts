/** A quote is read as it was signed, or not at all. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { CartId, DiscountId, VariantId } from '#lib/ids.ts';
import { minor, SHOP_CURRENCY } from '#lib/money.ts';
import { createQuotes, MAX_QUOTE_LENGTH, type Quote } from '#origin/cart/quote.ts';

const OLD = 'an-old-secret-of-enough-characters';
const CURRENT = 'a-current-secret-of-enough-characters';
const quotes = createQuotes({ current: CURRENT });

const DISCOUNT_ID = '01890a5d-ac96-774b-bcce-b302099a8090' as DiscountId;
const LINE = {
  variantId: '01890a5d-ac96-774b-bcce-b302099a8059' as VariantId,
  productVersion: 3,
  quantity: 2,
  unitPriceMinor: minor(1450),
  parts: [minor(290), minor(230), minor(0), 88_250] as const,
};
const QUOTE: Quote = {
  cartId: '01890a5d-ac96-774b-bcce-b302099a8070' as CartId,
  cartVersion: 2,
  currency: SHOP_CURRENCY,
  lines: [LINE],
  subtotalMinor: minor(2900),
  discountMinor: minor(290),
  shippingMinor: minor(0),
  taxMinor: minor(230),
  includedTaxMinor: minor(0),
  totalMinor: minor(2840),
  discounts: [{ id: DISCOUNT_ID, version: 1, code: 'WELCOME10' }],
  shippingMethod: null,
  expiresAt: '2026-01-31T12:30:00.000Z',
};
const TOKEN = quotes.sign(QUOTE);

test('what was signed is read', () => {
  expect(quotes.read(TOKEN)).toEqual(QUOTE);
});

test('a token with any one character changed is not read', () => {
  const place = fc.integer({ min: 0, max: TOKEN.length - 1 });
  const character = fc.constantFrom(...'ABCxyz019-_.~ é');
  fc.assert(
    fc.property(place, character, (at, other) => {
      fc.pre(TOKEN[at] !== other);
      expect(quotes.read(TOKEN.slice(0, at) + other + TOKEN.slice(at + 1))).toBeNull();
    }),
  );
});

test('no other text is read', () => {
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => expect(quotes.read(text)).toBeNull()));
  const [form, key, payload, signature] = TOKEN.split('.');
  for (const parts of [
    [],
    [form],
    [form, key, payload],
    [form, key, payload, ''],
    [form, key, payload, signature, ''],
    [form, '', payload, signature],
    ['q1', key, payload, signature],
    [payload, signature],
  ]) {
    expect(quotes.read(parts.join('.'))).toBeNull();
  }
});

test('a quote of the previous key is good, and one of any other is not', () => {
  const old = createQuotes({ current: OLD }).sign(QUOTE);
  expect(createQuotes({ current: CURRENT, previous: OLD }).read(old)).toEqual(QUOTE);
  expect(quotes.read(old)).toBeNull();
  expect(createQuotes({ current: CURRENT, previous: OLD }).sign(QUOTE)).toBe(TOKEN);
});

test('the quote of the largest cart fits into a checkout', () => {
  const most = 99_999_999;
  const line = {
    ...LINE,
    productVersion: Number.MAX_SAFE_INTEGER,
    unitPriceMinor: minor(most),
    parts: [minor(most), minor(most), minor(0), 1_000_000] as const,
  };
  const discount = { id: DISCOUNT_ID, version: Number.MAX_SAFE_INTEGER, code: 'C'.repeat(40) };
  const token = quotes.sign({
    ...QUOTE,
    lines: Array.from({ length: 100 }, () => line),
    discounts: Array.from({ length: 100 }, () => discount),
  });
  expect(token.length).toBeLessThan(MAX_QUOTE_LENGTH);
});
