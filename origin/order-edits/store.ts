/** Every query of edits; the writes are for whoever has locked the order. */

import { and, eq, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { lineUnits } from '#db/schema/fulfilment.ts';
import { orderEditLines, orderEdits } from '#db/schema/order-edits.ts';
import { orderLines, orders } from '#db/schema/orders.ts';
import type { OrderEditId, OrderId, OrderLineId } from '#lib/ids.ts';
import type { Minor } from '#lib/money.ts';

export type NewEdit = typeof orderEdits.$inferInsert;

/** What every process may know of an edit: not where the order went. */
const { id, orderId, editor, refundId, refundMinor, changesAddress } = orderEdits;
const told = { id, orderId, editor, refundId, refundMinor, changesAddress };

export async function findEdit(db: Queryable, order: OrderId, edit: OrderEditId) {
  const [row] = await db
    .select(told)
    .from(orderEdits)
    .where(and(eq(id, edit), eq(orderId, order)));
  return row;
}

export async function countShoppersEdits(tx: Transaction, order: OrderId): Promise<number> {
  return tx.$count(orderEdits, and(eq(orderId, order), eq(editor, 'shopper')));
}

/** Lines with what they were charged by, and what has become of their units. The units have rows already. */
export async function findLines(tx: Transaction, order: OrderId) {
  return tx
    .select({
      lineId: orderLines.id,
      variantId: orderLines.variantId,
      quantity: orderLines.quantity,
      unitPriceMinor: orderLines.unitPriceMinor,
      lineTotalMinor: orderLines.lineTotalMinor,
      discountMinor: orderLines.discountMinor,
      taxMinor: orderLines.taxMinor,
      packed: lineUnits.packed,
      returned: lineUnits.returned,
      removed: lineUnits.removed,
    })
    .from(orderLines)
    .innerJoin(lineUnits, eq(lineUnits.lineId, orderLines.id))
    .where(eq(orderLines.orderId, order))
    .orderBy(orderLines.position);
}

export type EditableLine = Awaited<ReturnType<typeof findLines>>[number];

export interface RemovedLine {
  readonly lineId: OrderLineId;
  readonly removed: number;
  readonly chargedMinor: Minor;
}

/** The table's checks refuse what could not be. */
export async function removeUnits(tx: Transaction, { lineId, removed }: RemovedLine): Promise<void> {
  await tx
    .update(lineUnits)
    .set({ removed: sql`${lineUnits.removed} + ${removed}::int` })
    .where(eq(lineUnits.lineId, lineId));
}

export async function insertEdit(
  tx: Transaction,
  edit: NewEdit,
  lines: readonly RemovedLine[],
): Promise<void> {
  await tx.insert(orderEdits).values(edit);
  if (lines.length === 0) return;
  await tx.insert(orderEditLines).values(lines.map((line) => ({ ...line, editId: edit.id })));
}

export async function setAddress(
  tx: Transaction,
  order: OrderId,
  shippingAddress: Uint8Array,
): Promise<void> {
  await tx.update(orders).set({ shippingAddress }).where(eq(orders.id, order));
}

/** What a letter of the edit names, by the lines' positions. */
export async function findRemoved(db: Queryable, edit: OrderEditId) {
  const { name, optionValues } = orderLines;
  return db
    .select({ name, optionValues, quantity: orderEditLines.removed })
    .from(orderEditLines)
    .innerJoin(orderLines, eq(orderLines.id, orderEditLines.lineId))
    .where(eq(orderEditLines.editId, edit))
    .orderBy(orderLines.position);
}
