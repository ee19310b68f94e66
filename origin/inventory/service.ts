/**
 * Stock moves by these verbs only, inside the transaction of what moves it. Rows are taken in the order of
 * their variant ids, so that two orders never wait for each other.
 */

import type { Transaction } from '#db/client.ts';
import { assert } from '#lib/assert.ts';
import type { OrderId, VariantId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import * as store from './store.ts';

type Lines = readonly store.StockLine[];

const inLockOrder = (lines: Lines): Lines =>
  lines.toSorted((a, b) => (a.variantId < b.variantId ? -1 : a.variantId > b.variantId ? 1 : 0));

/** The first stock of new variants. */
export async function receiveStock(tx: Transaction, lines: Lines): Promise<void> {
  await store.insertStock(tx, lines);
  const received = lines.filter(({ quantity }) => quantity > 0);
  if (received.length === 0) return;
  await store.recordMovements(tx, received, { movement: 'receipt', onHandSign: 1, reservedSign: 0 });
}

/**
 * Promises stock to an order, all of it or none. Returns the variants that this sold out.
 * @throws {AppError} `out_of_stock`, naming the first variant that there is not enough of
 */
export async function reserveStock(tx: Transaction, orderId: OrderId, lines: Lines): Promise<VariantId[]> {
  const soldOut: VariantId[] = [];
  for (const line of inLockOrder(lines)) {
    const left = await store.reserve(tx, line);
    if (left === null) throw await outOfStock(tx, line);
    if (left === 0) soldOut.push(line.variantId);
  }
  await store.recordMovements(tx, lines, {
    movement: 'reservation',
    onHandSign: 0,
    reservedSign: 1,
    orderId,
  });
  return soldOut;
}

async function outOfStock(tx: Transaction, { variantId, quantity }: store.StockLine): Promise<AppError> {
  const [row] = await store.findAvailable(tx, [variantId]);
  return new AppError('out_of_stock', { variantId, requested: quantity, available: row?.available ?? 0 });
}

/** Gives an order's stock back. Returns the variants that can be bought again. */
export async function releaseStock(tx: Transaction, orderId: OrderId, lines: Lines): Promise<VariantId[]> {
  const backInStock: VariantId[] = [];
  for (const line of inLockOrder(lines)) {
    const left = await store.release(tx, line);
    assert(left !== null, `order ${orderId} had not reserved ${line.quantity} of ${line.variantId}`);
    if (left === line.quantity) backInStock.push(line.variantId);
  }
  await store.recordMovements(tx, lines, { movement: 'release', onHandSign: 0, reservedSign: -1, orderId });
  return backInStock;
}

/** What a paid order had reserved leaves the shelf. */
export async function sellStock(tx: Transaction, orderId: OrderId, lines: Lines): Promise<void> {
  for (const line of inLockOrder(lines)) {
    const sold = await store.sell(tx, line);
    assert(sold, `order ${orderId} had not reserved ${line.quantity} of ${line.variantId}`);
  }
  await store.recordMovements(tx, lines, { movement: 'sale', onHandSign: -1, reservedSign: -1, orderId });
}
