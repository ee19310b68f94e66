/** What has become of an order's goods, as SQL for whoever reads orders: all of it in the statement that they make. */

import { type SQLWrapper, sql } from 'drizzle-orm';
import type { OrderId, OrderLineId, RefundId, VariantId } from '#lib/ids.ts';
import type { Minor } from '#lib/money.ts';
import type { shipments } from './schema/fulfilment.ts';
import type { orderEdits } from './schema/order-edits.ts';
import type { returns } from './schema/returns.ts';

type ShipmentRow = typeof shipments.$inferSelect;
type ReturnRow = typeof returns.$inferSelect;
type EditRow = typeof orderEdits.$inferSelect;

/** Of a line: none of them, until something is done with one. */
export type ItemUnits = Record<'packed' | 'shipped' | 'delivered' | 'returned' | 'removed', number>;

/** Times as the database writes them in JSON. */
export interface ShipmentDetails
  extends Pick<ShipmentRow, 'id' | 'status' | 'carrier' | 'trackingNumber' | 'trackingUrl' | 'locationId'> {
  readonly items: readonly { readonly itemId: OrderLineId; readonly quantity: number }[];
  readonly packedAt: string;
  readonly shippedAt: string | null;
  readonly deliveredAt: string | null;
}

export interface ReturnDetails extends Pick<ReturnRow, 'id' | 'status' | 'reason' | 'note' | 'answer'> {
  readonly items: readonly {
    readonly itemId: OrderLineId;
    readonly quantity: number;
    readonly received: number;
    readonly replacementVariantId: VariantId | null;
    readonly exchanged: number;
  }[];
  /** By which what is exchanged goes out. */
  readonly exchangeOrderId: OrderId | null;
  readonly refundId: RefundId;
  readonly refundMinor: Minor | null;
  readonly requestedAt: string;
  readonly decidedAt: string | null;
  readonly receivedAt: string | null;
  readonly refundedAt: string | null;
}

export interface EditDetails
  extends Pick<EditRow, 'id' | 'editor' | 'refundId' | 'refundMinor' | 'changesAddress'> {
  readonly items: readonly {
    readonly itemId: OrderLineId;
    readonly removed: number;
    readonly chargedMinor: Minor;
  }[];
  readonly madeAt: string;
}

/** Of an order line to which its `line_units` are joined under this name. */
export function unitsIn(name: string) {
  const u = sql.identifier(name);
  return sql<ItemUnits>`json_build_object(
    'packed', coalesce(${u}.packed, 0), 'shipped', coalesce(${u}.shipped, 0),
    'delivered', coalesce(${u}.delivered, 0), 'returned', coalesce(${u}.returned, 0),
    'removed', coalesce(${u}.removed, 0))`;
}

/** The oldest first. */
export function shipmentsOfOrder(orderId: SQLWrapper) {
  return sql<ShipmentDetails[]>`(
    select coalesce(json_agg(json_build_object(
             'id', s.id, 'status', s.status, 'carrier', s.carrier, 'trackingNumber', s.tracking_number,
             'trackingUrl', s.tracking_url, 'locationId', s.location_id, 'packedAt', s.packed_at,
             'shippedAt', s.shipped_at, 'deliveredAt', s.delivered_at, 'items', (
               select json_agg(json_build_object('itemId', sl.line_id, 'quantity', sl.quantity) order by ol.position)
                 from shipment_lines sl join order_lines ol on ol.id = sl.line_id where sl.shipment_id = s.id))
             order by s.packed_at, s.id), '[]')
      from shipments s where s.order_id = ${orderId})`;
}

/** The oldest first. */
export function returnsOfOrder(orderId: SQLWrapper) {
  return sql<ReturnDetails[]>`(
    select coalesce(json_agg(json_build_object(
             'id', b.id, 'status', b.status, 'reason', b.reason, 'note', b.note, 'answer', b.answer,
             'refundId', b.refund_id, 'refundMinor', b.refund_minor,
             'exchangeOrderId', (select x.order_id from exchanges x where x.return_id = b.id), 'requestedAt', b.requested_at,
             'decidedAt', b.decided_at, 'receivedAt', b.received_at, 'refundedAt', b.refunded_at, 'items', (
               select json_agg(json_build_object('itemId', bl.line_id, 'quantity', bl.quantity,
                                                 'received', bl.restocked + bl.written_off,
                                                 'replacementVariantId', bl.replacement_id,
                                                 'exchanged', bl.exchanged) order by ol.position)
                 from return_lines bl join order_lines ol on ol.id = bl.line_id where bl.return_id = b.id))
             order by b.requested_at, b.id), '[]')
      from returns b where b.order_id = ${orderId})`;
}

/** The oldest first. */
export function editsOfOrder(orderId: SQLWrapper) {
  return sql<EditDetails[]>`(
    select coalesce(json_agg(json_build_object(
             'id', d.id, 'editor', d.editor, 'refundId', d.refund_id, 'refundMinor', d.refund_minor,
             'changesAddress', d.changes_address, 'madeAt', d.made_at, 'items', (
               select coalesce(json_agg(json_build_object('itemId', dl.line_id, 'removed', dl.removed,
                                                          'chargedMinor', dl.charged_minor) order by ol.position), '[]')
                 from order_edit_lines dl join order_lines ol on ol.id = dl.line_id where dl.edit_id = d.id))
             order by d.made_at, d.id), '[]')
      from order_edits d where d.order_id = ${orderId})`;
}
