/** Every write of stock. A row is only ever changed by a condition that keeps it lawful. */

import { and, asc, desc, eq, gt, gte, inArray, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { kept, type Slots } from '#db/kept.ts';
import { products, variants } from '#db/schema/catalog.ts';
import { inventory, stockLedger } from '#db/schema/inventory.ts';
import { present } from '#lib/assert.ts';
import type { OrderId, UserId, VariantId } from '#lib/ids.ts';

export interface StockLine {
  readonly variantId: VariantId;
  readonly quantity: number;
}

type StockMovement = (typeof stockLedger.$inferSelect)['movement'];

const available = sql<number>`${inventory.onHand} - ${inventory.reserved}`;

export async function insertStock(tx: Transaction, lines: readonly StockLine[]): Promise<void> {
  await tx
    .insert(inventory)
    .values(lines.map(({ variantId, quantity }) => ({ variantId, onHand: quantity })));
}

interface OrderedLine extends StockLine {
  readonly orderId: OrderId;
}

const RESERVE = kept((db, { orderId, variantId, quantity }: Slots<OrderedLine>) =>
  db.execute<{ left: number; lowAt: number }>(sql`
    with moved as (
      update inventory set reserved = reserved + ${quantity}::int
       where variant_id = ${variantId} and on_hand - reserved >= ${quantity}::int
      returning variant_id, on_hand - reserved as left, low_at),
    told as (
      insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta, order_id)
      select variant_id, 'reservation', 0, ${quantity}::int, ${orderId}::uuid from moved)
    select moved.left, low_at as "lowAt" from moved`),
);

/**
 * Reserves and writes it into the ledger: one statement, for others wait for the row from here to the commit. Null
 * where there is not enough.
 */
export async function reserve(
  tx: Transaction,
  orderId: OrderId,
  { variantId, quantity }: StockLine,
): Promise<{ readonly left: number; readonly lowAt: number } | null> {
  const [row] = await RESERVE(tx, { orderId, variantId, quantity });
  return row ?? null;
}

/** What is left to sell after the release. */
export async function release(tx: Transaction, { variantId, quantity }: StockLine): Promise<number | null> {
  const [row] = await tx
    .update(inventory)
    .set({ reserved: sql`${inventory.reserved} - ${quantity}` })
    .where(and(eq(inventory.variantId, variantId), gte(inventory.reserved, quantity)))
    .returning({ left: available });
  return row?.left ?? null;
}

/**
 * Turns reserved units into sold ones. False when so many were not reserved.
 * @param elsewhere how many of them come from other locations than the default one
 */
export async function sell(
  tx: Transaction,
  { variantId, quantity }: StockLine,
  elsewhere: number,
): Promise<boolean> {
  const rows = await tx
    .update(inventory)
    .set({
      onHand: sql`${inventory.onHand} - ${quantity}`,
      reserved: sql`${inventory.reserved} - ${quantity}`,
      elsewhere: sql`${inventory.elsewhere} - ${elsewhere}::int`,
    })
    .where(and(eq(inventory.variantId, variantId), gte(inventory.reserved, quantity)))
    .returning({ variantId: inventory.variantId });
  return rows.length === 1;
}

/**
 * Puts sold units back; what is left to sell then.
 * @param elsewhere how many of them go to other locations than the default one
 */
export async function putBack(
  tx: Transaction,
  { variantId, quantity }: StockLine,
  elsewhere: number,
): Promise<number | null> {
  const [row] = await tx
    .update(inventory)
    .set({
      onHand: sql`${inventory.onHand} + ${quantity}`,
      elsewhere: sql`${inventory.elsewhere} + ${elsewhere}::int`,
    })
    .where(eq(inventory.variantId, variantId))
    .returning({ left: available });
  return row?.left ?? null;
}

/** What an order's stock has made of these movements. Spelled as `stock_ledger_once_per_order` is, to use it. */
export async function findMovements(tx: Transaction, orderId: OrderId): Promise<ReadonlySet<StockMovement>> {
  const rows = await tx
    .selectDistinct({ movement: stockLedger.movement })
    .from(stockLedger)
    .where(
      and(
        eq(stockLedger.orderId, orderId),
        sql`${stockLedger.movement} in ('reservation', 'release', 'sale')`,
      ),
    );
  return new Set(rows.map(({ movement }) => movement));
}

export async function findAvailable(tx: Transaction, variantIds: readonly VariantId[]) {
  return tx
    .select({ variantId: inventory.variantId, available })
    .from(inventory)
    .where(inArray(inventory.variantId, [...variantIds]));
}

/** In the order in which everybody takes them. */
export async function lockAvailable(tx: Transaction, variantIds: readonly VariantId[]) {
  return tx
    .select({ variantId: inventory.variantId, available })
    .from(inventory)
    .where(inArray(inventory.variantId, [...variantIds]))
    .orderBy(asc(inventory.variantId))
    .for('update');
}

interface Movement {
  readonly movement: StockMovement;
  readonly onHandSign: -1 | 0 | 1;
  readonly reservedSign: -1 | 0 | 1;
  readonly orderId?: OrderId;
  readonly reason?: string;
}

export async function recordMovements(
  tx: Transaction,
  lines: readonly StockLine[],
  { movement, onHandSign, reservedSign, orderId, reason }: Movement,
): Promise<void> {
  if (lines.length === 0) return;
  await tx.insert(stockLedger).values(
    lines.map(({ variantId, quantity }) => ({
      variantId,
      movement,
      onHandDelta: onHandSign * quantity,
      reservedDelta: reservedSign * quantity,
      orderId: orderId ?? null,
      reason: reason ?? '',
    })),
  );
}

/** Far from where the database's integers end. */
export const MAX_ON_HAND = 1_000_000_000;
const DEFAULT_LOW_AT = 5;

export const NO_STOCK = { onHand: 0, elsewhere: 0, reserved: 0, lowAt: DEFAULT_LOW_AT };

export interface StockRow {
  readonly variantId: VariantId;
  readonly onHand: number;
  readonly elsewhere: number;
  readonly reserved: number;
  readonly lowAt: number;
}

export async function findStock(db: Queryable, variantId: VariantId): Promise<StockRow | undefined> {
  const [row] = await db.select().from(inventory).where(eq(inventory.variantId, variantId));
  return row;
}

interface Adjustment {
  readonly variantId: VariantId;
  readonly delta: number;
  /** Whether it is at another location than the default one. */
  readonly isElsewhere: boolean;
}

/**
 * Undefined when that would leave less than is reserved, more than {@link MAX_ON_HAND}, or less than nothing at the
 * default location.
 */
export async function adjust(
  tx: Transaction,
  { variantId, delta, isElsewhere }: Adjustment,
): Promise<StockRow | undefined> {
  await tx.insert(inventory).values({ variantId }).onConflictDoNothing();
  const onHand = sql`${inventory.onHand} + ${delta}::int`;
  const elsewhere = sql`${inventory.elsewhere} + ${isElsewhere ? delta : 0}::int`;
  const [row] = await tx
    .update(inventory)
    .set({ onHand, elsewhere })
    .where(
      and(
        eq(inventory.variantId, variantId),
        sql`${onHand} between ${inventory.reserved} and ${MAX_ON_HAND} and ${elsewhere} between 0 and ${onHand}`,
      ),
    )
    .returning();
  return row;
}

/** What somebody has moved by hand. */
export async function recordAdjustment(
  tx: Transaction,
  adjustment: Pick<
    typeof stockLedger.$inferInsert,
    'variantId' | 'movement' | 'onHandDelta' | 'reason' | 'actorId'
  >,
): Promise<void> {
  await tx.insert(stockLedger).values({ ...adjustment, reservedDelta: 0 });
}

export async function setLowAt(tx: Transaction, variantId: VariantId, lowAt: number): Promise<StockRow> {
  const [row] = await tx
    .insert(inventory)
    .values({ variantId, lowAt })
    .onConflictDoUpdate({ target: inventory.variantId, set: { lowAt } })
    .returning();
  return present(row, `the stock of ${variantId}`);
}

interface LevelQuery {
  /** Null: of all sellers, and the house. */
  readonly seller: UserId | null;
  readonly limit: number;
  readonly afterId: VariantId | undefined;
}

/** Variants on sale with their stock, in the order of their ids. */
export async function listLevels(db: Queryable, { seller, limit, afterId }: LevelQuery) {
  return db
    .select({
      variantId: variants.id,
      productId: variants.productId,
      name: products.name,
      sku: variants.sku,
      onHand: sql<number>`coalesce(${inventory.onHand}, ${NO_STOCK.onHand}::int)`,
      reserved: sql<number>`coalesce(${inventory.reserved}, ${NO_STOCK.reserved}::int)`,
      lowAt: sql<number>`coalesce(${inventory.lowAt}, ${NO_STOCK.lowAt}::int)`,
    })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .leftJoin(inventory, eq(inventory.variantId, variants.id))
    .where(
      and(
        isNull(variants.withdrawnAt),
        seller === null ? undefined : eq(products.sellerId, seller),
        afterId === undefined ? undefined : gt(variants.id, afterId),
      ),
    )
    .orderBy(asc(variants.id))
    .limit(limit);
}

/** Whose variant it is; undefined where there is none. */
export async function findOwner(db: Queryable, variantId: VariantId) {
  const [owner] = await db
    .select({ sellerId: products.sellerId })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(eq(variants.id, variantId));
  return owner;
}

/** The newest first. */
export async function latestMovements(db: Queryable, variantId: VariantId, limit: number) {
  const { movement, onHandDelta, reservedDelta, orderId, actorId, reason, createdAt } = stockLedger;
  return db
    .select({ movement, onHandDelta, reservedDelta, orderId, actorId, reason, createdAt })
    .from(stockLedger)
    .where(eq(stockLedger.variantId, variantId))
    .orderBy(desc(stockLedger.id))
    .limit(limit);
}
