/** What is mailed to who waits for stock, as HTML and as plain text. A product's name is whatever its seller has typed. */

import { STOP_NOTICES_PATH } from '#lib/edge-contract.ts';
import type { StockLetter } from '#origin/stock-notices/service.ts';
import { escapeHtml, type Letter, page } from './receipt.ts';

interface StockMail extends Letter {
  /** For mail programs: ends all such mails by one click. Null where there is no address to send it to. */
  readonly stopUrl: string | null;
}

/** @param shopUrl where the shop's pages are, and the edge: without it the letter has the token alone. */
export function writeStockLetter(
  { kind, token, product }: StockLetter,
  shopUrl: string | undefined,
): StockMail {
  const what = [product.name, ...product.options].join(', ');
  const link = (path: string) => (shopUrl === undefined ? null : `${shopUrl}/${path}`);
  if (kind === 'confirm') {
    const subject = 'Shall we tell you when it is back?';
    const lines = [
      `Somebody wants this address to be told once ${what} is back in stock. To confirm it, use this within a day:`,
      link(`confirm-notice#token=${token}`) ?? token,
      'If that was not you, do nothing: you will not be written to again about it.',
    ];
    return { subject, ...bodyOf(subject, lines), stopUrl: null };
  }
  const subject = `Back in stock: ${what}`;
  const lines = [
    `${what} can be bought again. There may not be much of it.`,
    ...(shopUrl === undefined ? [] : [`${shopUrl}/products/${encodeURIComponent(product.slug)}`]),
    'You asked to be told once, and this was it. To stop all such emails that you still wait for:',
    link(`stop-notices#token=${token}`) ?? token,
  ];
  const stopUrl = shopUrl === undefined ? null : `${shopUrl}${STOP_NOTICES_PATH}?token=${token}`;
  return { subject, ...bodyOf(subject, lines), stopUrl };
}

function bodyOf(subject: string, lines: readonly string[]): Pick<Letter, 'text' | 'html'> {
  const paragraphs = lines.map(escapeHtml).map((text) => {
    const isLink = /^https?:\/\/\S+$/.test(text);
    return isLink ? `<p><a href="${text}">${text}</a></p>` : `<p>${text}</p>`;
  });
  return { text: `${lines.join('\n\n')}\n`, html: page(escapeHtml(subject), paragraphs.join('\n')) };
}
