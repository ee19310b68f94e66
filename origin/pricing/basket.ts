/** What is priced, by which rules, and what comes of it. Amounts are minor units of one currency. */

import type {
  CategoryId,
  CustomerGroupId,
  DiscountId,
  ProductId,
  ShippingMethodId,
  VariantId,
} from '#lib/ids.ts';
import type { Minor } from '#lib/money.ts';

export interface BasketLine {
  readonly variantId: VariantId;
  readonly productId: ProductId;
  /** The product's own and all above it. */
  readonly categoryIds: readonly CategoryId[];
  readonly unitPriceMinor: Minor;
  readonly quantity: number;
  /** Of one; null where nobody has weighed it. */
  readonly grams: number | null;
  readonly requiresShipping: boolean;
  /** Null for what is not taxed. */
  readonly taxCategory: string | null;
}

export interface Customer {
  readonly groupIds: readonly CustomerGroupId[];
  readonly isTaxExempt: boolean;
  readonly isFirstOrder: boolean;
}

/** What a discount takes off. Rates are parts per million of what is left when its turn comes. */
export type Benefit =
  | { readonly kind: 'percent'; readonly ppm: number }
  /** Spread over the lines that it is for, in proportion to what is left of them. */
  | { readonly kind: 'amount'; readonly amountMinor: Minor }
  | { readonly kind: 'free_shipping' }
  /** Of every `buy + get` units that it is for, the `get` cheapest. */
  | { readonly kind: 'buy_get'; readonly buy: number; readonly get: number; readonly ppm: number };

export interface Discount {
  readonly id: DiscountId;
  readonly version: number;
  readonly name: string;
  /** Null for one that nobody has to ask for. */
  readonly code: string | null;
  readonly benefit: Benefit;
  /** Stands alone: with it, no other discount applies. */
  readonly isExclusive: boolean;
  /** For these, and for what is in these categories; where there are neither, for everything. */
  readonly productIds: readonly ProductId[];
  readonly categoryIds: readonly CategoryId[];
  readonly groupId: CustomerGroupId | null;
  readonly isFirstOrderOnly: boolean;
  /** Of the lines that it is for, before any discount. */
  readonly minimumMinor: Minor;
}

/** What it costs from a weight in grams, a price or a number of units on. */
export interface RateStep {
  readonly from: number;
  readonly rateMinor: Minor;
}

export const SHIPPING_KINDS = ['flat', 'by_weight', 'by_price', 'by_quantity', 'pickup'] as const;
export type ShippingKind = (typeof SHIPPING_KINDS)[number];

export interface ShippingMethod {
  readonly id: ShippingMethodId;
  readonly version: number;
  readonly name: string;
  readonly kind: ShippingKind;
  /** In ascending order; the first from 0. */
  readonly steps: readonly RateStep[];
  /** Costs nothing where the goods, less their discounts, come to as much. */
  readonly freeFromMinor: Minor | null;
}

export interface TaxRate {
  readonly name: string;
  readonly ppm: number;
}

/** By tax category; what is in none of them is not taxed. Shipping is in one of its own. */
export type TaxRates = Readonly<Record<string, TaxRate>>;
export const SHIPPING_TAX_CATEGORY = 'shipping';

export interface Rules {
  readonly discounts: readonly Discount[];
  /** Null where nothing was chosen. */
  readonly shipping: ShippingMethod | null;
  readonly taxRates: TaxRates;
  /** Whether prices, those of shipping too, contain the tax. */
  readonly pricesIncludeTax: boolean;
}

export interface Basket {
  /** One a variant. */
  readonly lines: readonly BasketLine[];
  readonly customer: Customer;
}

/** The tax on an amount: what is added to it, and what it contains. One of the two is 0. */
export interface Tax {
  readonly taxMinor: Minor;
  readonly includedTaxMinor: Minor;
  readonly taxRatePpm: number;
}

export interface LinePrice extends Tax {
  readonly subtotalMinor: Minor;
  readonly discountMinor: Minor;
}

export interface AppliedDiscount {
  readonly discount: Discount;
  /** In the order of the basket's lines. */
  readonly sharesMinor: readonly Minor[];
  /** What it takes off shipping. */
  readonly shippingMinor: Minor;
}

export interface ShippingPrice extends Tax {
  readonly method: ShippingMethod;
  readonly listMinor: Minor;
  readonly discountMinor: Minor;
}

/** `total = subtotal - discount + shipping + tax`; shipping is less its own discount. */
export interface Totals {
  readonly subtotalMinor: Minor;
  readonly discountMinor: Minor;
  readonly shippingMinor: Minor;
  readonly taxMinor: Minor;
  /** Contained in the rest, and never added. */
  readonly includedTaxMinor: Minor;
  readonly totalMinor: Minor;
}

export interface Breakdown extends Totals {
  /** In the order of the basket's. */
  readonly lines: readonly LinePrice[];
  /** In the order in which they applied. */
  readonly discounts: readonly AppliedDiscount[];
  /** Null where nothing is shipped, or no method was chosen. */
  readonly shipping: ShippingPrice | null;
}
