/** The last word of the full demo: whatever of quote, charge, order and ledger differs is named, and fails it. */

import { expect, spyOn, test } from 'bun:test';
import type { Order, Quote } from '#ops/demo/answers.ts';
import type { Charged } from '#ops/demo/bank.ts';
import { type Books, sayDifferences } from '#ops/demo/books.ts';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

const line = {
  ...{ variantId: 'variant', quantity: 2, unitPrice: eur(1_000), taxRatePpm: 190_000 },
  ...{ discount: eur(200), tax: eur(0), includedTax: eur(287) },
};
const price = {
  ...{ subtotal: eur(2_000), discount: eur(200), shipping: eur(490), tax: eur(0) },
  ...{ includedTax: eur(365), total: eur(2_290) },
  discounts: [{ name: 'Less', code: 'WELCOME10' }],
  shippingMethod: {
    ...{ name: 'Express', price: eur(490), discount: eur(0), tax: eur(0), includedTax: eur(78) },
  },
};
const movement = { source: 're_1', currency: 'EUR' };

function books(): Books {
  const units = { packed: 2, shipped: 2, delivered: 2, returned: 1 };
  const payment = { brand: 'visa', lastFour: '4242', paid: eur(2_290), refunded: eur(900) };
  const quote: Quote = { token: 'q', ...price, lines: [line] };
  const order: Order = {
    ...{ id: 'order', number: '1', status: 'partially_refunded', ...price, payment },
    ...{ items: [{ ...line, id: 'item', name: 'Mug', units }], refunds: [], timeline: [] },
  };
  const totals = { currency: 'eur', successfulCharges: 1, capturedMinor: 2_290, refundedMinor: 900 };
  const charge = { paymentIntent: { amount: 2_290 }, totals } as unknown as Charged;
  const entries = [
    { kind: 'capture', account: 'sales', amount: -2_290, ...movement },
    { kind: 'refund', account: 'refunds', amount: 900, ...movement },
  ];
  // Nothing of the one is part of the other.
  return JSON.parse(JSON.stringify({ quote, order, charge, entries })) as Books;
}

function verdictOn(them: Books): string {
  const spy = spyOn(console, 'log').mockImplementation(() => {});
  try {
    sayDifferences(them);
    return 'no difference';
  } catch (error) {
    return String(error);
  } finally {
    spy.mockRestore();
  }
}

/** Every number and text in a value, by where it is. */
function leavesOf(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...at, name]));
}

function spoil(value: unknown, [name = '', ...rest]: readonly string[]): void {
  const holder = value as Record<string, unknown>;
  const inner = holder[name];
  if (rest.length > 0) spoil(inner, rest);
  else holder[name] = typeof inner === 'number' ? inner + 1 : `${String(inner)}x`;
}

test('books that say the same are no failure', () => {
  expect(verdictOn(books())).toBe('no difference');
});

test('whatever amount, rate or name of the quote is another, it is a difference', () => {
  const { token: _, ...promised } = books().quote;
  for (const leaf of leavesOf(promised)) {
    const them = books();
    spoil(them.quote, leaf);
    expect(verdictOn(them), leaf.join('.')).toContain('the books differ');
  }
});

test('so it is with what was charged, refunded and written into the ledger', () => {
  for (const leaf of leavesOf(books().charge)) {
    const them = books();
    spoil(them.charge, leaf);
    expect(verdictOn(them), leaf.join('.')).toContain('the books differ');
  }
  for (const index of ['0', '1']) {
    const them = books();
    spoil(them.entries, [index, 'amount']);
    expect(verdictOn(them)).toContain('the books differ');
  }
});
