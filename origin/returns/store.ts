/** Every query of returns; the writes are for whoever has locked the order. */

import { and, eq, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { lineUnits, shipmentLines, shipments } from '#db/schema/fulfilment.ts';
import { orderLines } from '#db/schema/orders.ts';
import { returnLines, returns } from '#db/schema/returns.ts';
import type { OrderId, OrderLineId, ReturnId } from '#lib/ids.ts';
import { minor } from '#lib/money.ts';

const NOTHING = minor(0);

export type ReturnRow = typeof returns.$inferSelect;

export interface AskedLine {
  readonly lineId: OrderLineId;
  readonly quantity: number;
}

/** With what is wanted instead, at the price that it has. */
export type NewReturnLine = AskedLine &
  Partial<Pick<typeof returnLines.$inferSelect, 'replacementId' | 'replacementMinor'>>;

/** False when fewer of the line's units have left and are not asked back yet. */
export async function askUnits(tx: Transaction, { lineId, quantity }: AskedLine): Promise<boolean> {
  const comingBack = sql`${lineUnits.comingBack} + ${quantity}::int`;
  const rows = await tx
    .update(lineUnits)
    .set({ comingBack })
    .where(and(eq(lineUnits.lineId, lineId), sql`${comingBack} <= ${lineUnits.shipped}`))
    .returning({ lineId: lineUnits.lineId });
  return rows.length === 1;
}

/** Nobody waits for the units of a return any more. */
export async function releaseUnits(tx: Transaction, id: ReturnId): Promise<void> {
  await tx.execute(sql`
    update line_units u set coming_back = u.coming_back - l.quantity
      from return_lines l where l.return_id = ${id} and u.line_id = l.line_id`);
}

/** Of the units of a return, those that came are back; nobody waits for the others. */
export async function takeUnits(tx: Transaction, id: ReturnId): Promise<void> {
  await tx.execute(sql`
    update line_units u set returned = u.returned + l.restocked + l.written_off,
           coming_back = u.coming_back - (l.quantity - l.restocked - l.written_off)
      from return_lines l where l.return_id = ${id} and u.line_id = l.line_id`);
}

/** When the last parcel with units of the line arrived or, where nobody has said that it did, left. */
export async function lastSeenOut(tx: Transaction, lineId: OrderLineId): Promise<Date | null> {
  const [row] = await tx
    .select({ at: sql<string | null>`max(coalesce(${shipments.deliveredAt}, ${shipments.shippedAt}))` })
    .from(shipmentLines)
    .innerJoin(shipments, eq(shipments.id, shipmentLines.shipmentId))
    .where(eq(shipmentLines.lineId, lineId));
  return row?.at ? new Date(row.at) : null;
}

export async function insertReturn(
  tx: Transaction,
  row: typeof returns.$inferInsert,
  lines: readonly NewReturnLine[],
): Promise<void> {
  await tx.insert(returns).values(row);
  await tx
    .insert(returnLines)
    .values(lines.map((line) => ({ ...line, returnId: row.id, chargedMinor: NOTHING })));
}

export async function findReturn(
  db: Queryable,
  orderId: OrderId,
  id: ReturnId,
): Promise<ReturnRow | undefined> {
  const [row] = await db
    .select()
    .from(returns)
    .where(and(eq(returns.id, id), eq(returns.orderId, orderId)));
  return row;
}

/** Whatever has become of them. */
export async function countReturns(tx: Transaction, orderId: OrderId): Promise<number> {
  return tx.$count(returns, eq(returns.orderId, orderId));
}

/** With the line of the order that each is of, by their positions. */
export async function findReturnLines(db: Queryable, id: ReturnId) {
  return db
    .select({
      lineId: returnLines.lineId,
      asked: returnLines.quantity,
      chargedMinor: returnLines.chargedMinor,
      replacementId: returnLines.replacementId,
      replacementMinor: returnLines.replacementMinor,
      exchanged: returnLines.exchanged,
      exchangedMinor: returnLines.exchangedMinor,
      came: sql<number>`${returnLines.restocked} + ${returnLines.writtenOff}`,
      returned: lineUnits.returned,
      removed: lineUnits.removed,
      variantId: orderLines.variantId,
      name: orderLines.name,
      optionValues: orderLines.optionValues,
      quantity: orderLines.quantity,
      unitPriceMinor: orderLines.unitPriceMinor,
      lineTotalMinor: orderLines.lineTotalMinor,
      discountMinor: orderLines.discountMinor,
      taxMinor: orderLines.taxMinor,
    })
    .from(returnLines)
    .innerJoin(orderLines, eq(orderLines.id, returnLines.lineId))
    .innerJoin(lineUnits, eq(lineUnits.lineId, returnLines.lineId))
    .where(eq(returnLines.returnId, id))
    .orderBy(orderLines.position);
}

export type ReturnLine = Awaited<ReturnType<typeof findReturnLines>>[number];

export async function updateReturn(
  tx: Transaction,
  id: ReturnId,
  change: Partial<Omit<ReturnRow, 'id' | 'orderId'>>,
): Promise<void> {
  await tx.update(returns).set(change).where(eq(returns.id, id));
}

interface LineOfReturn {
  readonly returnId: ReturnId;
  readonly lineId: OrderLineId;
}

type LineRow = typeof returnLines.$inferSelect;

export async function updateLine(
  tx: Transaction,
  { returnId, lineId }: LineOfReturn,
  change:
    | Pick<LineRow, 'restocked' | 'writtenOff' | 'chargedMinor'>
    | Pick<LineRow, 'exchanged' | 'exchangedMinor'>,
): Promise<void> {
  await tx
    .update(returnLines)
    .set(change)
    .where(and(eq(returnLines.returnId, returnId), eq(returnLines.lineId, lineId)));
}
