/** The letters of a parcel: that it has left, and that it has arrived. */

import type { Parcel } from '#origin/fulfilment/service.ts';
import { escapeHtml, type Letter, page } from './receipt.ts';

export type ShipmentNews = 'shipment.shipped' | 'shipment.delivered';

const WORDS = {
  'shipment.shipped': 'is on its way',
  'shipment.delivered': 'has arrived',
} as const satisfies Record<ShipmentNews, string>;

export function writeShipmentLetter(news: ShipmentNews, { order, shipment, contents }: Parcel): Letter {
  const title = `Your order ${order.number} ${WORDS[news]}`;
  const rows = contents.map(({ name, optionValues, quantity }) => ({
    quantity,
    what: [name, ...optionValues].join(', '),
  }));
  const { carrier, trackingNumber, trackingUrl } = shipment;
  const way = [carrier, trackingNumber].filter((part) => part !== null).join(' ');
  const hasWay = news === 'shipment.shipped' && (way !== '' || trackingUrl !== null);
  const link = trackingUrl === null ? '' : escapeHtml(trackingUrl);
  const wayHtml = `<p>${escapeHtml(way)}${link === '' ? '' : ` <a href="${link}">${link}</a>`}</p>`;
  return {
    subject: title,
    text: [
      `A parcel of your order ${order.number} ${WORDS[news]}.`,
      '',
      ...rows.map(({ quantity, what }) => `${quantity} x ${what}`),
      '',
      ...(hasWay ? [way, ...(trackingUrl === null ? [] : [trackingUrl]), ''] : []),
    ].join('\n'),
    html: page(
      title,
      `<p>A parcel of your order ${order.number} ${WORDS[news]}.</p>
<table role="presentation" cellpadding="6">
${rows.map(({ quantity, what }) => `<tr><td>${quantity} ×</td><td>${escapeHtml(what)}</td></tr>`).join('\n')}
</table>${hasWay ? `\n${wayHtml}` : ''}`,
    ),
  };
}
