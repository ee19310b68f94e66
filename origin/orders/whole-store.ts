/** Orders with all that there is to tell of them, each in one statement. */

import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable } from '#db/client.ts';
import { kept, type Slots } from '#db/kept.ts';
import {
  type EditDetails,
  editsOfOrder,
  type ItemUnits,
  type ReturnDetails,
  returnsOfOrder,
  type ShipmentDetails,
  shipmentsOfOrder,
  unitsIn,
} from '#db/order-goods.ts';
import { orders } from '#db/schema/orders.ts';
import type { payments, refunds } from '#db/schema/payments.ts';
import type { OrderId, UserId } from '#lib/ids.ts';
import { type Sums, sumsOf } from '#origin/ledger/service.ts';
import type { OrderDiscountRow, OrderLineRow, OrderRow, OrderShippingRow } from './store.ts';

type PaymentRow = typeof payments.$inferSelect;
type RefundRow = typeof refunds.$inferSelect;
type ById = Pick<OrderRow, 'id'>;

/** An order with all that there is to tell of it. */
export interface WholeOrder {
  readonly row: OrderRow;
  readonly details: OrderDetails;
  /** Of its accounts, all at the one moment at which the order was read. */
  readonly sums: Sums;
}

/** Dates as RFC 3339 with the offset of UTC. */
export interface OrderDetails {
  readonly lines: readonly (Pick<
    OrderLineRow,
    | 'id'
    | 'variantId'
    | 'productId'
    | 'name'
    | 'sku'
    | 'optionValues'
    | 'quantity'
    | 'unitPriceMinor'
    | 'lineTotalMinor'
    | 'discountMinor'
    | 'taxMinor'
    | 'includedTaxMinor'
    | 'taxRatePpm'
  > & { readonly units: ItemUnits })[];
  /** In the order in which they were made. */
  readonly discounts: readonly Pick<
    OrderDiscountRow,
    'discountId' | 'name' | 'code' | 'sharesMinor' | 'shippingMinor'
  >[];
  readonly shipping: Omit<OrderShippingRow, 'orderId' | 'methodVersion'> | null;
  readonly events: readonly {
    readonly event: string;
    readonly actor: string;
    readonly detail: string;
    readonly occurredAt: string;
  }[];
  /** Null only for an order that was never written whole. */
  readonly payment: Pick<PaymentRow, 'status' | 'brand' | 'lastFour' | 'declineCode'> | null;
  /** The oldest first. */
  readonly refunds: readonly (Pick<RefundRow, 'id' | 'status' | 'amountMinor' | 'reason'> & {
    readonly createdAt: string;
    readonly settledAt: string | null;
  })[];
  readonly shipments: readonly ShipmentDetails[];
  readonly returns: readonly ReturnDetails[];
  readonly edits: readonly EditDetails[];
}

/** One expression, for every checkout ends with it. */
const DETAILS = sql<OrderDetails>`json_build_object(
  'lines', (
    select coalesce(json_agg(json_build_object(
             'id', l.id, 'variantId', l.variant_id, 'productId', l.product_id, 'name', l.name, 'sku', l.sku,
             'optionValues', l.option_values, 'quantity', l.quantity, 'unitPriceMinor', l.unit_price_minor,
             'lineTotalMinor', l.line_total_minor, 'discountMinor', l.discount_minor, 'taxMinor', l.tax_minor,
             'includedTaxMinor', l.included_tax_minor, 'taxRatePpm', l.tax_rate_ppm,
             'units', ${unitsIn('u')}) order by l.position), '[]')
      from order_lines l left join line_units u on u.line_id = l.id where l.order_id = orders.id),
  'discounts', (
    select coalesce(json_agg(json_build_object(
             'discountId', d.discount_id, 'name', d.name, 'code', d.code, 'sharesMinor', d.shares_minor,
             'shippingMinor', d.shipping_minor) order by d.discount_id), '[]')
      from order_discounts d where d.order_id = orders.id),
  'shipping', (
    select json_build_object('methodId', s.method_id, 'name', s.name, 'kind', s.kind, 'listMinor', s.list_minor,
                             'discountMinor', s.discount_minor, 'taxMinor', s.tax_minor,
                             'includedTaxMinor', s.included_tax_minor, 'taxRatePpm', s.tax_rate_ppm)
      from order_shipping s where s.order_id = orders.id),
  'events', (
    select coalesce(json_agg(json_build_object(
             'event', e.event, 'actor', e.actor, 'detail', e.detail, 'occurredAt', e.occurred_at)
             order by e.id), '[]')
      from order_events e where e.order_id = orders.id),
  'payment', (
    select json_build_object('status', p.status, 'brand', p.brand, 'lastFour', p.last_four,
                             'declineCode', p.decline_code)
      from payments p where p.order_id = orders.id),
  'shipments', ${shipmentsOfOrder(sql`orders.id`)},
  'returns', ${returnsOfOrder(sql`orders.id`)},
  'edits', ${editsOfOrder(sql`orders.id`)},
  'refunds', (
    select coalesce(json_agg(json_build_object(
             'id', r.id, 'status', r.status, 'amountMinor', r.amount_minor, 'reason', r.reason,
             'createdAt', r.created_at, 'settledAt', r.settled_at) order by r.created_at, r.id), '[]')
      from refunds r join payments p on p.id = r.payment_id where p.order_id = orders.id))`;

/** Spelled out, for Drizzle leaves the table away where it selects from one only. */
const SUMS = sumsOf(sql`orders.id`);

function selectWhole(db: Queryable) {
  return db.select({ row: orders, details: DETAILS, sums: SUMS }).from(orders);
}

const FIND_WHOLE = kept((db, { id }: Slots<ById>) => selectWhole(db).where(eq(orders.id, id)));

export async function findWhole(db: Queryable, id: OrderId): Promise<WholeOrder | undefined> {
  const [whole] = await FIND_WHOLE(db, { id });
  return whole;
}

/** What has become of the goods of orders, by the orders' ids. */
export async function findGoods(db: Queryable, ids: readonly OrderId[]) {
  const [shipments, returns] = [shipmentsOfOrder(sql`orders.id`), returnsOfOrder(sql`orders.id`)];
  const rows = await db
    .select({ id: orders.id, shipments, returns })
    .from(orders)
    .where(inArray(orders.id, [...ids]));
  return new Map(rows.map((row) => [row.id, row]));
}

interface OrderPosition {
  readonly placedAt: string;
  readonly id: string;
}

export async function listOfUser(
  db: Queryable,
  userId: UserId,
  limit: number,
  after: OrderPosition | undefined,
): Promise<WholeOrder[]> {
  const beyond =
    after && sql`(${orders.placedAt}, ${orders.id}) < (${after.placedAt}::timestamptz, ${after.id}::uuid)`;
  return selectWhole(db)
    .where(and(eq(orders.userId, userId), beyond))
    .orderBy(desc(orders.placedAt), desc(orders.id))
    .limit(limit);
}
