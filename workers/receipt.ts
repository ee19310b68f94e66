/** The confirmation of a paid order, as HTML and as plain text. */

import { formatMoney, money } from '#lib/money.ts';
import type { Receipt } from '#origin/orders/service.ts';

export interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** @param shopUrl where the shop's pages are: without it the letter names no invoice. */
export function writeReceipt({ order, shippingAddress, lines }: Receipt, shopUrl?: string): Letter {
  const isFree = order.totalMinor === 0;
  const thanks = isFree
    ? `What you get for what you sent back is your order ${order.number}.`
    : `Thank you for your order ${order.number}.`;
  const link = shopUrl === undefined || isFree ? null : `${shopUrl}/orders/${order.id}/invoice`;
  const price = (amount: typeof order.totalMinor) => formatMoney(money(amount, order.currency));
  const rows = lines.map((line) => ({
    what: [line.name, ...line.optionValues].join(', '),
    quantity: line.quantity,
    total: price(line.lineTotalMinor),
  }));
  const total = price(order.totalMinor);
  const parts = partsOf(order).map(([what, amount]) => ({ what, sum: price(amount) }));
  const cells = [
    ...rows.map(({ what, quantity, total: sum }) => cellsOf(`${quantity} ×`, what, sum)),
    ...parts.map(({ what, sum }) => cellsOf('', what, sum)),
  ];
  const { name, line1, line2, city, region, postalCode, country } = shippingAddress;
  const address = [name, line1, line2, `${postalCode} ${city}`, region, country].filter(
    (part) => part !== undefined,
  );
  return {
    subject: `Your order ${order.number}`,
    text: [
      thanks,
      '',
      ...rows.map(({ what, quantity, total: sum }) => `${quantity} x ${what}: ${sum}`),
      ...parts.map(({ what, sum }) => `${what}: ${sum}`),
      '',
      `Total: ${total}`,
      '',
      'It goes to:',
      ...address,
      ...(link === null ? [] : ['', 'The invoice:', link]),
      '',
    ].join('\n'),
    html: page(
      `Your order ${order.number}`,
      `<p>${thanks}</p>
<table role="presentation" cellpadding="6">
${cells.join('\n')}
<tr><td></td><td><strong>Total</strong></td><td align="right"><strong>${total}</strong></td></tr>
</table>
<p>It goes to:<br>${address.map(escapeHtml).join('<br>')}</p>${
        link === null ? '' : `\n<p><a href="${escapeHtml(link)}">The invoice</a></p>`
      }`,
    ),
  };
}

function cellsOf(quantity: string, what: string, sum: string): string {
  return `<tr><td>${quantity}</td><td>${escapeHtml(what)}</td><td align="right">${sum}</td></tr>`;
}

/** What explains the total beside the lines, where there is any of it. */
function partsOf({ discountMinor, shippingMinor, taxMinor, includedTaxMinor }: Receipt['order']) {
  const parts = [
    ['Less', discountMinor],
    ['Shipping', shippingMinor],
    ['Tax', taxMinor],
    ['Contained tax', includedTaxMinor],
  ] as const;
  return parts.filter(([, amount]) => amount > 0);
}

export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>
<body style="font-family: sans-serif; max-width: 40em; margin: 2em auto">
${body}
</body></html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
