/** What Stripe charges: in which currencies its amounts are ours, and how much. https://docs.stripe.com/currencies */

import { type Currency, type Minor, minor, minorDigits } from '#lib/money.ts';

/** Stripe counts ISK and UGX in hundredths, which they have not, and MGA in whole ones, which has parts. */
const COUNTED_OTHERWISE: ReadonlySet<string> = new Set(['ISK', 'MGA', 'UGX']);
/** Of thousandths Stripe wants the last digit to be 0, in each total and each refund. */
const MOST_PLACES = 2;

/** In minor units. Where Stripe converts, it may want more by the rate of the day: then it says so itself. */
const LEAST_MINOR: Readonly<Record<string, number>> = {
  AED: 200,
  CZK: 1_500,
  DKK: 250,
  GBP: 30,
  HKD: 400,
  HUF: 17_500,
  MXN: 1_000,
  MYR: 200,
  NOK: 300,
  PLN: 200,
  RON: 200,
  SEK: 300,
  THB: 1_000,
};
const USUAL_LEAST_MINOR = 50;
const MOST_MINOR = 99_999_999;

/** Whether an amount is the same number at Stripe; in no other currency anything is sold. */
export function isCountedAlike(currency: Currency): boolean {
  return minorDigits(currency) <= MOST_PLACES && !COUNTED_OTHERWISE.has(currency);
}

/** What Stripe charges at least and at most, in minor units. */
export function chargeLimits(currency: Currency): { readonly minimum: Minor; readonly maximum: Minor } {
  return { minimum: minor(LEAST_MINOR[currency] ?? USUAL_LEAST_MINOR), maximum: minor(MOST_MINOR) };
}
