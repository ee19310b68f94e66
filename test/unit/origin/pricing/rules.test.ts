/** The rules of rounding, sharing and stacking, by the examples that decide them. */

import { describe, expect, test } from 'bun:test';
import type { CustomerGroupId, DiscountId, ProductId, ShippingMethodId, VariantId } from '#lib/ids.ts';
import { minor, SHOP_CURRENCY } from '#lib/money.ts';
import { proportion, shares } from '#origin/pricing/arithmetic.ts';
import {
  type Basket,
  type BasketLine,
  type Discount,
  NO_RULES,
  priceBasket,
  priceByRules,
  priceFor,
  type Rules,
} from '#origin/pricing/service.ts';

function line(id: string, unitPriceMinor: number, quantity = 1): BasketLine {
  return {
    ...{ variantId: id as VariantId, productId: id as ProductId, categoryIds: [], quantity, grams: 100 },
    ...{ unitPriceMinor: minor(unitPriceMinor), requiresShipping: true, taxCategory: 'standard' },
  };
}

function discount(id: string, rest: Partial<Discount>): Discount {
  return {
    ...{ id: id as DiscountId, version: 1, name: id, code: null, isExclusive: false, productIds: [] },
    ...{ categoryIds: [], groupId: null, isFirstOrderOnly: false, minimumMinor: minor(0) },
    benefit: { kind: 'percent', ppm: 100_000 },
    ...rest,
  };
}

const basketOf = (...lines: BasketLine[]): Basket => ({
  lines,
  customer: { groupIds: [], isTaxExempt: false, isFirstOrder: false },
});
const rulesOf = (...discounts: Discount[]): Rules => ({
  ...{ discounts, shipping: null, taxRates: {}, pricesIncludeTax: false },
});
const percent = (ppm: number) => ({ kind: 'percent', ppm }) as const;

const parcel = (rest: object) => ({
  ...{ id: 'm' as ShippingMethodId, version: 1, name: 'Parcel', kind: 'by_weight' as const },
  steps: [
    { from: 0, rateMinor: minor(490) },
    { from: 1_000, rateMinor: minor(990) },
  ],
  freeFromMinor: null,
  ...rest,
});

describe('a proportion', () => {
  test.each([
    [1, 1, 2, 0],
    [3, 1, 2, 2],
    [5, 1, 2, 2],
    [7, 1, 2, 4],
    [5, 1, 3, 2],
    [4, 1, 3, 1],
    [Number.MAX_SAFE_INTEGER, 999_999, 1_000_000, 9_007_190_247_541_736],
  ])('%d * %d / %d is %d: half to even', (amount, numerator, denominator, expected) => {
    expect<number>(proportion(amount, numerator, denominator)).toBe(expected);
  });
});

test('shares come to the amount; what is left over goes to the largest remainders, of equal ones the first', () => {
  expect<number[]>(
    shares(
      100,
      [1, 1, 1].map((part) => part * 100),
    ),
  ).toEqual([34, 33, 33]);
  expect<number[]>(shares(10, [70, 20, 10])).toEqual([7, 2, 1]);
  expect<number[]>(shares(1, [1, 2, 3])).toEqual([0, 0, 1]);
  expect<number[]>(shares(0, [0, 0])).toEqual([0, 0]);
});

