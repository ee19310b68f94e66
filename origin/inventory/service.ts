/**
 * Stock moves by these verbs only, inside the transaction of what moves it. Rows are taken in the order of
 * their variant ids, so that two orders never wait for each other.
 */

import type { Transaction } from '#db/client.ts';
import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import { assert } from '#lib/assert.ts';
import type { OrderId, StockLocationId, VariantId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { holdActive } from '#origin/locations/service.ts';
import {
  inLockOrder,
  originsOf,
  type SoldLine,
  type SoldOrder,
  sellStock,
  unitsElsewhere,
} from './allocate.ts';
import { type Level, tellOfFalls, tellOfMore } from './levels.ts';
import {
  type AllocatedUnits,
  isElsewhere,
  putAt,
  recordAt,
  takeFromAllocation,
  type UnitsAt,
} from './location-store.ts';
import * as store from './store.ts';

export { allocationsOf, openAllocations, type SoldOrder, sellStock } from './allocate.ts';
export { hasRunOut, type Level } from './levels.ts';
export { moveAllocation } from './location-store.ts';
export { moveUnits } from './move-units.ts';

type Lines = readonly store.StockLine[];

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

export interface CameBack {
  /** All of the order. */
  readonly bought: readonly SoldLine[];
  readonly restocked: Lines;
  readonly writtenOff: Lines;
  /** Where they came to: the caller has made sure that something may. */
  readonly locationId: StockLocationId;
}

/**
 * Units of a paid order that came back: on the shelf again, or written off, which the ledger tells as both. The sale of
 * what was bought is written first where that is still to come. Its caller has locked the order, and calls once for
 * each return. Tells of the variants that can be bought again, and returns them.
 */
export async function takeBack(
  deps: Deps,
  tx: Transaction,
  order: SoldOrder,
  { bought, restocked, writtenOff, locationId }: CameBack,
): Promise<VariantId[]> {
  await sellStock(tx, order, bought);
  const [kept = [], lost = []] = [restocked, writtenOff].map((lines) =>
    lines.filter(({ quantity }) => quantity > 0),
  );
  const orderId = order.id;
  const backInStock = await shelve(
    deps,
    tx,
    { orderId, movement: 'return' },
    kept.map((line) => ({ ...line, locationId })),
  );
  await store.recordMovements(tx, lost, { ...RETURN, orderId });
  const reason = 'written off';
  await store.recordMovements(tx, lost, {
    ...{ movement: 'correction', onHandSign: -1, reservedSign: 0, orderId, reason },
  });
  return backInStock;
}

const RETURN = { movement: 'return', onHandSign: 1, reservedSign: 0 } as const;

interface Shelved {
  readonly orderId: OrderId;
  readonly movement: 'return' | 'removal';
}

async function shelve(
  deps: Deps,
  tx: Transaction,
  { orderId, movement }: Shelved,
  units: readonly UnitsAt[],
): Promise<VariantId[]> {
  const byVariant = Map.groupBy(units, ({ variantId }) => variantId);
  const lines = [...byVariant].map(([variantId, parts]) => ({
    variantId,
    quantity: parts.reduce((sum, { quantity }) => sum + quantity, 0),
    elsewhere: unitsElsewhere(parts),
  }));
  const backInStock: store.StockLine[] = [];
  for (const line of inLockOrder(lines)) {
    if ((await store.putBack(tx, line, line.elsewhere)) === line.quantity) backInStock.push(line);
  }
  await store.recordMovements(tx, lines, { ...RETURN, orderId });
  const elsewhere = units.filter(isElsewhere);
  for (const each of elsewhere) await putAt(tx, each);
  await recordAt(tx, elsewhere, { movement, orderId });
  return toldOf(deps, tx, backInStock);
}

/**
 * What a cancelled order was paid for goes back on the shelf that it came from, or to the default location where that
 * is out of use. Its sale is written first where that is still to come; an order that had its stock released returns
 * none. Its caller has locked the order, and calls once. Tells of the variants that can be bought again, and returns
 * them.
 */
export async function returnStock(
  deps: Deps,
  tx: Transaction,
  order: SoldOrder,
  lines: readonly SoldLine[],
): Promise<VariantId[]> {
  const moved = await store.findMovements(tx, order.id);
  if (moved.has('release')) return [];
  await sellStock(tx, order, lines);
  return returnUnsent(deps, tx, order.id, await originsOf(tx, order.id, lines));
}

/**
 * Units of an order that ended, which no parcel has taken away from there, go back on these shelves, or to the default
 * location where one is out of use. Their sale is written, and its caller has locked the order, and calls once for each
 * unit. Tells of the variants that can be bought again, and returns them.
 */
export async function returnUnsent(
  deps: Deps,
  tx: Transaction,
  orderId: OrderId,
  units: readonly UnitsAt[],
): Promise<VariantId[]> {
  const active = await holdActive(
    tx,
    units.map(({ locationId }) => locationId),
  );
  const back = units.map((each) =>
    active.has(each.locationId) ? each : { ...each, locationId: DEFAULT_LOCATION },
  );
  return shelve(deps, tx, { orderId, movement: 'return' }, back);
}

/**
 * Units that a paid order wants no more, and that are allocated to these locations, go back on their shelves. Its caller
 * has locked the order. Tells of the variants that can be bought again, and returns them.
 */
export async function putBackRemoved(
  deps: Deps,
  tx: Transaction,
  orderId: OrderId,
  units: readonly (UnitsAt & AllocatedUnits)[],
): Promise<VariantId[]> {
  for (const each of units) await takeFromAllocation(tx, each);
  return shelve(deps, tx, { orderId, movement: 'removal' }, units);
}
