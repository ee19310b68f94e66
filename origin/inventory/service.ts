/**
 * Stock moves by these verbs only, inside the transaction of what moves it. Rows are taken in the order of
 * their variant ids, so that two orders never wait for each other.
 */

import type { Transaction } from '#db/client.ts';
import { assert } from '#lib/assert.ts';
import type { OrderId, VariantId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { type Level, tellOfFalls, tellOfMore } from './levels.ts';
import * as store from './store.ts';

export { hasRunOut, type Level } from './levels.ts';

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
 * Promises stock to an order, all of it or none, and tells of what runs low. Returns what is left of each variant.
 * @throws {AppError} `out_of_stock`, naming the first variant that there is not enough of
 */
export async function reserveStock(
  deps: Deps,
  tx: Transaction,
  orderId: OrderId,
  lines: Lines,
): Promise<Level[]> {
  const levels: Level[] = [];
  for (const line of inLockOrder(lines)) {
    const row = await store.reserve(tx, orderId, line);
    if (row === null) throw await outOfStock(tx, line);
    const { variantId, quantity } = line;
    const { left: available, lowAt } = row;
    levels.push({ variantId, availableBefore: available + quantity, available, lowAt });
  }
  await tellOfFalls(deps, tx, levels);
  return levels;
}

async function outOfStock(tx: Transaction, { variantId, quantity }: store.StockLine): Promise<AppError> {
  const [row] = await store.findAvailable(tx, [variantId]);
  return new AppError('out_of_stock', { variantId, requested: quantity, available: row?.available ?? 0 });
}

/**
 * What is left to sell of each variant, and stays so until the transaction ends. For whoever moves the stock of one line
 * by that of another: they lock all of it, and first.
 */
export async function lockStock(
  tx: Transaction,
  variantIds: readonly VariantId[],
): Promise<ReadonlyMap<VariantId, number>> {
  const rows = await store.lockAvailable(tx, variantIds);
  return new Map(rows.map(({ variantId, available }) => [variantId, available]));
}

/** Gives an order's stock back, and tells of it. Returns the variants that can be bought again. */
export async function releaseStock(
  deps: Deps,
  tx: Transaction,
  orderId: OrderId,
  lines: Lines,
): Promise<VariantId[]> {
  const backInStock: store.StockLine[] = [];
  for (const line of inLockOrder(lines)) {
    const left = await store.release(tx, line);
    assert(left !== null, `order ${orderId} had not reserved ${line.quantity} of ${line.variantId}`);
    if (left === line.quantity) backInStock.push(line);
  }
  await store.recordMovements(tx, lines, { movement: 'release', onHandSign: 0, reservedSign: -1, orderId });
  return toldOf(deps, tx, backInStock);
}

/** Of what there was nothing left to sell, and is again. */
async function toldOf(deps: Deps, tx: Transaction, lines: Lines): Promise<VariantId[]> {
  const more = lines.map(({ variantId, quantity }) => ({ variantId, added: quantity }));
  await tellOfMore(deps, tx, more);
  return lines.map(({ variantId }) => variantId);
}

/** What a paid order had reserved leaves the shelf, once; its caller has locked the order. */
export async function sellStock(tx: Transaction, orderId: OrderId, lines: Lines): Promise<void> {
  if ((await store.findMovements(tx, orderId)).has('sale')) return;
  for (const line of inLockOrder(lines)) {
    const sold = await store.sell(tx, line);
    assert(sold, `order ${orderId} had not reserved ${line.quantity} of ${line.variantId}`);
  }
  await store.recordMovements(tx, lines, { movement: 'sale', onHandSign: -1, reservedSign: -1, orderId });
}

export interface CameBack {
  /** All of the order. */
  readonly bought: Lines;
  readonly restocked: Lines;
  readonly writtenOff: Lines;
}

/**
 * Units of a paid order that came back: on the shelf again, or written off, which the ledger tells as both. The sale of
 * what was bought is written first where that is still to come. Its caller has locked the order, and calls once for
 * each return. Tells of the variants that can be bought again, and returns them.
 */
export async function takeBack(
  deps: Deps,
  tx: Transaction,
  orderId: OrderId,
  { bought, restocked, writtenOff }: CameBack,
): Promise<VariantId[]> {
  await sellStock(tx, orderId, bought);
  const [kept, lost] = [restocked, writtenOff].map((lines) => lines.filter(({ quantity }) => quantity > 0));
  const backInStock = await shelve(deps, tx, orderId, kept ?? []);
  await store.recordMovements(tx, lost ?? [], { ...RETURN, orderId });
  const reason = 'written off';
  await store.recordMovements(tx, lost ?? [], {
    ...{ movement: 'correction', onHandSign: -1, reservedSign: 0, orderId, reason },
  });
  return backInStock;
}

const RETURN = { movement: 'return', onHandSign: 1, reservedSign: 0 } as const;

async function shelve(deps: Deps, tx: Transaction, orderId: OrderId, lines: Lines): Promise<VariantId[]> {
  const backInStock: store.StockLine[] = [];
  for (const line of inLockOrder(lines)) {
    if ((await store.putBack(tx, line)) === line.quantity) backInStock.push(line);
  }
  await store.recordMovements(tx, lines, { ...RETURN, orderId });
  return toldOf(deps, tx, backInStock);
}

/**
 * What a cancelled order was paid for goes back on the shelf, but for what edits had put back before. Its sale is written
 * first where that is still to come; an order that had its stock released returns none. Its caller has locked the order,
 * and calls once. Tells of the variants that can be bought again, and returns them.
 */
export async function returnStock(
  deps: Deps,
  tx: Transaction,
  orderId: OrderId,
  { bought, kept }: { readonly bought: Lines; readonly kept: Lines },
): Promise<VariantId[]> {
  const moved = await store.findMovements(tx, orderId);
  if (moved.has('release')) return [];
  await sellStock(tx, orderId, bought);
  const left = kept.filter(({ quantity }) => quantity > 0);
  return shelve(deps, tx, orderId, left);
}
