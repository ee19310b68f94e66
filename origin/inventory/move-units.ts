/** Units go from one location to another: what is on hand stays, and where it lies changes. */

import type { Transaction } from '#db/client.ts';
import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import { assert } from '#lib/assert.ts';
import type { StockLocationId, VariantId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import * as places from './location-store.ts';

export interface Move {
  readonly variantId: VariantId;
  readonly from: StockLocationId;
  readonly to: StockLocationId;
  readonly quantity: number;
}

/**
 * In the caller's transaction, which has made sure that something may come there.
 * @throws {AppError} `stock_not_at_location` where fewer lie there
 */
export async function moveUnits(
  tx: Transaction,
  { variantId, from, to, quantity }: Move,
  movement: places.LocationMovement,
): Promise<void> {
  const onHand = await unitsAt(tx, variantId, from);
  if (onHand < quantity) throw notThere({ variantId, locationId: from, quantity }, onHand);
  const [leaving, coming] = [
    { variantId, locationId: from, quantity },
    { variantId, locationId: to, quantity },
  ] as const;
  const shift = Number(places.isElsewhere(coming)) - Number(places.isElsewhere(leaving));
  await places.shiftElsewhere(tx, variantId, shift * quantity);
  if (places.isElsewhere(leaving)) {
    assert(await places.takeAt(tx, leaving), `${quantity} of ${variantId} were at ${from} and are gone`);
  }
  if (places.isElsewhere(coming)) await places.putAt(tx, coming);
  await places.recordAt(tx, [{ ...leaving, quantity: -quantity }, coming], movement);
}

/** What of a variant lies at a location; it stays so until the transaction ends. */
export async function unitsAt(tx: Transaction, variantId: VariantId, at: StockLocationId): Promise<number> {
  const [row] = await places.lockInventory(tx, [variantId]);
  if (row === undefined) return 0;
  if (at === DEFAULT_LOCATION) return row.onHand - row.elsewhere;
  const elsewhere = await places.findElsewhere(tx, [variantId]);
  return elsewhere.find(({ locationId }) => locationId === at)?.onHand ?? 0;
}

/** @param onHand how many are there */
export function notThere({ variantId, locationId, quantity }: places.UnitsAt, onHand: number): AppError {
  return new AppError('stock_not_at_location', { variantId, locationId, requested: quantity, onHand });
}
