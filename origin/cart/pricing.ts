/** What a cart costs now, and what has changed since the shopper looked. Prices come from the database only. */

import { after } from '#lib/clock.ts';
import {
  type Currency,
  type Minor,
  minor,
  money,
  SHOP_CURRENCY,
  sumMinor,
  timesQuantity,
} from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import type { CartQuote, Notice } from './model.ts';
import { QUOTE_LIFE_MS, type Quote, type Quotes, type Totals } from './quote.ts';
import type { CartLineRow, CartRow } from './store.ts';

export interface PricedLine extends CartLineRow {
  readonly lineTotalMinor: Minor;
  readonly notice: Notice | null;
}

export interface PricedCart extends Totals, Pick<CartRow, 'id' | 'version'> {
  readonly lines: readonly PricedLine[];
  readonly currency: Currency;
}

/** What Stripe charges at least and at most, in cents: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const MIN_CHARGE_MINOR = 50;
const MAX_CHARGE_MINOR = 99_999_999;

const NOTHING = minor(0);

/** @throws {AppError} `total_not_chargeable` when it is more than a number can hold */
export function priceCart(
  { id, version }: Pick<CartRow, 'id' | 'version'>,
  rows: readonly CartLineRow[],
): PricedCart {
  if (!isExact(rows)) throw notChargeable();
  const lines = rows.map((row) => ({
    ...row,
    lineTotalMinor: timesQuantity(row.priceMinor, row.quantity),
    notice: noticeOf(row),
  }));
  const currency = rows[0]?.currency ?? SHOP_CURRENCY;
  const subtotalMinor = sumMinor(lines.map((line) => line.lineTotalMinor));
  return { id, version, lines, currency, ...totalsOf(subtotalMinor) };
}

/** Discounts, shipping and tax have their place here, and so in the quote, the order and the charge. */
function totalsOf(subtotalMinor: Minor): Totals {
  return {
    subtotalMinor,
    discountMinor: NOTHING,
    shippingMinor: NOTHING,
    taxMinor: NOTHING,
    totalMinor: subtotalMinor,
  };
}

/** Nothing in a cart is negative: where the whole is exact, so is every part. */
function isExact(rows: readonly CartLineRow[]): boolean {
  return Number.isSafeInteger(rows.reduce((sum, row) => sum + row.priceMinor * row.quantity, 0));
}

/** @throws {AppError} `total_not_chargeable` */
export function requireChargeable({ totalMinor }: Totals): void {
  if (totalMinor < MIN_CHARGE_MINOR || totalMinor > MAX_CHARGE_MINOR) throw notChargeable();
}

function notChargeable(): AppError {
  return new AppError('total_not_chargeable', { minimum: MIN_CHARGE_MINOR, maximum: MAX_CHARGE_MINOR });
}

function noticeOf({
  withdrawn,
  available,
  quantity,
  priceMinor,
  seenPriceMinor,
}: CartLineRow): Notice | null {
  if (withdrawn) return 'withdrawn';
  if (available < quantity) return 'out_of_stock';
  return priceMinor === seenPriceMinor ? null : 'price_changed';
}

/** The cart's prices as a promise that checkout keeps or takes back out loud. */
export function quoteFor(quotes: Quotes, cart: PricedCart, now: Date): CartQuote {
  const { id: cartId, version: cartVersion, currency } = cart;
  const { subtotalMinor, discountMinor, shippingMinor, taxMinor, totalMinor } = cart;
  const quote: Quote = {
    cartId,
    cartVersion,
    currency,
    lines: cart.lines.map(({ variantId, productVersion, quantity, priceMinor }) => ({
      variantId,
      productVersion,
      quantity,
      unitPriceMinor: priceMinor,
    })),
    ...{ subtotalMinor, discountMinor, shippingMinor, taxMinor, totalMinor },
    expiresAt: after(now, QUOTE_LIFE_MS).toISOString(),
  };
  return {
    token: quotes.sign(quote),
    expiresAt: quote.expiresAt,
    subtotal: money(subtotalMinor, currency),
    discount: money(discountMinor, currency),
    shipping: money(shippingMinor, currency),
    tax: money(taxMinor, currency),
    total: money(totalMinor, currency),
  };
}
