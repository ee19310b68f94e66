/** The confirmation of an order: complete, the same in both forms, and never somebody's markup. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Receipt } from '#origin/orders/service.ts';
import { writeReceipt } from '#workers/receipt.ts';

interface Bought {
  readonly name: string;
  readonly quantity: number;
  readonly unitPriceMinor: number;
  readonly optionValues?: readonly string[];
}

function receipt(lines: readonly Bought[], currency = 'USD', address: object = {}): Receipt {
  const priced = lines.map((line) => ({
    optionValues: [],
    ...line,
    lineTotalMinor: line.unitPriceMinor * line.quantity,
  }));
  const order = {
    number: 100_042,
    currency,
    totalMinor: priced.reduce((sum, { lineTotalMinor }) => sum + lineTotalMinor, 0),
  };
  const shippingAddress = {
    name: 'Ada Lovelace',
    line1: '12 St James Square',
    city: 'London',
    postalCode: 'SW1Y 4JH',
    country: 'GB',
    ...address,
  };
  // Only what a letter reads of the rows.
  return { order, shippingAddress, lines: priced } as unknown as Receipt;
}

test('it says what was bought, how many, for how much, and where it goes', () => {
  const letter = writeReceipt(
    receipt(
      [
        { name: 'Mug', optionValues: ['Red', 'Large'], quantity: 2, unitPriceMinor: 1450 },
        { name: 'Lamp', quantity: 1, unitPriceMinor: 5 },
      ],
      'USD',
      { line2: 'Flat 3', region: 'Greater London' },
    ),
  );
  expect(letter.subject).toBe('Your order 100042');
  expect(letter.text).toBe(
    [
      'Thank you for your order 100042.',
      '',
      '2 x Mug, Red, Large: $29.00',
      '1 x Lamp: $0.05',
      '',
      'Total: $29.05',
      '',
      'It goes to:',
      'Ada Lovelace',
      '12 St James Square',
      'Flat 3',
      'SW1Y 4JH London',
      'Greater London',
      'GB',
      '',
    ].join('\n'),
  );
  for (const part of ['Mug, Red, Large', '$29.00', '$0.05', '$29.05', 'Flat 3', 'Greater London']) {
    expect(letter.html).toContain(part);
  }
});

test('a currency without cents is shown without them', () => {
  const { text } = writeReceipt(receipt([{ name: 'Mug', quantity: 1, unitPriceMinor: 500 }], 'JPY'));
  expect(text).toContain('Total: ¥500');
});

test('no text of a shopper or a seller becomes markup', () => {
  const nasty = fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", 'a', '/', ' ', '=') });
  fc.assert(
    fc.property(nasty, nasty, nasty, (name, option, line1) => {
      const lines = [{ name, optionValues: [option], quantity: 1, unitPriceMinor: 1 }];
      const harmless = [{ name: 'x', optionValues: ['x'], quantity: 1, unitPriceMinor: 1 }];
      const tagsOf = (html: string) => html.match(/<[^>]*>/g);
      const { html, text } = writeReceipt(receipt(lines, 'USD', { line1 }));
      expect(tagsOf(html)).toEqual(tagsOf(writeReceipt(receipt(harmless)).html));
      expect(text).toContain(`1 x ${name}, ${option}: $0.01`);
    }),
  );
});

test('it explains the total, where there is more to it than the lines', () => {
  const plain = receipt([{ name: 'Mug', quantity: 2, unitPriceMinor: 1450 }]);
  const parts = {
    discountMinor: 290,
    shippingMinor: 490,
    taxMinor: 275,
    includedTaxMinor: 0,
    totalMinor: 3375,
  };
  const { text, html } = writeReceipt({ ...plain, order: { ...plain.order, ...parts } } as Receipt);
  expect(text).toContain('Less: $2.90\nShipping: $4.90\nTax: $2.75\n\nTotal: $33.75');
  for (const shown of ['Less', '$2.90', 'Shipping', '$4.90', 'Tax', '$2.75']) expect(html).toContain(shown);
  expect(html).not.toContain('Contained tax');
});

test('it names the invoice where the shop has pages; a replacement costs nothing and has none', () => {
  const bought = receipt([{ name: 'Mug', quantity: 1, unitPriceMinor: 1_450 }]);
  const id = '01890a5d-ac96-774b-bcce-b302099a8080';
  const order = { ...bought.order, id } as typeof bought.order;
  const link = `https://shop.example/orders/${id}/invoice`;
  const letter = writeReceipt({ ...bought, order }, 'https://shop.example');
  expect(letter.text).toContain(`The invoice:\n${link}`);
  expect(letter.html).toContain(`<a href="${link}">`);
  const free = receipt([{ name: 'Mug', quantity: 1, unitPriceMinor: 0 }]);
  const replaced = writeReceipt(free, 'https://shop.example');
  expect(replaced.text).toContain('What you get for what you sent back is your order 100042.');
  expect(replaced.text).not.toContain('invoice');
});
