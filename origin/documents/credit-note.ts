/** What a credit note says: an amount that went back, of which invoice, and the tax in it. */

import type { Order } from '#origin/orders/service.ts';
import { headOf, type Issued, itemName } from './invoice.ts';
import { amountOf, type Column, dayOf, type Sheet } from './sheet.ts';

export interface Credit extends Issued {
  readonly invoiceNumber: string;
  readonly refund: Order['refunds'][number];
  /** What of it is tax, in minor units. */
  readonly tax: number;
}

const COLUMNS: readonly Column[] = [
  { label: 'What for', share: 0.7, align: 'left' },
  { label: 'Quantity', share: 0.1, align: 'right' },
  { label: 'Amount', share: 0.2, align: 'right' },
];

export function creditNoteSheet({ invoiceNumber, refund, tax, ...issued }: Credit, order: Order): Sheet {
  const optionalTax =
    tax === 0 ? [] : [{ label: 'Tax in it', value: amountOf({ ...order.total, amount: tax }) }];
  return {
    ...headOf(issued, 'Credit note'),
    facts: [
      { label: 'Credit note number', value: issued.number },
      { label: 'Date', value: dayOf(issued.issuedAt) },
      { label: 'Of invoice', value: invoiceNumber },
      { label: 'Order', value: order.number },
    ],
    columns: COLUMNS,
    rows: rowsOf(order, refund),
    sums: [...optionalTax, { label: 'Credited', value: amountOf(refund.amount) }],
    notes: refund.status === 'failed' ? ['The bank has called this refund back: it is void.'] : [],
  };
}

/** By its lines where it is of units that came back or were taken off; else by what staff has said. */
function rowsOf(order: Order, { id, amount, reason }: Order['refunds'][number]): Sheet['rows'] {
  const back = order.returns.find(({ refund }) => refund?.id === id)?.items ?? [];
  const off = order.edits.find(({ refund }) => refund?.id === id)?.items ?? [];
  const named = [
    ...back.map(({ itemId, received }) => ({ itemId, units: received })),
    ...off.map(({ itemId, removed }) => ({ itemId, units: removed })),
  ];
  const units = named.filter((each) => each.units > 0);
  const rows = units.map(({ itemId, units: count }) => {
    const item = order.items.find((each) => each.id === itemId);
    return [item === undefined ? '' : itemName(item), String(count), ''];
  });
  const sum = amountOf(amount);
  return rows.length === 0
    ? [[reason === '' ? 'Refund' : reason, '', sum]]
    : [...rows, ['All of it', '', sum]];
}
