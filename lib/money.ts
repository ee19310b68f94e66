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

/** How many decimal places the currency's minor unit stands for (ISO 4217, through CLDR). */
export function minorDigits(currencyCode: Currency): number {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: currencyCode });
  return format.resolvedOptions().maximumFractionDigits ?? 2;
}

/** For people: `$19.99`, `¥500`. */
export function formatMoney({ amount, currency: currencyCode }: Money, locale = 'en-US'): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency: currencyCode });
  return format.format(amount / 10 ** minorDigits(currencyCode));
}

/**
 * Reads a decimal price as people write it in files: `9.99`, `50`, `1299.00`.
 * Null when it is no plain decimal, has more places than the currency, or leaves the safe range.
 */
export function parseDecimal(text: string, currencyCode: Currency): Minor | null {
  const match = /^(\d{1,13})(?:\.(\d+))?$/.exec(text.trim());
  if (match === null) return null;
  const places = minorDigits(currencyCode);
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > places) return null;
  const value = Number(`${match[1]}${fraction.padEnd(places, '0')}`);
  return Number.isSafeInteger(value) ? (value as Minor) : null;
}
