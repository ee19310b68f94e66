/**
 * Every minor unit of a total can be explained. `PRICING_CARTS` (3,000) sets how many carts are made up for each
 * property.
 */

import { expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { MINUTE_MS } from '#lib/clock.ts';
import { type Breakdown, priceBasket } from '#origin/pricing/service.ts';
import { anyPriced } from './any-basket.ts';
import { slowPrice } from './oracle.ts';

const CARTS = Number(process.env['PRICING_CARTS'] ?? 3_000);
setDefaultTimeout(60 * MINUTE_MS);

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);

function amountsOf({ lines, discounts, shipping, ...totals }: Breakdown): number[] {
  return [
    ...[totals.subtotalMinor, totals.discountMinor, totals.shippingMinor, totals.taxMinor],
    ...[totals.includedTaxMinor, totals.totalMinor],
    ...lines.flatMap((line) => [
      line.subtotalMinor,
      line.discountMinor,
      line.taxMinor,
      line.includedTaxMinor,
    ]),
    ...discounts.flatMap(({ sharesMinor, shippingMinor }) => [...sharesMinor, shippingMinor]),
    ...(shipping === null
      ? []
      : [shipping.listMinor, shipping.discountMinor, shipping.taxMinor, shipping.includedTaxMinor]),
  ];
}

test(`${CARTS} carts in every currency: the parts come to the total, each share to its whole, nothing is below zero`, () => {
  let isFine = true;
  fc.assert(
    fc.property(anyPriced, ({ basket, rules }) => {
      const found = priceBasket(basket, rules);
      const { lines, discounts, shipping } = found;
      const parts = shipping === null ? lines : [...lines, shipping];
      const off = lines.map((_, index) =>
        sum(discounts.map(({ sharesMinor }) => sharesMinor[index] ?? Number.NaN)),
      );
      isFine =
        found.totalMinor ===
          found.subtotalMinor - found.discountMinor + found.shippingMinor + found.taxMinor &&
        found.subtotalMinor === sum(lines.map((line) => line.subtotalMinor)) &&
        found.discountMinor === sum(lines.map((line) => line.discountMinor)) &&
        found.taxMinor === sum(parts.map((part) => part.taxMinor)) &&
        found.includedTaxMinor === sum(parts.map((part) => part.includedTaxMinor)) &&
        found.shippingMinor === (shipping === null ? 0 : shipping.listMinor - shipping.discountMinor) &&
        lines.every((line, index) => line.discountMinor === off[index] && off[index] <= line.subtotalMinor) &&
        sum(discounts.map(({ shippingMinor }) => shippingMinor)) === (shipping?.discountMinor ?? 0) &&
        amountsOf(found).every((amount) => Number.isSafeInteger(amount) && amount >= 0);
      if (!isFine) throw new Error(JSON.stringify(found, null, 2));
    }),
    { numRuns: CARTS },
  );
  expect(isFine).toBeTrue();
});

test(`${CARTS} carts: a second pricing in rationals, written apart, finds the same`, () => {
  fc.assert(
    fc.property(anyPriced, ({ basket, rules }) => {
      const fast = priceBasket(basket, rules);
      const slow = slowPrice(basket, rules);
      const { subtotal, discount, shipping, tax, included, total } = slow.totals;
      expect([fast.subtotalMinor, fast.discountMinor, fast.shippingMinor]).toEqual(
        [subtotal, discount, shipping].map(Number) as never,
      );
      expect([fast.taxMinor, fast.includedTaxMinor, fast.totalMinor]).toEqual(
        [tax, included, total].map(Number) as never,
      );
      for (const [index, { variantId }] of basket.lines.entries()) {
        const line = fast.lines[index];
        const slowLine = slow.lines[variantId];
        expect(line?.discountMinor).toBe(Number(slowLine?.discount) as never);
        expect(line?.taxMinor).toBe(Number(slowLine?.tax) as never);
      }
    }),
    { numRuns: CARTS },
  );
});

test('the order in which lines and discounts come changes nothing', () => {
  const shuffled = anyPriced.chain(({ basket, rules }) =>
    fc.record({
      basket: fc.constant(basket),
      rules: fc.constant(rules),
      lines: fc.shuffledSubarray([...basket.lines], { minLength: basket.lines.length }),
      discounts: fc.shuffledSubarray([...rules.discounts], { minLength: rules.discounts.length }),
    }),
  );
  fc.assert(
    fc.property(shuffled, ({ basket, rules, lines, discounts }) => {
      const one = priceBasket(basket, rules);
      const other = priceBasket({ ...basket, lines }, { ...rules, discounts });
      const byVariant = (found: Breakdown, of: typeof lines) =>
        Object.fromEntries(of.map(({ variantId }, index) => [variantId, found.lines[index]]));
      expect(byVariant(other, lines)).toEqual(byVariant(one, [...basket.lines]));
      expect(other.discounts.map(({ discount }) => discount.id)).toEqual(
        one.discounts.map(({ discount }) => discount.id),
      );
      expect(other.totalMinor).toBe(one.totalMinor);
    }),
    { numRuns: CARTS },
  );
});
