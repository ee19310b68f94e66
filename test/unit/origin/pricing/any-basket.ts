/** Baskets and rules of every kind, small enough that rules meet, in the currencies' own magnitudes. */

import fc from 'fast-check';
import type {
  CategoryId,
  CustomerGroupId,
  DiscountId,
  ProductId,
  ShippingMethodId,
  VariantId,
} from '#lib/ids.ts';
import { currency, type Minor, minor, minorDigits } from '#lib/money.ts';
import {
  type Basket,
  type BasketLine,
  type Benefit,
  type Discount,
  type Rules,
  SHIPPING_KINDS,
  type ShippingMethod,
} from '#origin/pricing/service.ts';

/** All that ISO 4217 has, with no, two, three and four places. */
const CURRENCIES = [...new Set([...Intl.supportedValuesOf('currency'), 'JPY', 'KWD', 'CLF'])].map(currency);

const MAX_LINES = 8;
const MAX_DISCOUNTS = 6;
const PPM = 1_000_000;

/** Up to 20,000 of the currency's major unit, and often something small, where rounding shows. */
function amounts(places: number): fc.Arbitrary<Minor> {
  const most = 20_000 * 10 ** places;
  return fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: most })).map(minor);
}

const few = fc.integer({ min: 0, max: 3 });
const idOf = <Id>(kind: string) => few.map((n) => `${kind}-${n}` as Id);
const rate = fc.oneof(
  fc.constantFrom(0, 50_000, 70_000, 88_750, 190_000, 200_000),
  fc.integer({ min: 0, max: PPM }),
);

function line(price: fc.Arbitrary<Minor>): fc.Arbitrary<BasketLine> {
  return fc.record({
    variantId: fc.integer({ min: 0, max: 99_999 }).map((n) => `variant-${n}` as VariantId),
    productId: idOf<ProductId>('product'),
    categoryIds: fc.uniqueArray(idOf<CategoryId>('category'), { maxLength: 2 }),
    unitPriceMinor: price,
    quantity: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 999 })),
    grams: fc.integer({ min: 1, max: 3_000 }),
    requiresShipping: fc.boolean(),
    taxCategory: fc.constantFrom('standard', 'reduced', 'unknown', null),
  });
}

function benefit(amount: fc.Arbitrary<Minor>): fc.Arbitrary<Benefit> {
  const ppm = fc.oneof(fc.constantFrom(100_000, 333_333, PPM), fc.integer({ min: 1, max: PPM }));
  const upTo4 = fc.integer({ min: 1, max: 4 });
  return fc.oneof(
    fc.record({ kind: fc.constant('percent' as const), ppm }),
    fc.record({ kind: fc.constant('amount' as const), amountMinor: amount }),
    fc.record({ kind: fc.constant('free_shipping' as const) }),
    fc.record({ kind: fc.constant('buy_get' as const), buy: upTo4, get: upTo4, ppm }),
  );
}

function discount(amount: fc.Arbitrary<Minor>): fc.Arbitrary<Discount> {
  return fc.record({
    id: fc.integer({ min: 0, max: 99_999 }).map((n) => `discount-${n}` as DiscountId),
    version: fc.constant(1),
    name: fc.constant('Less'),
    code: fc.constant(null),
    benefit: benefit(amount),
    isExclusive: fc.boolean(),
    productIds: fc.uniqueArray(idOf<ProductId>('product'), { maxLength: 1 }),
    categoryIds: fc.uniqueArray(idOf<CategoryId>('category'), { maxLength: 1 }),
    groupId: fc.option(idOf<CustomerGroupId>('group'), { freq: 1 }),
    isFirstOrderOnly: fc.boolean(),
    minimumMinor: fc.oneof(fc.constant(minor(0)), amount),
  });
}

function shipping(amount: fc.Arbitrary<Minor>): fc.Arbitrary<ShippingMethod> {
  const froms = fc.uniqueArray(fc.integer({ min: 1, max: 5_000 }), { maxLength: 3 });
  const steps = fc.tuple(froms, fc.array(amount, { minLength: 4, maxLength: 4 })).map(([from, rates]) =>
    [0, ...from.sort((a, b) => a - b)].map((each, index) => ({
      from: each,
      rateMinor: rates[index] ?? minor(0),
    })),
  );
  return fc.record({
    id: fc.constant('method' as ShippingMethodId),
    version: fc.constant(1),
    name: fc.constant('Post'),
    kind: fc.constantFrom(...SHIPPING_KINDS),
    steps,
    freeFromMinor: fc.option(amount),
  });
}

export interface Priced {
  readonly basket: Basket;
  readonly rules: Rules;
}

/** Variants and discounts have one id each. */
export const anyPriced: fc.Arbitrary<Priced> = fc.constantFrom(...CURRENCIES).chain((code) => {
  const amount = amounts(minorDigits(code));
  const byVariant = { maxLength: MAX_LINES, selector: (each: BasketLine) => each.variantId };
  const byId = { maxLength: MAX_DISCOUNTS, selector: (each: Discount) => each.id };
  return fc.record({
    basket: fc.record({
      lines: fc.uniqueArray(line(amount), byVariant),
      customer: fc.record({
        groupIds: fc.uniqueArray(idOf<CustomerGroupId>('group'), { maxLength: 2 }),
        isTaxExempt: fc.boolean(),
        isFirstOrder: fc.boolean(),
      }),
    }),
    rules: fc.record({
      discounts: fc.uniqueArray(discount(amount), byId),
      shipping: fc.option(shipping(amount)),
      taxRates: fc.record({
        standard: rate.map((ppm) => ({ name: 'VAT', ppm })),
        reduced: rate.map((ppm) => ({ name: 'VAT', ppm })),
        shipping: rate.map((ppm) => ({ name: 'VAT', ppm })),
      }),
      pricesIncludeTax: fc.boolean(),
    }),
  });
});