describe('discounts', () => {
  test('of lines come before those of the order, each of what is left', () => {
    const ofLine = discount('2', { benefit: percent(500_000), productIds: ['a' as ProductId] });
    const ofOrder = discount('1', { benefit: percent(100_000) });
    const found = priceBasket(basketOf(line('a', 1_000), line('b', 1_000)), rulesOf(ofOrder, ofLine));
    expect(found.discounts.map(({ discount: { id }, sharesMinor }) => [id, sharesMinor])).toEqual([
      ['2', [500, 0]],
      ['1', [50, 100]],
    ] as never);
  });

  test('that are exclusive stand alone, where that is best for the shopper', () => {
    const together = [
      discount('1', { benefit: percent(100_000) }),
      discount('2', { benefit: percent(100_000) }),
    ];
    const alone = (ppm: number) => discount('3', { benefit: percent(ppm), isExclusive: true });
    const basket = basketOf(line('a', 1_000));
    const applied = (rules: Rules) => priceBasket(basket, rules).discounts.map(({ discount: { id } }) => id);
    expect<string[]>(applied(rulesOf(...together, alone(200_000)))).toEqual(['3']);
    expect<string[]>(applied(rulesOf(...together, alone(190_000)))).toEqual(['1', '2']);
    expect<string[]>(applied(rulesOf(...together, alone(180_000)))).toEqual(['1', '2']);
  });

  test('never take more than there is', () => {
    const whole = discount('1', { benefit: { kind: 'amount', amountMinor: minor(99_999) } });
    const found = priceBasket(basketOf(line('a', 1_000), line('b', 1)), rulesOf(whole, discount('2', {})));
    expect<number[]>([found.discountMinor, found.totalMinor]).toEqual([1_001, 0]);
    expect(found.discounts).toHaveLength(1);
  });

  test('by which some are bought and some given give the cheapest units, of whichever lines', () => {
    const benefit = { kind: 'buy_get', buy: 2, get: 1, ppm: 1_000_000 } as const;
    const found = priceBasket(
      basketOf(line('a', 900, 4), line('b', 500, 1), line('c', 700, 1)),
      rulesOf(discount('1', { benefit })),
    );
    expect(found.lines.map(({ discountMinor }) => discountMinor)).toEqual([0, 500, 700] as never);
  });

  test('a minimum is reached, or missed by one', () => {
    const at = (minimumMinor: number) => rulesOf(discount('1', { minimumMinor: minor(minimumMinor) }));
    const discountAt = (minimumMinor: number) => priceBasket(basketOf(line('a', 500, 2)), at(minimumMinor));
    expect<number>(discountAt(1_000).discountMinor).toBe(100);
    expect<number>(discountAt(1_001).discountMinor).toBe(0);
  });
});

describe('shipping', () => {
  test('costs what its step says, and nothing from a threshold on that the goods reach after their discounts', () => {
    const cost = (quantity: number, rest: object, ...discounts: Discount[]) =>
      priceBasket(basketOf(line('a', 100, quantity)), { ...rulesOf(...discounts), shipping: parcel(rest) });
    expect<number>(cost(9, {}).shippingMinor).toBe(490);
    expect<number>(cost(10, {}).shippingMinor).toBe(990);
    expect<number>(cost(10, { freeFromMinor: minor(1_000) }).shippingMinor).toBe(0);
    expect<number>(cost(10, { freeFromMinor: minor(1_000) }, discount('1', {})).shippingMinor).toBe(990);
  });

  test('that a discount makes free is shown with what it would have cost', () => {
    const free = discount('1', { benefit: { kind: 'free_shipping' } });
    const found = priceBasket(basketOf(line('a', 100)), { ...rulesOf(free), shipping: parcel({}) });
    expect(found.shipping).toMatchObject({ listMinor: 490, discountMinor: 490 } as never);
    expect<number[]>([found.discountMinor, found.shippingMinor, found.totalMinor]).toEqual([0, 0, 100]);
  });
});

test('tax that prices contain is told and not added; an exempt customer has none', () => {
  const rules = { ...rulesOf(), taxRates: { standard: { name: 'VAT', ppm: 190_000 } } };
  const basket = basketOf(line('a', 11_900));
  const within = priceBasket(basket, { ...rules, pricesIncludeTax: true });
  expect<number[]>([within.taxMinor, within.includedTaxMinor, within.totalMinor]).toEqual([0, 1_900, 11_900]);
  const onTop = priceBasket(basket, rules);
  expect<number[]>([onTop.taxMinor, onTop.includedTaxMinor, onTop.totalMinor]).toEqual([2_261, 0, 14_161]);
  const exempt = { ...basket, customer: { ...basket.customer, isTaxExempt: true } };
  expect<number>(priceBasket(exempt, rules).taxMinor).toBe(0);
});

test('an exempt customer pays prices that contain tax without, those of shipping too', () => {
  const vat = { name: 'VAT', ppm: 190_000 };
  const rulesFor = (isTaxExempt: boolean) => ({
    ...{ ...NO_RULES, taxRates: { standard: vat, shipping: vat } },
    found: {
      ...{ ...NO_RULES.found, pricesIncludeTax: true, shipping: parcel({}) },
      groups: [{ id: 'g' as CustomerGroupId, isTaxExempt }],
    },
  });
  const costs = (isTaxExempt: boolean) => {
    const rules = rulesFor(isTaxExempt);
    const each = priceFor(rules, minor(11_900), 'standard');
    const { breakdown } = priceByRules([line('a', each, 2)], rules, { currency: SHOP_CURRENCY });
    return [each, breakdown.shippingMinor, breakdown.includedTaxMinor, breakdown.totalMinor];
  };
  expect<number[]>(costs(true)).toEqual([10_000, 412, 0, 20_412]);
  expect<number[]>(costs(false)).toEqual([11_900, 490, 3_878, 24_290]);
  expect<number>(priceFor(rulesFor(true), minor(11_900), null)).toBe(11_900);
});
