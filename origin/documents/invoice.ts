/** What an invoice says: the order as it was bought, to the last minor unit. */

import type { Order } from '#origin/orders/service.ts';
import { amountOf, type Column, dayOf, type Fact, percentOf, type Sheet } from './sheet.ts';

/** A document by its number, and who issued it. */
export interface Issued {
  readonly number: string;
  readonly issuedAt: string;
  readonly sender: Sheet['sender'];
  readonly addressee: readonly string[];
}

const COLUMNS: readonly Column[] = [
  { label: 'Item', share: 0.34, align: 'left' },
  { label: 'Quantity', share: 0.1, align: 'right' },
  { label: 'Price', share: 0.14, align: 'right' },
  { label: 'Discount', share: 0.13, align: 'right' },
  { label: 'Tax', share: 0.15, align: 'right' },
  { label: 'Total', share: 0.14, align: 'right' },
];

export function invoiceSheet(issued: Issued, order: Order): Sheet {
  return {
    ...headOf(issued, 'Invoice'),
    facts: [
      { label: 'Invoice number', value: issued.number },
      { label: 'Date', value: dayOf(issued.issuedAt) },
      { label: 'Order', value: order.number },
      { label: 'Ordered', value: dayOf(order.placedAt) },
    ],
    columns: COLUMNS,
    rows: [...order.items.map(itemRow), ...shippingRow(order)],
    sums: sumsOf(order),
    notes: [],
  };
}

/** What every document of the shop to a shopper begins with. */
export function headOf({ issuedAt, sender, addressee }: Issued, title: string) {
  return { title, sender, addressee: { label: 'To', lines: addressee }, issuedAt };
}

/** `Name, Option (SKU)`. */
export function itemName({
  name,
  options,
  sku,
}: Pick<Order['items'][number], 'name' | 'options' | 'sku'>): string {
  const what = [name, ...options].join(', ');
  return sku === null ? what : `${what} (${sku})`;
}

function itemRow(item: Order['items'][number]): readonly string[] {
  const { amount, currency } = item.lineTotal;
  const charged = amount - item.discount.amount + item.tax.amount;
  return [
    itemName(item),
    String(item.quantity),
    amountOf(item.unitPrice),
    item.discount.amount === 0 ? '' : amountOf(item.discount, -1),
    taxOf(item),
    amountOf({ amount: charged, currency }),
  ];
}

interface Taxed {
  readonly tax: Order['total'];
  readonly includedTax: Order['total'];
  readonly taxRatePpm: number;
}

/** The rate and the tax; what the price contains stands in brackets. */
function taxOf({ tax, includedTax, taxRatePpm }: Taxed): string {
  if (taxRatePpm === 0) return '';
  const amount = tax.amount > 0 ? amountOf(tax) : `(${amountOf(includedTax)})`;
  return `${percentOf(taxRatePpm)} ${amount}`;
}

function shippingRow({ shippingMethod }: Order): readonly (readonly string[])[] {
  if (shippingMethod === null) return [];
  const { name, price, discount, tax } = shippingMethod;
  const charged = price.amount - discount.amount + tax.amount;
  const off = discount.amount === 0 ? '' : amountOf(discount, -1);
  return [
    [
      ...[`Shipping: ${name}`, '1', amountOf(price), off],
      ...[taxOf(shippingMethod), amountOf({ ...price, amount: charged })],
    ],
  ];
}

function sumsOf({ subtotal, discount, shipping, tax, includedTax, total }: Order): readonly Fact[] {
  const optional = (label: string, sum: Order['total'], sign: 1 | -1 = 1): readonly Fact[] =>
    sum.amount === 0 ? [] : [{ label, value: amountOf(sum, sign) }];
  return [
    { label: 'Subtotal', value: amountOf(subtotal) },
    ...optional('Discount', discount, -1),
    ...optional('Shipping', shipping),
    ...optional('Tax', tax),
    ...optional('Contained tax', includedTax),
    { label: 'Total', value: amountOf(total) },
  ];
}
