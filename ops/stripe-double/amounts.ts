/** Currencies and the least and largest amounts that Stripe charges, https://docs.stripe.com/currencies */

import { currency, formatMoney, minor, money } from '#lib/money.ts';
import { invalidParameter } from './errors.ts';

const MAX_AMOUNT_MINOR = 99_999_999;

/** In minor units, some of them fifty US cents at a rate of ours; other currencies take the default, where Stripe would convert. */
const LEAST_MINOR: Readonly<Record<string, number>> = {
  aed: 200,
  clp: 500,
  czk: 1_500,
  dkk: 250,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  mxn: 1_000,
  myr: 200,
  nok: 300,
  pln: 200,
  ron: 200,
  sek: 300,
  thb: 1_000,
};
const DEFAULT_LEAST_MINOR = 50;

const KNOWN = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()));

/** Any case is taken, as at Stripe; the answer says it in lower case. */
export function requireCurrency(code: string): string {
  const lower = code.toLowerCase();
  if (KNOWN.has(lower)) return lower;
  throw invalidParameter(`Invalid currency: ${code}. It is not among the currencies that Stripe supports.`, {
    param: 'currency',
  });
}

/** `$19.99`, `¥500`: how Stripe's messages name amounts. */
export function amountText(amountMinor: number, code: string): string {
  return formatMoney(money(minor(amountMinor), currency(code.toUpperCase())));
}

export function requireChargeable(amountMinor: number, code: string): void {
  const least = LEAST_MINOR[code] ?? DEFAULT_LEAST_MINOR;
  if (amountMinor < least) {
    throw invalidParameter(`Amount must be at least ${amountText(least, code)} ${code}`, {
      code: 'amount_too_small',
      param: 'amount',
    });
  }
  if (amountMinor > MAX_AMOUNT_MINOR) {
    throw invalidParameter(`Amount must be no more than ${amountText(MAX_AMOUNT_MINOR, code)}`, {
      code: 'amount_too_large',
      param: 'amount',
    });
  }
}
