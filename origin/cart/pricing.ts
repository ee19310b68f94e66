/** What a cart costs now, and what has changed since the shopper looked. Prices come from the database only. */

import { type Currency, type Minor, money, SHOP_CURRENCY, sumMinor, timesQuantity } from '#lib/money.ts';
import type { Notice } from './model.ts';
import type { CartLineRow } from './store.ts';

export interface PricedLine extends CartLineRow {
  readonly lineTotalMinor: Minor;
  readonly notice: Notice | null;
}

export interface PricedCart {
  readonly lines: readonly PricedLine[];
  readonly currency: Currency;
  readonly subtotalMinor: Minor;
}

export function priceLines(rows: readonly CartLineRow[]): PricedCart {
  const lines = rows.map((row) => ({
    ...row,
    lineTotalMinor: timesQuantity(row.priceMinor, row.quantity),
    notice: noticeOf(row),
  }));
  return {
    lines,
    currency: rows[0]?.currency ?? SHOP_CURRENCY,
    subtotalMinor: sumMinor(lines.map((line) => line.lineTotalMinor)),
  };
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

export function unitPrice(line: PricedLine) {
  return money(line.priceMinor, line.currency);
}
