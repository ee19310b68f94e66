/** Every way in which edits and exchanges could give more than they may, and the checks that must see it. */

import type { Breach } from './breaches-of-books.ts';

export const EDIT_BREACHES: readonly Breach[] = [
  {
    what: 'a unit that was taken off by no edit',
    seenBy: ['allocated-is-sold', 'units-by-edits'],
    rows: (sql, { edited }) => sql`update line_units set removed = 2 where order_id = ${edited}`,
  },
  {
    what: 'more units taken off than there were',
    seenBy: ['allocated-is-sold', 'units-by-edits', 'units-in-range'],
    rows: (sql, { edited }) => sql`update line_units set removed = 3 where order_id = ${edited}`,
  },
  {
    what: 'an edit that was refunded by more than was charged for its units',
    seenBy: ['edits-refunded-once'],
    rows: (sql, { edited }) =>
      sql`update order_edit_lines set charged_minor = 1 where edit_id in (
            select id from order_edits where order_id = ${edited})`,
  },
  {
    what: 'an edit that was refunded and does not say so',
    seenBy: ['edits-refunded-once'],
    rows: (sql, { edited }) => sql`update order_edits set refund_minor = null where order_id = ${edited}`,
  },
  {
    what: 'more given back for a line than was charged for it',
    seenBy: ['given-back-within-charge'],
    rows: (sql, { edited }) =>
      sql`update order_edit_lines set charged_minor = 999999 where edit_id in (
            select id from order_edits where order_id = ${edited})`,
  },
  {
    what: 'a unit that an edit put on the shelf twice',
    seenBy: ['on-hand-by-ledger', 'restocked-once'],
    rows: (sql, { edited }) =>
      sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta, order_id)
          select variant_id, 'return', 1, 0, order_id from order_lines where order_id = ${edited}`,
  },
  {
    what: 'a letter of an edit that was not sent',
    seenBy: ['handled-by-everyone'],
    rows: (sql, { edited }) =>
      sql`delete from inbox where consumer = 'edit-email' and event_id in (
            select id from outbox where name = 'order.edited' and data ->> 'orderId' = ${edited})`,
  },
  {
    what: 'a replacement that nobody was promised',
    seenBy: ['exchanged-once'],
    rows: (sql, { exchanged }) => sql`update return_lines set exchanged = 0 where return_id = ${exchanged}`,
  },
  {
    what: 'replacements that are worth more than was left of the order',
    seenBy: ['exchanges-covered'],
    rows: (sql, { exchanged }) =>
      sql`update return_lines set exchanged_minor = 3001 where return_id = ${exchanged}`,
  },
  {
    what: 'an order that costs nothing and replaces nothing',
    seenBy: ['exchanged-once', 'exchanges-cost-nothing'],
    rows: (sql, { exchanged }) => sql`delete from exchanges where return_id = ${exchanged}`,
  },
  {
    what: 'a refund of an order by which replacements go out',
    seenBy: ['exchanges-cost-nothing'],
    rows: (sql, { exchange }) =>
      sql`insert into refunds (id, payment_id, status, amount_minor, created_at)
          select gen_random_uuid(), id, 'failed', 100, now() from payments where order_id = ${exchange}`,
  },
  {
    what: 'a return that was exchanged and is refunded all the same',
    seenBy: ['returns-refunded-once'],
    rows: (sql, { exchanged }) =>
      sql`update returns set status = 'refunded', refund_minor = 1500, refunded_at = now() where id = ${exchanged}`,
  },
];
