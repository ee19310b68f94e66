/** What sellers have to send: the orders with lines of theirs, and no more of an order than that takes. */

import type { Queryable } from '#db/client.ts';
import type { ShippingAddress } from '#db/schema/orders.ts';
import type { OrderId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { type PlannedParcel, plannedParcels } from '#origin/fulfilment/service.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { may } from '#origin/http/permissions.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import {
  goodsOf,
  isShippable,
  isThere,
  type OrderStatus,
  openAddress,
  type Shipment,
  toItem,
} from '#origin/orders/service.ts';
import type { Sale, SaleListQuery, SalePage } from './model.ts';
import * as store from './store.ts';

/** While an order is in one of these, its goods may be yet to be sent. */
const TO_BE_SENT: readonly OrderStatus[] = ['paid', 'partially_fulfilled', 'partially_refunded'];

/** The newest first. @throws {AppError} `invalid_input` for a cursor of another list */
export async function listSales(deps: Deps, caller: SignedIn, query: SaleListQuery): Promise<SalePage> {
  const seller = scopeOf(caller);
  const { cursor, limit = DEFAULT_PAGE_SIZE } = query;
  const beforeId = cursor === undefined ? undefined : decodeCursor(cursor, 'uuid', 'uuid', 'sales')[0];
  return deps.readers.general(async (db) => {
    const rows = await store.listSales(db, seller, {
      limit: limit + 1,
      beforeId: beforeId as OrderId | undefined,
    });
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const hasMore = rows.length > limit && last !== undefined;
    return {
      items: await withLines(deps, db, seller, shown),
      nextCursor: hasMore ? encodeCursor([last.id, last.id, 'sales']) : null,
    };
  });
}

/** @throws {AppError} `order_not_found`, also for one without a line of the seller's */
export async function readSale(deps: Deps, caller: SignedIn, id: OrderId): Promise<Sale> {
  const { db } = deps;
  const seller = scopeOf(caller);
  const row = await store.findSale(db, seller, id);
  const [sale] = row === undefined ? [] : await withLines(deps, db, seller, [row]);
  if (sale === undefined) throw new AppError('order_not_found');
  return sale;
}

function scopeOf(caller: SignedIn): store.Seller {
  return may(caller, 'sales:any') ? null : caller.userId;
}

async function withLines(
  deps: Deps,
  db: Queryable,
  seller: store.Seller,
  rows: readonly store.SaleRow[],
): Promise<Sale[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const [lines, goods, planned] = await Promise.all([
    store.findSaleLines(db, seller, ids),
    goodsOf(db, rows),
    plannedParcels(db, ids),
  ]);
  const isTheirs = ({ items }: Pick<Shipment, 'items'>) =>
    items.every(({ itemId }) => lines.some(({ id }) => id === itemId));
  return rows.map((row) => ({
    orderId: row.id,
    number: String(row.number),
    status: row.status,
    placedAt: row.placedAt.toISOString(),
    items: lines.filter((line) => line.orderId === row.id).map((line) => toItem(line, row)),
    shipments: goods(row.id).shipments.filter((parcel) => isThere(parcel) && isTheirs(parcel)),
    plannedParcels: isShippable(row.status) ? theirsIn(planned(row.id), lines) : [],
    returns: goods(row.id).returns.filter(isTheirs),
    shipTo: isToBeSent(row, lines) ? toAddress(openAddress(deps, row)) : null,
  }));
}

/** Where something of these lines is yet to go out: whoever has sent all of theirs has no need of the address. */
function isToBeSent({ id, status }: store.SaleRow, lines: readonly store.SaleLine[]): boolean {
  const isLeft = ({ orderId, quantity, units }: store.SaleLine) =>
    orderId === id && units.shipped < quantity - units.removed;
  return TO_BE_SENT.includes(status) && lines.some(isLeft);
}

function theirsIn(
  parcels: readonly PlannedParcel[],
  lines: readonly { readonly id: string }[],
): PlannedParcel[] {
  return parcels
    .map((parcel) => ({
      ...parcel,
      items: parcel.items.filter(({ itemId }) => lines.some(({ id }) => id === itemId)),
    }))
    .filter(({ items }) => items.length > 0);
}

/** Field by field: what else may once be kept with an address is nobody else's. */
function toAddress(address: ShippingAddress): Sale['shipTo'] {
  const { name, line1, line2, city, region, postalCode, country } = address;
  return {
    ...{ name, line1, city, postalCode, country },
    ...(line2 === undefined ? {} : { line2 }),
    ...(region === undefined ? {} : { region }),
  };
}
