/**
 * What the shop sells in, as this process knows it: asked anew when that is old or something was said to have changed, and
 * never by whoever only guesses codes.
 */

import { type Clock, SECOND_MS } from '#lib/clock.ts';
import { type Currency, SHOP_CURRENCY } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';

export interface SoldCurrencies {
  /** As it was last known, without waiting. The shop's own is always sold in. */
  isSold(code: string): boolean;
  /** All of them, as they were last known. */
  known(): readonly Currency[];
  /** @throws {AppError} `currency_not_sold` */
  requireSold(code: string | undefined): Promise<Currency>;
  /** Asks again, now. */
  refresh(): Promise<void>;
}

const MAX_AGE_MS = 10 * SECOND_MS;

export function createSoldCurrencies(load: () => Promise<readonly Currency[]>, clock: Clock): SoldCurrencies {
  let sold: ReadonlySet<string> = new Set([SHOP_CURRENCY]);
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | null = null;
  const ask = async () => {
    const startedAt = clock.now().getTime();
    sold = new Set([SHOP_CURRENCY, ...(await load())]);
    askedAt = startedAt;
  };
  /** One question at a time: who comes while it is asked may want a later answer, and asks after it. */
  const refresh = async (): Promise<void> => {
    await asking?.catch(() => {});
    asking ??= ask().finally(() => {
      asking = null;
    });
    await asking;
  };
  const isOld = () => clock.now().getTime() - askedAt >= MAX_AGE_MS;
  return {
    isSold: (code) => sold.has(code),
    known: () => [...sold] as Currency[],
    refresh,
    requireSold: async (code = SHOP_CURRENCY) => {
      if (code === SHOP_CURRENCY) return SHOP_CURRENCY;
      if (isOld()) {
        try {
          await (asking ?? refresh());
        } catch (error) {
          // What was known stands while nothing newer is to be had.
          if (askedAt === Number.NEGATIVE_INFINITY) throw error;
        }
      }
      if (!sold.has(code)) throw new AppError('currency_not_sold', { currency: code });
      return code as Currency;
    },
  };
}
