/** Every write of parcels and of the units of lines; each is for whoever has locked the order. */

import { and, eq, inArray, ne, type SQLWrapper, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { lineUnits, shipmentLines, shipments } from '#db/schema/fulfilment.ts';
import { orderLines } from '#db/schema/orders.ts';
import type { OrderId, OrderLineId, ShipmentId, UserId } from '#lib/ids.ts';

export type ShipmentRow = typeof shipments.$inferSelect;

/** A line of an order with what has become of its units. */
export interface LineUnits {
  readonly lineId: OrderLineId;
  readonly sellerId: UserId | null;
  readonly bought: number;
  readonly packed: number;
  readonly shipped: number;
  readonly delivered: number;
  readonly comingBack: number;
  readonly returned: number;
  readonly removed: number;
}

export interface ParcelLine {
  readonly lineId: OrderLineId;
  readonly quantity: number;
}

const orZero = (column: SQLWrapper) => sql<number>`coalesce(${column}, 0)`;

export async function findUnits(db: Queryable, orderId: OrderId): Promise<LineUnits[]> {
  return db
    .select({
      lineId: orderLines.id,
      sellerId: orderLines.sellerId,
      bought: orderLines.quantity,
      packed: orZero(lineUnits.packed),
      shipped: orZero(lineUnits.shipped),
      delivered: orZero(lineUnits.delivered),
      comingBack: orZero(lineUnits.comingBack),
      returned: orZero(lineUnits.returned),
      removed: orZero(lineUnits.removed),
    })
    .from(orderLines)
    .leftJoin(lineUnits, eq(lineUnits.lineId, orderLines.id))
    .where(eq(orderLines.orderId, orderId))
    .orderBy(orderLines.position);
}

/** The rows that count an order's units: made when there is first something to count. */
export async function openUnits(tx: Transaction, orderId: OrderId): Promise<void> {
  await tx.execute(sql`
    insert into line_units (line_id, order_id, bought)
    select id, order_id, quantity from order_lines where order_id = ${orderId}
    on conflict (line_id) do nothing`);
}

/** False when fewer of the line's units are left than that. */
export async function packUnits(tx: Transaction, { lineId, quantity }: ParcelLine): Promise<boolean> {
  const packed = sql`${lineUnits.packed} + ${quantity}::int`;
  const rows = await tx
    .update(lineUnits)
    .set({ packed })
    .where(and(eq(lineUnits.lineId, lineId), sql`${packed} + ${lineUnits.removed} <= ${lineUnits.bought}`))
    .returning({ lineId: lineUnits.lineId });
  return rows.length === 1;
}

/** What a step of a parcel counts its units as. */
const COUNTS = {
  unpack: { column: 'packed', sign: -1 },
  ship: { column: 'shipped', sign: 1 },
  deliver: { column: 'delivered', sign: 1 },
} as const;

/** The table's checks refuse what could not be. */
export async function countUnits(
  tx: Transaction,
  shipmentId: ShipmentId,
  step: keyof typeof COUNTS,
): Promise<void> {
  const { column, sign } = COUNTS[step];
  const name = sql.identifier(column);
  await tx.execute(sql`
    update line_units u set ${name} = u.${name} + ${sign}::int * l.quantity
      from shipment_lines l where l.shipment_id = ${shipmentId} and u.line_id = l.line_id`);
}

export async function insertShipment(
  tx: Transaction,
  shipment: typeof shipments.$inferInsert,
  lines: readonly ParcelLine[],
): Promise<void> {
  await tx.insert(shipments).values(shipment);
  await tx.insert(shipmentLines).values(lines.map((line) => ({ ...line, shipmentId: shipment.id })));
}

export async function findShipment(
  db: Queryable,
  orderId: OrderId,
  id: ShipmentId,
): Promise<ShipmentRow | undefined> {
  const [row] = await db
    .select()
    .from(shipments)
    .where(and(eq(shipments.id, id), eq(shipments.orderId, orderId)));
  return row;
}

export async function findParcelLines(db: Queryable, id: ShipmentId): Promise<ParcelLine[]> {
  const { lineId, quantity } = shipmentLines;
  return db.select({ lineId, quantity }).from(shipmentLines).where(eq(shipmentLines.shipmentId, id));
}

/** What the parcels of orders hold, and which location each leaves from. */
export async function findPackedAt(db: Queryable, orderIds: readonly OrderId[]) {
  const { orderId, locationId, status } = shipments;
  const { lineId, quantity } = shipmentLines;
  return db
    .select({ orderId, lineId, locationId, quantity })
    .from(shipments)
    .innerJoin(shipmentLines, eq(shipmentLines.shipmentId, shipments.id))
    .where(and(inArray(orderId, [...orderIds]), ne(status, 'unpacked')));
}

export async function findPacked(tx: Transaction, orderId: OrderId): Promise<ShipmentRow[]> {
  return tx
    .select()
    .from(shipments)
    .where(and(eq(shipments.orderId, orderId), eq(shipments.status, 'packed')));
}

export async function updateShipment(
  tx: Transaction,
  id: ShipmentId,
  change: Partial<Omit<ShipmentRow, 'id' | 'orderId'>>,
): Promise<void> {
  if (Object.keys(change).length > 0) await tx.update(shipments).set(change).where(eq(shipments.id, id));
}

/** What a letter of the parcel, and its packing slip, names, by the lines' positions. */
export async function findContents(db: Queryable, id: ShipmentId) {
  const { name, optionValues, sku } = orderLines;
  return db
    .select({ name, optionValues, sku, quantity: shipmentLines.quantity })
    .from(shipmentLines)
    .innerJoin(orderLines, eq(orderLines.id, shipmentLines.lineId))
    .where(eq(shipmentLines.shipmentId, id))
    .orderBy(orderLines.position);
}
