/** What lies in a parcel: goods and where they go, and nothing of what they cost. */

import type { Parcel } from '#origin/fulfilment/service.ts';
import { type Column, dayOf, type Sheet } from './sheet.ts';

const COLUMNS: readonly Column[] = [
  { label: 'Item', share: 0.6, align: 'left' },
  { label: 'SKU', share: 0.25, align: 'left' },
  { label: 'Quantity', share: 0.15, align: 'right' },
];

export function packingSlipSheet(
  { order, shipment, contents }: Parcel,
  { sender, addressee }: { readonly sender: Sheet['sender']; readonly addressee: readonly string[] },
): Sheet {
  const { id, carrier, trackingNumber, packedAt } = shipment;
  const way = [carrier, trackingNumber].filter((part) => part !== null).join(' ');
  const units = contents.reduce((sum, { quantity }) => sum + quantity, 0);
  return {
    title: 'Packing slip',
    sender,
    addressee: { label: 'Ship to', lines: addressee },
    issuedAt: packedAt.toISOString(),
    facts: [
      { label: 'Order', value: String(order.number) },
      { label: 'Packed', value: dayOf(packedAt.toISOString()) },
      ...(way === '' ? [] : [{ label: 'By', value: way }]),
      { label: 'Parcel', value: id },
    ],
    columns: COLUMNS,
    rows: contents.map(({ name, optionValues, sku, quantity }) => [
      [name, ...optionValues].join(', '),
      sku ?? '',
      String(quantity),
    ]),
    sums: [{ label: 'Units', value: String(units) }],
    notes: [],
  };
}
