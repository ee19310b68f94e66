/**
 * Every query of what lies where, and of who sends what. The writes are for whoever has locked the variant's inventory,
 * whose `elsewhere` they keep in step.
 */

import { and, asc, desc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { orderAllocations } from '#db/schema/fulfilment.ts';
import { inventory, locationLedger, locationStock } from '#db/schema/inventory.ts';
import { DEFAULT_LOCATION, stockLocations } from '#db/schema/stock-locations.ts';
import type { OrderId, OrderLineId, StockLocationId, StockMoveId, UserId, VariantId } from '#lib/ids.ts';

/** Units of a variant at one location, or on their way to it or from it. */
export interface UnitsAt {
  readonly variantId: VariantId;
  readonly locationId: StockLocationId;
  readonly quantity: number;
}

export const isElsewhere = ({ locationId }: Pick<UnitsAt, 'locationId'>): boolean =>
  locationId !== DEFAULT_LOCATION;

export interface InventoryRow {
  readonly variantId: VariantId;
  readonly onHand: number;
  readonly elsewhere: number;
}

/** Nobody else moves stock of these until the transaction ends. In the order that all stock is locked in. */
export async function lockInventory(tx: Transaction, ids: readonly VariantId[]): Promise<InventoryRow[]> {
  const { variantId, onHand, elsewhere } = inventory;
  return tx
    .select({ variantId, onHand, elsewhere })
    .from(inventory)
    .where(inArray(variantId, [...ids]))
    .orderBy(variantId)
    .for('update');
}

/** What lies at other locations than the default one. */
export async function findElsewhere(db: Queryable, ids: readonly VariantId[]) {
  const { variantId, locationId, onHand } = locationStock;
  return db
    .select({ variantId, locationId, onHand })
    .from(locationStock)
    .where(and(inArray(variantId, [...ids]), gt(onHand, 0)))
    .orderBy(variantId, locationId);
}

export async function shiftElsewhere(tx: Transaction, variantId: VariantId, units: number): Promise<void> {
  if (units === 0) return;
  await tx
    .update(inventory)
    .set({ elsewhere: sql`${inventory.elsewhere} + ${units}::int` })
    .where(eq(inventory.variantId, variantId));
}

/** False where fewer lie there. */
export async function takeAt(
  tx: Transaction,
  { variantId, locationId, quantity }: UnitsAt,
): Promise<boolean> {
  const onHand = sql`${locationStock.onHand} - ${quantity}::int`;
  const rows = await tx
    .update(locationStock)
    .set({ onHand })
    .where(
      and(
        eq(locationStock.variantId, variantId),
        eq(locationStock.locationId, locationId),
        sql`${onHand} >= 0`,
      ),
    )
    .returning({ variantId: locationStock.variantId });
  return rows.length === 1;
}

export async function putAt(tx: Transaction, { variantId, locationId, quantity }: UnitsAt): Promise<void> {
  await tx
    .insert(locationStock)
    .values({ variantId, locationId, onHand: quantity })
    .onConflictDoUpdate({
      target: [locationStock.variantId, locationStock.locationId],
      set: { onHand: sql`${locationStock.onHand} + excluded.on_hand` },
    });
}

export interface LocationMovement {
  readonly movement: (typeof locationLedger.$inferSelect)['movement'];
  readonly orderId?: OrderId;
  readonly moveId?: StockMoveId;
  readonly actorId?: UserId;
  readonly reason?: string;
}

/** Units that leave have a quantity below 0. */
export async function recordAt(
  tx: Transaction,
  units: readonly UnitsAt[],
  movement: LocationMovement,
): Promise<void> {
  if (units.length === 0) return;
  await tx.insert(locationLedger).values(
    units.map(({ variantId, locationId, quantity }) => ({
      ...{ variantId, locationId, delta: quantity },
      ...movement,
    })),
  );
}

/** The newest first. */
export async function latestAt(db: Queryable, id: VariantId, limit: number) {
  const { locationId, movement, delta, orderId, actorId, reason, createdAt } = locationLedger;
  return db
    .select({ locationId, movement, delta, orderId, actorId, reason, createdAt })
    .from(locationLedger)
    .where(eq(locationLedger.variantId, id))
    .orderBy(desc(locationLedger.id))
    .limit(limit);
}

/** Units of an order's line that a location sends. */
export interface AllocatedUnits {
  readonly lineId: OrderLineId;
  readonly locationId: StockLocationId;
  readonly quantity: number;
}

export async function insertAllocations(
  tx: Transaction,
  orderId: OrderId,
  allocations: readonly AllocatedUnits[],
): Promise<void> {
  await tx
    .insert(orderAllocations)
    .values(
      allocations.map(({ lineId, locationId, quantity }) => ({ lineId, locationId, quantity, orderId })),
    );
}

/** Those that send something, with the location's name, in a fixed order. */
export async function findAllocations(
  db: Queryable,
  orderIds: readonly OrderId[],
): Promise<(AllocatedUnits & { readonly orderId: OrderId; readonly location: string })[]> {
  const { lineId, locationId, orderId, quantity } = orderAllocations;
  return db
    .select({ lineId, locationId, orderId, quantity, location: stockLocations.name })
    .from(orderAllocations)
    .innerJoin(stockLocations, eq(stockLocations.id, locationId))
    .where(and(inArray(orderId, [...orderIds]), gt(quantity, 0)))
    .orderBy(asc(locationId), asc(lineId));
}

export interface Rerouted {
  readonly orderId: OrderId;
  readonly lineId: OrderLineId;
  readonly from: StockLocationId;
  readonly to: StockLocationId;
  readonly quantity: number;
}

/** For whoever has locked the order. The table's check refuses what was not allocated. */
export async function takeFromAllocation(
  tx: Transaction,
  { lineId, locationId, quantity }: AllocatedUnits,
): Promise<void> {
  await tx
    .update(orderAllocations)
    .set({ quantity: sql`${orderAllocations.quantity} - ${quantity}::int` })
    .where(and(eq(orderAllocations.lineId, lineId), eq(orderAllocations.locationId, locationId)));
}

/** For whoever has locked the order. */
export async function moveAllocation(
  tx: Transaction,
  { orderId, lineId, from, to, quantity }: Rerouted,
): Promise<void> {
  await takeFromAllocation(tx, { lineId, locationId: from, quantity });
  await tx
    .insert(orderAllocations)
    .values({ lineId, locationId: to, orderId, quantity })
    .onConflictDoUpdate({
      target: [orderAllocations.lineId, orderAllocations.locationId],
      set: { quantity: sql`${orderAllocations.quantity} + excluded.quantity` },
    });
}
