/** What the order came to in the books: its ledger, and whether quote, charge and order say the same. */

import postgres from 'postgres';
import type { Order, Parts, Price, Quote } from './answers.ts';
import type { Charged } from './bank.ts';
import { DemoFailure, wait } from './shop.ts';
import { inColumns, inWords, say } from './tell.ts';

export interface Entry {
  readonly kind: string;
  /** Stripe's id of what moved the money. */
  readonly source: string;
  readonly currency: string;
  readonly account: string;
  /** Debits are positive, credits negative. */
  readonly amount: number;
}

const CONNECT_TIMEOUT_SECONDS = 5;
const CLOSE_TIMEOUT_SECONDS = 2;

/**
 * The order's entries, once the ledger has a movement of each of these kinds: Stripe tells of its fee after the payment.
 * @param databaseUrl of whoever may read the ledger
 */
export async function readLedger(
  databaseUrl: string,
  orderId: string,
  kinds: readonly string[],
): Promise<readonly Entry[]> {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: CONNECT_TIMEOUT_SECONDS });
  try {
    return await wait(`the ledger's ${kinds.join(', ')}`, async () => {
      const entries = await sql<Entry[]>`
        select t.kind, t.source, t.currency, e.account, e.amount_minor::float8 as amount
          from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
         where t.order_id = ${orderId} order by t.occurred_at, t.id, e.amount_minor desc`;
      return kinds.every((kind) => entries.some((entry) => entry.kind === kind)) ? [...entries] : null;
    });
  } catch (error) {
    if (error instanceof DemoFailure) throw error;
    throw new DemoFailure(`the ledger cannot be read: ${String(error)}`);
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }
}

const sumOf = (entries: readonly Entry[]) => entries.reduce((sum, { amount }) => sum + amount, 0);

/** The accounts with their debits and credits, and what they come to. @throws {DemoFailure} unless that is nothing */
export function sayLedger(entries: readonly Entry[], currency: string): void {
  const price = (amount: number) => (amount === 0 ? '' : inWords({ amount, currency }));
  const row = (name: string, of: readonly Entry[]) => {
    const [debit, credit] = [of.filter(({ amount }) => amount > 0), of.filter(({ amount }) => amount < 0)];
    const kinds = [...new Set(of.map(({ kind }) => kind))].join(', ');
    return [
      name,
      kinds,
      price(sumOf(debit)),
      price(-sumOf(credit)),
      inWords({ amount: sumOf(of), currency }),
    ];
  };
  const accounts = [...new Set(entries.map(({ account }) => account))];
  const rows = [
    ['account', 'moved by', 'debit', 'credit', 'balance'],
    ...accounts.map((account) =>
      row(
        account,
        entries.filter((entry) => entry.account === account),
      ),
    ),
    row('all', entries).with(1, ''),
  ];
  for (const [index, line] of inColumns(rows, 2).entries()) say(index === 0 ? 'ledger' : '', line);
  const sources = [...new Set(entries.map(({ source }) => source))];
  const uneven = sources.filter((source) => sumOf(entries.filter((entry) => entry.source === source)) !== 0);
  if (entries.some((entry) => entry.currency !== currency)) {
    throw new DemoFailure(`the ledger has moved money that is not in ${currency}`);
  }
  if (uneven.length > 0)
    throw new DemoFailure(`the ledger's entries do not sum to zero: ${uneven.join(', ')}`);
}

export interface Books {
  readonly quote: Quote;
  readonly order: Order;
  readonly charge: Charged;
  readonly entries: readonly Entry[];
}

/** One thing as two of them have it. */
interface Pair {
  readonly what: string;
  readonly one: string;
  readonly other: string;
}

const PARTS = ['subtotal', 'discount', 'shipping', 'tax', 'includedTax', 'total'] as const;
const text = ({ amount, currency }: Price) => `${amount} ${currency}`;

/** Everything that the quote promised, the bank charged and the order and its ledger keep, side by side. */
function pairsOf({ quote, order, charge, entries }: Books): readonly Pair[] {
  return [
    ...PARTS.map((part) => ({ what: part, one: text(quote[part]), other: text(order[part]) })),
    ...linePairs(quote, order),
    { what: 'lines', one: String(quote.lines.length), other: String(order.items.length) },
    { what: 'codes', one: namesOf(quote), other: namesOf(order) },
    { what: 'shipping method', one: shippingOf(quote), other: shippingOf(order) },
    ...moneyPairs(order, charge, entries),
  ];
}

