/** The letters of a return, one for each of its steps. */

import { formatMoney, money } from '#lib/money.ts';
import type { ReadReturn } from '#origin/returns/service.ts';
import { escapeHtml, type Letter, page } from './receipt.ts';

export const RETURN_NEWS = [
  'return.requested',
  'return.authorised',
  'return.rejected',
  'return.received',
  'return.refunded',
] as const;
export type ReturnNews = (typeof RETURN_NEWS)[number];

export function isReturnNews(name: string): name is ReturnNews {
  return RETURN_NEWS.some((news) => news === name);
}

export function writeReturnLetter(news: ReturnNews, found: ReadReturn): Letter {
  const { order, lines } = found;
  const subject = `Your return from order ${order.number}`;
  const rows = lines.map(({ name, optionValues, asked }) => ({
    quantity: asked,
    what: [name, ...optionValues].join(', '),
  }));
  const said = sentences(news, found);
  return {
    subject,
    text: [...said, '', ...rows.map(({ quantity, what }) => `${quantity} x ${what}`), ''].join('\n'),
    html: page(
      subject,
      `${said.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')}
<table role="presentation" cellpadding="6">
${rows.map(({ quantity, what }) => `<tr><td>${quantity} ×</td><td>${escapeHtml(what)}</td></tr>`).join('\n')}
</table>`,
    ),
  };
}

function sentences(news: ReturnNews, found: ReadReturn): readonly string[] {
  const { order, row } = found;
  switch (news) {
    case 'return.requested':
      return ['We have your wish to send this back, and will answer it.'];
    case 'return.authorised':
      return ['You may send this back.'];
    case 'return.rejected':
      return ['We cannot take this back.', row.answer];
    case 'return.received':
      return ['What you sent back has reached us.', ...ofExchange(found)];
    case 'return.refunded':
      return row.refundMinor === null
        ? ['Your money is on its way back.']
        : [`${formatMoney(money(row.refundMinor, order.currency))} is on its way back to you.`];
  }
}

/** What becomes of the replacements that were asked for. */
function ofExchange({ lines, exchangeNumber }: ReadReturn): readonly string[] {
  const unmet = lines.filter((line) => line.replacementId !== null && line.came > line.exchanged);
  const names = unmet.map(({ name, optionValues }) => [name, ...optionValues].join(', '));
  return [
    ...(exchangeNumber === null ? [] : [`What you get for it is on its way as order ${exchangeNumber}.`]),
    ...(names.length === 0
      ? []
      : [
          `We cannot send what you wanted instead of ${names.join('; ')}: ` +
            'you get your money back, where you do not have it yet.',
        ]),
  ];
}
