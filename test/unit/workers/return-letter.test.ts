/** The letters of a return: each of its steps has one, and what people wrote is text in them. */

import { expect, test } from 'bun:test';
import { currency, minor } from '#lib/money.ts';
import type { ReadReturn } from '#origin/returns/service.ts';
import { isReturnNews, RETURN_NEWS, writeReturnLetter } from '#workers/return-letter.ts';

const FOUND = {
  order: { number: 100_001, currency: currency('USD') },
  row: { answer: '<b>Worn</b> & torn', refundMinor: minor(1_250) },
  lines: [
    { name: 'Mug <script>', optionValues: ['Red'], asked: 2, came: 2, replacementId: 'other', exchanged: 0 },
  ],
  exchangeNumber: null,
} as unknown as ReadReturn;

test.each(RETURN_NEWS)('%s names the order and what goes back, and is nothing but text', (news) => {
  const { subject, text, html } = writeReturnLetter(news, FOUND);
  expect(subject).toBe('Your return from order 100001');
  expect(text).toContain('2 x Mug <script>, Red');
  expect(html).toContain('Mug &lt;script&gt;, Red');
  expect(html).not.toContain('<script>');
});

test('a rejection says why, a refund how much', () => {
  const rejected = writeReturnLetter('return.rejected', FOUND);
  expect(rejected.text).toContain('<b>Worn</b> & torn');
  expect(rejected.html).toContain('&lt;b&gt;Worn&lt;/b&gt; &amp; torn');
  expect(writeReturnLetter('return.refunded', FOUND).text).toContain('$12.50 is on its way back');
});

test('a receipt says which order brings the replacement, or that there is none left', () => {
  const soldOut = writeReturnLetter('return.received', FOUND);
  expect(soldOut.text).toContain('instead of Mug <script>, Red: you get your money back');
  expect(soldOut.html).not.toContain('<script>');
  const lines = FOUND.lines.map((line) => ({ ...line, exchanged: 2 }));
  const exchanged = writeReturnLetter('return.received', { ...FOUND, lines, exchangeNumber: 100_002 });
  expect(exchanged.text).toContain('on its way as order 100002');
  expect(exchanged.text).not.toContain('sold out');
});

test('a withdrawal is no news: it is the shopper who withdraws', () => {
  expect(isReturnNews('return.withdrawn')).toBeFalse();
});