function linePairs({ lines }: Quote, { items }: Order): readonly Pair[] {
  const terms = ({
    quantity,
    unitPrice,
    discount,
    tax,
    includedTax,
    taxRatePpm,
  }: Order['items'][number] | Quote['lines'][number]) =>
    [quantity, taxRatePpm, ...[unitPrice, discount, tax, includedTax].map(text)].join(', ');
  return lines.map((line) => {
    const item = items.find(({ variantId }) => variantId === line.variantId);
    return {
      what: `line ${line.variantId}`,
      one: terms(line),
      other: item === undefined ? 'none' : terms(item),
    };
  });
}

const namesOf = ({ discounts }: Pick<Quote, 'discounts'>) =>
  discounts.map(({ name, code }) => `${code} ${name}`).join(', ');

function shippingOf({ shippingMethod: way }: Pick<Quote, 'shippingMethod'>): string {
  if (way === null) return 'none';
  return [way.name, ...[way.price, way.discount, way.tax, way.includedTax].map(text)].join(', ');
}

function moneyPairs(
  { total, payment }: Order,
  { paymentIntent, totals }: Charged,
  entries: readonly Entry[],
) {
  const charged = (amount: number) => text({ amount, currency: totals.currency.toUpperCase() });
  const moved = (kind: string, account: string) =>
    sumOf(entries.filter((entry) => entry.kind === kind && entry.account === account));
  const inLedger = (amount: number) => text({ amount, currency: total.currency });
  return [
    { what: 'charge', one: text(total), other: charged(paymentIntent.amount) },
    { what: 'captured', one: text(total), other: charged(totals.capturedMinor) },
    { what: 'paid', one: text(total), other: text(payment.paid) },
    { what: 'charges', one: '1', other: String(totals.successfulCharges) },
    { what: 'refunded', one: text(payment.refunded), other: charged(totals.refundedMinor) },
    { what: 'sales in the ledger', one: text(total), other: inLedger(-moved('capture', 'sales')) },
    {
      what: 'refunds in the ledger',
      one: text(payment.refunded),
      other: inLedger(moved('refund', 'refunds')),
    },
  ];
}

/** @throws {DemoFailure} unless all are the same */
export function sayDifferences(books: Books): void {
  const pairs = pairsOf(books);
  const different = pairs.filter(({ one, other }) => one !== other);
  const sameness = `of ${pairs.length} things that quote, charge, order and ledger say`;
  say('books', `${different.length} differences ${sameness}`);
  if (different.length === 0) return;
  const told = different.map(({ what, one, other }) => `${what}: ${one} and ${other}`);
  throw new DemoFailure(`the books differ: ${told.join('; ')}`);
}

/** What the cart costs, line by line. */
export function sayQuote(quote: Quote, names: ReadonlyMap<string, string>): void {
  const goods = quote.lines.map((line) => [
    `${line.quantity} x ${names.get(line.variantId) ?? line.variantId}`,
    inWords({ amount: line.unitPrice.amount * line.quantity, currency: line.unitPrice.currency }),
    taxIn(line),
  ]);
  const reductions = quote.discounts.map(({ name, code }) => [`less ${code ?? 'no code'}: ${name}`, '', '']);
  const way = quote.shippingMethod;
  const rows = [
    ...goods,
    ...reductions.map((row, index) => row.with(1, index === 0 ? `-${inWords(quote.discount)}` : '')),
    ...(way === null ? [] : [[`shipping, ${way.name}`, inWords(quote.shipping), taxIn(way)]]),
    ...(quote.tax.amount === 0 ? [] : [['tax', inWords(quote.tax), '']]),
    ['total', inWords(quote.total), `${inWords(quote.includedTax)} of it tax`],
  ];
  for (const [index, line] of inColumns(rows, 1).entries()) say(index === 0 ? 'quote' : '', line);
}

function taxIn({ includedTax }: Pick<Parts, 'includedTax'>): string {
  return includedTax.amount === 0 ? '' : `${inWords(includedTax)} of it tax`;
}
