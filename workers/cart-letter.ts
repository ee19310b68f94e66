/** What is mailed of a cart that was left, as HTML and as plain text. Names are whatever sellers have typed. */

import { STOP_REMINDERS_PATH } from '#lib/edge-contract.ts';
import type { ReminderLetter } from '#origin/cart-reminders/service.ts';
import { escapeHtml, type Letter, page } from './receipt.ts';

interface CartMail extends Letter {
  /** For mail programs: ends all such mails by one click. Null where there is no address to send it to. */
  readonly stopUrl: string | null;
}

/** @param shopUrl where the shop's pages are, and the edge: without it the letter has the token alone. */
export function writeCartLetter(
  { token, goods, more }: ReminderLetter,
  shopUrl: string | undefined,
): CartMail {
  const subject = 'You have left something in your cart';
  const listed = goods.map(({ name, quantity }) => `${quantity} x ${name}`);
  const rest = more === 0 ? [] : [`and ${more} more`];
  const beforehand = 'This is still in your cart. Nothing of it is reserved, and prices may change:';
  const back = shopUrl === undefined ? [] : [`${shopUrl}/cart`];
  const stop = [
    'You asked to be reminded of such carts. To stop these emails:',
    shopUrl === undefined ? token : `${shopUrl}/stop-cart-reminders#token=${token}`,
  ];
  const goodsHtml = [...listed, ...rest].map((text) => `<li>${escapeHtml(text)}</li>`).join('\n');
  const html = [
    ...[`<p>${beforehand}</p>`, `<ul>${goodsHtml}</ul>`],
    ...[...back, ...stop].map(toParagraph),
  ].join('\n');
  return {
    subject,
    text: `${[beforehand, [...listed, ...rest].join('\n'), ...back, ...stop].join('\n\n')}\n`,
    html: page(subject, html),
    stopUrl: shopUrl === undefined ? null : `${shopUrl}${STOP_REMINDERS_PATH}?token=${token}`,
  };
}

function toParagraph(text: string): string {
  const escaped = escapeHtml(text);
  return /^https?:\/\/\S+$/.test(text) ? `<p><a href="${escaped}">${escaped}</a></p>` : `<p>${escaped}</p>`;
}
