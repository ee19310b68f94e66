/** Every query of sales. Whose lines they are is part of each: nothing else is ever read. */

import { and, asc, desc, eq, getTableColumns, inArray, lt, type SQL, sql } from 'drizzle-orm';
import type { Queryable } from '#db/client.ts';
import { unitsIn } from '#db/order-goods.ts';
import { lineUnits } from '#db/schema/fulfilment.ts';
import { orderLines, orders } from '#db/schema/orders.ts';
import { payments } from '#db/schema/payments.ts';
import type { OrderId, UserId } from '#lib/ids.ts';

/** Null: of all sellers, and the house. */
export type Seller = UserId | null;

const head = {
  id: orders.id,
  number: orders.number,
  status: orders.status,
  currency: orders.currency,
  placedAt: orders.placedAt,
  shippingAddress: orders.shippingAddress,
};

export type SaleRow = Awaited<ReturnType<typeof listSales>>[number];

/** Drizzle leaves the table's name off in a query without joins. */
const orderId = sql`${orders}.${sql.identifier(orders.id.name)}`;

/** Orders below an id. Said of each table that is looked into, each is read from there on and not from its end. */
type Below = OrderId | undefined;
const below = (id: SQL, bound: Below) => (bound === undefined ? sql`` : sql` and ${id} < ${bound}`);

/** An order is a sale once it was paid for. */
const wasPaid = (bound?: Below) => sql`exists (
  select 1 from ${payments} p
   where p.order_id = ${orderId} and p.status = 'captured'${below(sql`p.order_id`, bound)})`;

const sold = (seller: Seller, bound?: Below) =>
  seller === null
    ? undefined
    : sql`exists (
        select 1 from ${orderLines} l
         where l.order_id = ${orderId} and l.seller_id = ${seller}${below(sql`l.order_id`, bound)})`;

/** The newest first: ids grow with time. */
export async function listSales(
  db: Queryable,
  seller: Seller,
  { limit, beforeId }: { readonly limit: number; readonly beforeId: Below },
) {
  const beyond = beforeId === undefined ? undefined : lt(orders.id, beforeId);
  return db
    .select(head)
    .from(orders)
    .where(and(sold(seller, beforeId), wasPaid(beforeId), beyond))
    .orderBy(desc(orders.id))
    .limit(limit);
}

export async function findSale(db: Queryable, seller: Seller, id: OrderId): Promise<SaleRow | undefined> {
  const [sale] = await db
    .select(head)
    .from(orders)
    .where(and(eq(orders.id, id), sold(seller), wasPaid()));
  return sale;
}

export type SaleLine = Awaited<ReturnType<typeof findSaleLines>>[number];

export async function findSaleLines(db: Queryable, seller: Seller, ids: readonly OrderId[]) {
  return db
    .select({ ...getTableColumns(orderLines), units: unitsIn('line_units') })
    .from(orderLines)
    .leftJoin(lineUnits, eq(lineUnits.lineId, orderLines.id))
    .where(
      and(
        inArray(orderLines.orderId, [...ids]),
        seller === null ? undefined : eq(orderLines.sellerId, seller),
      ),
    )
    .orderBy(asc(orderLines.position));
}
