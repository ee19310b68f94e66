/** In which currency the catalogue is read: the shop's own, or another that it sells in. */

import { type Currency, SHOP_CURRENCY } from '#lib/money.ts';
import type { CachedRead } from '#origin/cache/tiered-cache.ts';
import type { Deps } from '#origin/deps.ts';

interface Asked {
  readonly currency?: string | undefined;
}

/** What is asked for, and the prices in what; undefined where it is all the same. */
export interface Priced<Query> {
  readonly query: Omit<Query, 'currency'>;
  readonly currency: Currency;
}

/**
 * Refuses what nothing is sold in before any cache is asked: there are keys for the shop's currencies alone.
 * @throws {AppError} `currency_not_sold`
 */
export async function pricedIn<Query extends Asked>(
  { currencies }: Deps,
  { currency: asked, ...query }: Query,
): Promise<Priced<Query>> {
  return { query, currency: await currencies.requireSold(asked) };
}

/** What makes a key of its own of a query in a currency that is not the shop's. */
export function keyOf(currency: Currency): { readonly currency?: Currency } {
  return currency === SHOP_CURRENCY ? {} : { currency };
}

/** Memory gives answers in a currency only as long as it is sold in; then the request is looked at anew, and refused. */
export function whileSold({ currencies }: Deps, currency: Currency, read: CachedRead): CachedRead {
  if (currency === SHOP_CURRENCY) return read;
  return { ...read, peek: () => (currencies.isSold(currency) ? read.peek() : undefined) };
}
