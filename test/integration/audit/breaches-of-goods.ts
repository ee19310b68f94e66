/** Every way in which goods could go further than they may, and the checks that must see it. */

import type { Breach } from './breaches-of-books.ts';

export const GOODS_BREACHES: readonly Breach[] = [
  {
    what: 'more units packed than were bought',
    seenBy: ['units-by-parcels', 'units-in-range'],
    rows: (sql, { sent }) => sql`update line_units set packed = 3 where order_id = ${sent}`,
  },
  {
    what: 'another number of units bought than the line says',
    seenBy: ['units-in-range'],
    rows: (sql, { sent }) => sql`update line_units set bought = 9 where order_id = ${sent}`,
  },
  {
    what: 'a parcel with more in it than was counted',
    seenBy: ['parcels-as-allocated', 'units-by-parcels'],
    rows: (sql, { parcel }) => sql`update shipment_lines set quantity = 2 where shipment_id = ${parcel}`,
  },
  {
    what: 'a parcel that has left of an order that is cancelled',
    seenBy: ['cancelled-is-given-back', 'cancelled-is-put-back', 'sent-was-paid'],
    rows: (sql, { sent }) => sql`update orders set status = 'cancelled' where id = ${sent}`,
  },
  {
    what: 'an order that says that its goods have arrived while one is on its way',
    seenBy: ['status-by-units'],
    rows: (sql, { sent }) => sql`update orders set status = 'delivered' where id = ${sent}`,
  },
  {
    what: 'an order that says that nothing has left',
    seenBy: ['status-by-units'],
    rows: (sql, { sent }) => sql`update orders set status = 'paid' where id = ${sent}`,
  },
  {
    what: 'a parcel that nobody was told of',
    seenBy: ['parcels-told-once'],
    rows: (sql, { parcel }) =>
      sql`delete from outbox where name = 'shipment.delivered' and data ->> 'shipmentId' = ${parcel}`,
  },
  {
    what: 'a letter of a parcel that was not sent',
    seenBy: ['handled-by-everyone'],
    rows: (sql, { parcel }) =>
      sql`delete from inbox where consumer = 'shipment-email' and event_id in (
            select id from outbox where name = 'shipment.shipped' and data ->> 'shipmentId' = ${parcel})`,
  },
  {
    what: 'more units on their way back than were shipped',
    seenBy: ['units-by-returns', 'units-in-range'],
    rows: (sql, { sent }) => sql`update line_units set coming_back = 3 where order_id = ${sent}`,
  },
  {
    what: 'a return of more units than were counted',
    seenBy: ['restocked-once', 'units-by-returns'],
    rows: (sql, { sentBack }) => sql`update return_lines set restocked = 1 where return_id = ${sentBack}`,
  },
  {
    what: 'a return whose units were put on the shelf twice',
    seenBy: ['on-hand-by-ledger', 'restocked-once'],
    rows: (sql, { sent }) =>
      sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta, order_id)
          select variant_id, 'return', 1, 0, order_id from order_lines where order_id = ${sent}`,
  },
  {
    what: 'a cancelled order whose goods never came back',
    seenBy: ['cancelled-is-put-back'],
    rows: (sql, { cancelled }) =>
      sql`with lost as (delete from stock_ledger where order_id = ${cancelled} and movement = 'return'
                        returning variant_id, on_hand_delta)
          update inventory i set on_hand = i.on_hand - lost.on_hand_delta
            from lost where lost.variant_id = i.variant_id`,
  },
  {
    what: 'a return that was refunded and does not say so',
    seenBy: ['returns-refunded-once'],
    rows: (sql, { sentBack }) =>
      sql`update returns set status = 'received', refund_minor = null, refunded_at = null where id = ${sentBack}`,
  },
  {
    what: 'a refund of more than was charged for what came',
    seenBy: ['returns-refunded-once'],
    rows: (sql, { sentBack }) => sql`update return_lines set charged_minor = 1 where return_id = ${sentBack}`,
  },
  {
    what: 'a letter of a return that was not sent',
    seenBy: ['handled-by-everyone'],
    rows: (sql, { sentBack }) =>
      sql`delete from inbox where consumer = 'return-email' and event_id in (
            select id from outbox where name = 'return.received' and data ->> 'returnId' = ${sentBack})`,
  },
];
