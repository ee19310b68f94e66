/** Invoices, credit notes and packing slips. A number is given once, when there is first something to tell of. */

import type { Transaction } from '#db/client.ts';
import type { ShippingAddress } from '#db/schema/orders.ts';
import type { OrderId, RefundId, ShipmentId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { readParcel, requireOwnShipment } from '#origin/fulfilment/service.ts';
import type { Caller, SignedIn } from '#origin/http/auth.ts';
import { may } from '#origin/http/permissions.ts';
import {
  addressAtPlacing,
  lockOrder,
  type Order,
  openAddress,
  orderById,
  requireOrder,
  requireOwn,
} from '#origin/orders/service.ts';
import { creditNoteSheet } from './credit-note.ts';
import { creditedTaxes, type Invoiced } from './credited-tax.ts';
import { type Issued, invoiceSheet } from './invoice.ts';
import { packingSlipSheet } from './packing-slip.ts';
import type { Seller } from './seller.ts';
import type { Sheet } from './sheet.ts';
import * as store from './store.ts';

export interface Document {
  readonly name: string;
  readonly pdf: Uint8Array;
}

/** Numbers the invoice of an order that was charged; its caller has locked the order. Again, it changes nothing. */
export async function issueInvoice(deps: Deps, tx: Transaction, orderId: OrderId): Promise<void> {
  await store.issueInvoice(tx, issueOf(deps, orderId));
}

/** Numbers credit notes for what has gone back of an order, as {@link issueInvoice} does. */
export async function issueCreditNotes(deps: Deps, tx: Transaction, orderId: OrderId): Promise<void> {
  await store.issueCreditNotes(tx, issueOf(deps, orderId));
}

function issueOf({ seller, clock }: Deps, orderId: OrderId): store.Issue {
  const { name: sellerName, address, taxId: sellerTaxId } = seller;
  return { orderId, sellerName, sellerAddress: address.join('\n'), sellerTaxId, issuedAt: clock.now() };
}

/** For the order's owner and admins. @throws {AppError} `order_not_found`, `document_not_found` while it is not paid */
export async function readInvoice(deps: Deps, caller: Caller, orderId: OrderId): Promise<Document> {
  await requireReader(deps, caller, orderId);
  const invoice = await requireInvoice(deps, orderId);
  const issued = await issuedBy(deps, orderId, invoice);
  const pdf = await deps.printer.print(invoiceSheet(issued, await orderById(deps.db, orderId)));
  return { name: `invoice-${invoice.number}.pdf`, pdf };
}

/**
 * Of a refund that has arrived. For the order's owner and admins.
 * @throws {AppError} `order_not_found`, `document_not_found`
 */
export async function readCreditNote(
  deps: Deps,
  caller: Caller,
  { orderId, refundId }: { readonly orderId: OrderId; readonly refundId: RefundId },
): Promise<Document> {
  const { db } = deps;
  await requireReader(deps, caller, orderId);
  const find = async () => {
    const note = await store.findCreditNote(db, refundId);
    return note?.orderId === orderId ? note : undefined;
  };
  const issue = (tx: Transaction) => issueCreditNotes(deps, tx, orderId);
  const [invoice, note] = [
    await requireInvoice(deps, orderId),
    await findOrIssue(deps, orderId, { find, issue }),
  ];
  const order = await orderById(db, orderId);
  const refund = order.refunds.find(({ id }) => id === refundId);
  if (refund === undefined) throw new AppError('document_not_found');
  const tax = creditedTaxes(invoicedOf(order), await store.findCredits(db, note)).at(-1) ?? 0;
  const { number: invoiceNumber } = await issuedBy(deps, orderId, invoice);
  const credit = { ...(await issuedBy(deps, orderId, note)), invoiceNumber, refund, tax };
  return {
    name: `credit-note-${note.number}.pdf`,
    pdf: await deps.printer.print(creditNoteSheet(credit, order)),
  };
}

function invoicedOf({ total, tax, includedTax, items }: Order): Invoiced {
  return {
    ...{ total: total.amount, tax: tax.amount + includedTax.amount },
    lines: items.map((item) => ({
      ...{ id: item.id, quantity: item.quantity },
      tax: item.tax.amount + item.includedTax.amount,
    })),
  };
}

/**
 * What is in a parcel that is yet to be sent, for whoever sells all of it: afterwards the address is none of theirs.
 * @throws {AppError} `order_not_found`, `shipment_not_found`, `document_not_found`
 */
export async function readPackingSlip(
  deps: Deps,
  staff: SignedIn,
  { orderId, shipmentId }: { readonly orderId: OrderId; readonly shipmentId: ShipmentId },
): Promise<Document> {
  const { status } = await requireOwnShipment(deps.db, staff, orderId, shipmentId);
  if (status !== 'packed') throw new AppError('document_not_found');
  const parcel = await readParcel(deps, orderId, shipmentId);
  const addressee = linesOf(openAddress(deps, parcel.order));
  const sheet = packingSlipSheet(parcel, { sender: senderOf(deps.seller), addressee });
  return { name: `packing-slip-${shipmentId}.pdf`, pdf: await deps.printer.print(sheet) };
}

/** @throws {AppError} `order_not_found`, also for somebody else's where an admin would see it */
async function requireReader({ db }: Deps, caller: Caller, orderId: OrderId): Promise<void> {
  if (caller.kind === 'user' && may(caller, 'sales:any')) await requireOrder(db, orderId);
  else await requireOwn(db, caller, orderId);
}

function requireInvoice(deps: Deps, orderId: OrderId): Promise<store.DocumentRow> {
  return findOrIssue(deps, orderId, {
    find: () => store.findInvoice(deps.db, orderId),
    issue: (tx) => issueInvoice(deps, tx, orderId),
  });
}

interface Issuing {
  readonly find: () => Promise<store.DocumentRow | undefined>;
  readonly issue: (tx: Transaction) => Promise<void>;
}

/** Whoever asks before the worker had its turn takes it. */
async function findOrIssue(
  deps: Deps,
  orderId: OrderId,
  { find, issue }: Issuing,
): Promise<store.DocumentRow> {
  const found = await find();
  if (found !== undefined) return found;
  await deps.db.transaction(async (tx) => {
    await lockOrder(tx, orderId);
    await issue(tx);
  });
  const issued = await find();
  if (issued === undefined) throw new AppError('document_not_found');
  return issued;
}

const PREFIX = { invoice: 'INV', credit_note: 'CN' } as const;
const NUMBER_DIGITS = 6;

async function issuedBy(deps: Deps, orderId: OrderId, row: store.DocumentRow): Promise<Issued> {
  const { series, number, issuedAt, sellerName, sellerAddress, sellerTaxId } = row;
  const address = sellerAddress === '' ? [] : sellerAddress.split('\n');
  const named = { name: sellerName, address, taxId: sellerTaxId };
  return {
    number: `${PREFIX[series]}-${String(number).padStart(NUMBER_DIGITS, '0')}`,
    issuedAt: issuedAt.toISOString(),
    // Numbered before the shop knew who sells.
    sender: senderOf(sellerName === '' ? deps.seller : named),
    addressee: linesOf(await addressAtPlacing(deps, orderId)),
  };
}

function senderOf({ name, address, taxId }: Seller): Sheet['sender'] {
  return { name, lines: [...address, ...(taxId === '' ? [] : [`Tax id: ${taxId}`])] };
}

function linesOf({
  name,
  line1,
  line2,
  city,
  region,
  postalCode,
  country,
}: ShippingAddress): readonly string[] {
  const lines = [name, line1, line2 ?? '', `${postalCode} ${city}`.trim(), region ?? '', country];
  return lines.filter((line) => line !== '');
}
