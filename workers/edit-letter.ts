/** The letter of an edit: what was taken off an order, what goes back for it, and where it goes now. */

import { formatMoney, money } from '#lib/money.ts';
import type { ReadEdit } from '#origin/order-edits/service.ts';
import { escapeHtml, type Letter, page } from './receipt.ts';

export function writeEditLetter({ order, edit, removed, shippingAddress }: ReadEdit): Letter {
  const subject = `Your order ${order.number} was changed`;
  const rows = removed.map(({ name, optionValues, quantity }) => ({
    quantity,
    what: [name, ...optionValues].join(', '),
  }));
  const refund = edit.refundMinor === null ? null : formatMoney(money(edit.refundMinor, order.currency));
  const { name, line1, line2, city, region, postalCode, country } = shippingAddress;
  const address = [name, line1, line2, `${postalCode} ${city}`, region, country].filter(
    (part) => part !== undefined,
  );
  const off = rows.length === 0 ? [] : ['This was taken off it:'];
  const back = refund === null ? [] : [`${refund} is on its way back to you.`];
  const goesTo = edit.changesAddress ? ['It goes to:'] : [];
  return {
    subject,
    text: [
      ...off,
      ...rows.map(({ quantity, what }) => `${quantity} x ${what}`),
      ...back,
      ...goesTo,
      ...(edit.changesAddress ? address : []),
      '',
    ].join('\n'),
    html: page(
      subject,
      [
        ...off.map((text) => `<p>${text}</p>`),
        '<table role="presentation" cellpadding="6">',
        ...rows.map(({ quantity, what }) => `<tr><td>${quantity} ×</td><td>${escapeHtml(what)}</td></tr>`),
        '</table>',
        ...back.map((text) => `<p>${escapeHtml(text)}</p>`),
        ...goesTo.map((text) => `<p>${text}<br>${address.map(escapeHtml).join('<br>')}</p>`),
      ].join('\n'),
    ),
  };
}
