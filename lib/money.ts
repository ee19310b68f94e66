/** Money as integer minor units with an ISO 4217 code. Arithmetic refuses fractions and unsafe integers. */

import { assert } from './assert.ts';
import type { Brand } from './ids.ts';

/** An amount in the currency's minor unit (cents for USD, yen for JPY); a safe integer. */
export type Minor = Brand<number, 'Minor'>;

/** ISO 4217 alphabetic code, upper case. */
export type Currency = Brand<string, 'Currency'>;

export interface Money {
  readonly amount: Minor;
  readonly currency: Currency;
}

export function minor(value: number): Minor {
  assert(Number.isSafeInteger(value), `an amount of ${value} is no safe integer`);
  return value as Minor;
}

export function currency(code: string): Currency {
  assert(/^[A-Z]{3}$/.test(code), `${code} is no ISO 4217 code`);
  return code as Currency;
}

/** What products are priced in, until price lists say otherwise. */
export const SHOP_CURRENCY = currency('USD');

export function money(amount: Minor, currencyCode: Currency): Money {
  return { amount, currency: currencyCode };
}

export function sumMinor(amounts: readonly Minor[]): Minor {
  return minor(amounts.reduce((total, amount) => total + amount, 0));
}

export function timesQuantity(unitPrice: Minor, quantity: number): Minor {
  assert(Number.isSafeInteger(quantity) && quantity >= 0, `a quantity of ${quantity} is no whole number`);
  return minor(unitPrice * quantity);
}

/**
 * ISO 4217, where the minor unit is not the hundredth. A table, because runtimes disagree: for HUF or IQD
 * `Intl` gives other places in V8 (the edge) than in Bun (the origin).
 */
const PLACES: ReadonlyMap<string, number> = new Map([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map(places(0)),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map(places(3)),
  ...'CLF UYW'.split(' ').map(places(4)),
]);
const USUAL_PLACES = 2;

function places(count: number): (code: string) => readonly [string, number] {
  return (code) => [code, count];
}

/** How many decimal places the currency's minor unit stands for. */
export function minorDigits(currencyCode: Currency): number {
  return PLACES.get(currencyCode) ?? USUAL_PLACES;
}

/** For people: `$19.99`, `¥500`. */
export function formatMoney({ amount, currency: currencyCode }: Money, locale = 'en-US'): string {
  const digits = minorDigits(currencyCode);
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: currencyCode,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return format.format(amount / 10 ** digits);
}

/** For files, as {@link parseDecimal} reads it: `19.99`, `500` for JPY. */
export function formatDecimal(amount: Minor, currencyCode: Currency): string {
  const digits = minorDigits(currencyCode);
  if (digits === 0) return String(amount);
  const text = String(amount).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/**
 * Reads a decimal price as people write it in files: `9.99`, `50`, `1299.00`.
 * Null when it is no plain decimal, has more places than the currency, or leaves the safe range.
 */
export function parseDecimal(text: string, currencyCode: Currency): Minor | null {
  const match = /^(\d{1,13})(?:\.(\d+))?$/.exec(text.trim());
  if (match === null) return null;
  const digits = minorDigits(currencyCode);
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > digits) return null;
  const value = Number(`${match[1]}${fraction.padEnd(digits, '0')}`);
  return Number.isSafeInteger(value) ? (value as Minor) : null;
}
