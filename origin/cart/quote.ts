/**
 * A signed statement of what a cart costs, for a while: it travels with the shopper from the cart to the charge.
 * Nothing is priced by it. Checkout compares it with the database and charges what both say, or nothing.
 */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { MINUTE_MS } from '#lib/clock.ts';
import type { CartId, VariantId } from '#lib/ids.ts';
import type { Currency, Minor } from '#lib/money.ts';
import type { Discount, ShippingMethod, Totals } from '#origin/pricing/service.ts';

export interface QuotedLine {
  readonly variantId: VariantId;
  readonly productVersion: number;
  readonly quantity: number;
  readonly unitPriceMinor: Minor;
  /** Discount, tax, contained tax, and the rate of both in parts per million: short, for there may be many lines. */
  readonly parts: readonly [discount: Minor, tax: Minor, includedTax: Minor, taxRatePpm: number];
}

export interface Quote extends Totals {
  readonly cartId: CartId;
  readonly cartVersion: number;
  readonly currency: Currency;
  readonly lines: readonly QuotedLine[];
  readonly discounts: readonly Pick<Discount, 'id' | 'version' | 'code'>[];
  readonly shippingMethod: Pick<ShippingMethod, 'id' | 'version'> | null;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** Signs quotes, and knows its own again. */
export interface Quotes {
  sign(quote: Quote): string;
  /** Null for a token that no key of ours has signed. */
  read(token: string): Quote | null;
}

export interface QuoteKeys {
  /** Signs, and verifies. */
  readonly current: string;
  /** Verifies only: the key before the current one, for as long as its quotes are good. */
  readonly previous?: string | undefined;
}

export const QUOTE_LIFE_MS = 30 * MINUTE_MS;
/** A hundred lines come to some 26,000 characters, and a hundred discounts to some 17,000. */
export const MAX_QUOTE_LENGTH = 50_000;

/** Names what is signed and how: a later form gets another, and this one is refused by its name. */
const FORM = 'q2';
const KEY_NAME_LENGTH = 8;

/** A token is `form.key.quote.signature`; its key is named, so that keys can be changed while quotes are out. */
export function createQuotes({ current, previous }: QuoteKeys): Quotes {
  const secrets = previous === undefined ? [current] : [previous, current];
  const keys = new Map(secrets.map((secret) => [nameOf(secret), secret] as const));
  return {
    sign: (quote) => {
      const payload = Buffer.from(JSON.stringify(quote)).toString('base64url');
      const signed = [FORM, nameOf(current), payload].join('.');
      return `${signed}.${signatureOf(signed, current)}`;
    },
    read: (token) => {
      const [form, name = '', payload = '', signature = '', ...rest] = token.split('.');
      const secret = keys.get(name);
      if (form !== FORM || secret === undefined || rest.length > 0) return null;
      if (!areEqual(signature, signatureOf([form, name, payload].join('.'), secret))) return null;
      return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Quote;
    },
  };
}

function nameOf(secret: string): string {
  return createHash('sha256')
    .update(`name of a quote key: ${secret}`)
    .digest('hex')
    .slice(0, KEY_NAME_LENGTH);
}

function signatureOf(signed: string, secret: string): string {
  return createHmac('sha256', secret).update(signed).digest('base64url');
}

/** In a time that does not tell where they differ. As texts: different ones may decode to the same bytes. */
function areEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
