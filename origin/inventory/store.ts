/** Every write of stock. A row is only ever changed by a condition that keeps it lawful. */

import { and, eq, gte, inArray, sql } from 'drizzle-orm';
import type { Transaction } from '#db/client.ts';
import { inventory, stockLedger } from '#db/schema/inventory.ts';
import type { OrderId, VariantId } from '#lib/ids.ts';

export interface StockLine {
  readonly variantId: VariantId;
  readonly quantity: number;
}

const available = sql<number>`${inventory.onHand} - ${inventory.reserved}`;

export async function insertStock(tx: Transaction, lines: readonly StockLine[]): Promise<void> {
  await tx
    .insert(inventory)
    .values(lines.map(({ variantId, quantity }) => ({ variantId, onHand: quantity })));
}

/** What is left to sell after the reservation, or null where there is not enough. */
export async function reserve(tx: Transaction, { variantId, quantity }: StockLine): Promise<number | null> {
  const [row] = await tx
    .update(inventory)
    .set({ reserved: sql`${inventory.reserved} + ${quantity}` })
    .where(and(eq(inventory.variantId, variantId), gte(available, quantity)))
    .returning({ left: available });
  return row?.left ?? null;
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

/** Turns reserved units into sold ones. False when so many were not reserved. */
export async function sell(tx: Transaction, { variantId, quantity }: StockLine): Promise<boolean> {
  const rows = await tx
    .update(inventory)
    .set({
      onHand: sql`${inventory.onHand} - ${quantity}`,
      reserved: sql`${inventory.reserved} - ${quantity}`,
    })
    .where(and(eq(inventory.variantId, variantId), gte(inventory.reserved, quantity)))
    .returning({ variantId: inventory.variantId });
  return rows.length === 1;
}

export async function findAvailable(tx: Transaction, variantIds: readonly VariantId[]) {
  return tx
    .select({ variantId: inventory.variantId, available })
    .from(inventory)
    .where(inArray(inventory.variantId, [...variantIds]));
}

interface Movement {
  readonly movement: (typeof stockLedger.$inferInsert)['movement'];
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
