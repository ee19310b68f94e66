/** Every way to make the books wrong by their rows alone, and the checks that must see it. */

import { bookMovement } from '#test/support/money-by-hand.ts';
import type { Damage } from './broken-shop.ts';

export interface Breach extends Damage {
  readonly what: string;
  /** The checks that see it, and no others. */
  readonly seenBy: readonly string[];
}

const SOON = "now() + interval '1 minute'";

export const STOCK_BREACHES: readonly Breach[] = [
  {
    what: 'on hand below zero',
    seenBy: ['location-stock-in-range', 'stock-in-range'],
    rows: async (sql, { spare }) => {
      await sql`update inventory set on_hand = -1 where variant_id = ${spare}`;
      await sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta)
                values (${spare}, 'correction', -11, 0)`;
    },
  },
  {
    what: 'more reserved than there is',
    seenBy: ['reserved-by-ledger', 'reserved-by-orders', 'stock-in-range'],
    rows: (sql, { spare }) => sql`update inventory set reserved = 11 where variant_id = ${spare}`,
  },
  {
    what: 'reserved below zero',
    seenBy: ['reserved-by-ledger', 'reserved-by-orders', 'stock-in-range'],
    rows: (sql, { spare }) => sql`update inventory set reserved = -1 where variant_id = ${spare}`,
  },
  {
    what: 'a unit on hand that no movement explains',
    seenBy: ['on-hand-by-ledger'],
    rows: (sql, { spare }) => sql`update inventory set on_hand = on_hand + 1 where variant_id = ${spare}`,
  },
  {
    what: 'a movement of units that are not on hand',
    seenBy: ['on-hand-by-ledger'],
    rows: (sql, { spare }) =>
      sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta)
          values (${spare}, 'correction', 1, 0)`,
  },
  {
    what: 'stock without its row',
    seenBy: ['on-hand-by-ledger', 'reserved-by-ledger'],
    rows: (sql, { spare }) => sql`delete from inventory where variant_id = ${spare}`,
  },
  {
    what: 'a reservation in the ledger only',
    seenBy: ['reserved-by-ledger'],
    rows: (sql, { spare }) =>
      sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta)
          values (${spare}, 'reservation', 0, 1)`,
  },
  {
    what: 'units that stay reserved for no order',
    seenBy: ['reserved-by-orders'],
    rows: async (sql, { spare }) => {
      await sql`update inventory set reserved = 1 where variant_id = ${spare}`;
      await sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta)
                values (${spare}, 'reservation', 0, 1)`;
    },
  },
  {
    what: 'an ended order whose units were not given back by itself',
    seenBy: ['reserved-and-released-once'],
    rows: (sql, { declined }) =>
      sql`update stock_ledger set order_id = null where order_id = ${declined} and movement = 'release'`,
  },
  {
    what: 'an order that reserved fewer units than it has',
    seenBy: ['reserved-and-released-once'],
    rows: async (sql, { paid, variant }) => {
      await sql`update stock_ledger set reserved_delta = 1 where order_id = ${paid} and movement = 'reservation'`;
      await sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta)
                values (${variant}, 'correction', 0, 1)`;
    },
  },
  {
    what: 'units sold that were never received',
    seenBy: ['no-oversell'],
    rows: (sql, { variant }) =>
      sql`update stock_ledger set movement = 'release' where variant_id = ${variant} and movement = 'receipt'`,
  },
];

const bookFee =
  (entries: Readonly<Record<string, number>>): NonNullable<Damage['rows']> =>
  (sql, { paid: orderId }) =>
    bookMovement(sql, { orderId, kind: 'fee', source: 'txn_test', entries });

export const MONEY_BREACHES: readonly Breach[] = [
  {
    what: 'a line that is not its price times its quantity',
    seenBy: ['totals-add-up'],
    rows: (sql, { paid }) =>
      sql`update order_lines set unit_price_minor = unit_price_minor + 1 where order_id = ${paid}`,
  },
  {
    what: 'a subtotal that is not its lines',
    seenBy: ['order-is-explained', 'totals-add-up'],
    rows: (sql, { paid }) =>
      sql`update orders set subtotal_minor = subtotal_minor + 1, discount_minor = discount_minor + 1
           where id = ${paid}`,
  },
  {
    what: 'a total that is not its parts',
    seenBy: ['order-is-explained', 'totals-add-up'],
    rows: (sql, { paid }) => sql`update orders set tax_minor = tax_minor + 1 where id = ${paid}`,
  },
  {
    what: 'an order without a payment',
    seenBy: ['payment-of-order'],
    rows: (sql, { declined }) => sql`delete from payments where order_id = ${declined}`,
  },
  {
    what: 'an order that says paid with a payment that is not captured',
    seenBy: ['ledger-captures', 'payment-of-order'],
    rows: (sql, { payment }) => sql`update payments set status = 'failed' where id = ${payment}`,
  },
  {
    what: 'a captured payment of an order that says it failed',
    seenBy: ['payment-of-order', 'told-once'],
    rows: (sql, { paid }) => sql`update orders set status = 'payment_failed' where id = ${paid}`,
  },
  {
    what: 'a paid order that is cancelled and not given back',
    seenBy: ['cancelled-is-given-back', 'cancelled-is-put-back'],
    rows: (sql, { paid }) => sql`update orders set status = 'cancelled' where id = ${paid}`,
  },
  {
    what: 'more given back than was paid',
    seenBy: ['refunds-within-payment'],
    rows: (sql, { payment }) =>
      sql`insert into refunds (id, payment_id, status, amount_minor, created_at)
          values (gen_random_uuid(), ${payment}, 'pending', 9999, ${sql.unsafe(SOON)})`,
  },
  {
    what: 'a ledger transaction that does not come to zero',
    seenBy: ['ledger-balances'],
    rows: bookFee({ fees: 30, stripe_balance: -29 }),
  },
  {
    what: 'a ledger transaction without entries',
    seenBy: ['ledger-accounts', 'ledger-balances'],
    rows: bookFee({}),
  },
  {
    what: 'a fee the wrong way round',
    seenBy: ['ledger-accounts'],
    rows: bookFee({ fees: -30, stripe_balance: 30 }),
  },
  {
    what: 'a fee on an account of another kind',
    seenBy: ['ledger-accounts'],
    rows: bookFee({ fees: 30, sales: -30 }),
  },
  {
    what: 'a capture that the ledger lacks',
    seenBy: ['ledger-captures'],
    rows: async (sql, { intent }) => {
      await sql`delete from ledger_entries where transaction_id in
                 (select id from ledger_transactions where source = ${intent} and kind = 'capture')`;
      await sql`delete from ledger_transactions where source = ${intent} and kind = 'capture'`;
    },
  },
  {
    what: 'a capture in the ledger of nothing that was captured',
    seenBy: ['ledger-at-stripe', 'ledger-captures'],
    rows: (sql, { declined: orderId }) =>
      bookMovement(sql, {
        orderId,
        kind: 'capture',
        source: 'pi_none',
        entries: { stripe_balance: 1, sales: -1 },
      }),
  },
  {
    what: 'a capture in the ledger of another amount',
    seenBy: ['ledger-at-stripe', 'ledger-captures'],
    rows: (sql, { intent }) =>
      sql`update ledger_entries set amount_minor = amount_minor + sign(amount_minor)::int
           where transaction_id in (select id from ledger_transactions where source = ${intent} and kind = 'capture')`,
  },
  {
    what: 'a refund that the ledger lacks',
    seenBy: ['ledger-refunds'],
    rows: async (sql, { refunded }) => {
      await sql`delete from ledger_entries where transaction_id in
                 (select id from ledger_transactions where order_id = ${refunded} and kind = 'refund')`;
      await sql`delete from ledger_transactions where order_id = ${refunded} and kind = 'refund'`;
    },
  },
  {
    what: 'a refund in the ledger that failed',
    seenBy: ['ledger-refunds', 'refunds-at-stripe'],
    rows: (sql, { refunded }) =>
      sql`update refunds set status = 'failed'
           where payment_id = (select id from payments where order_id = ${refunded})`,
  },
  {
    what: 'a dispute that was won and never put back',
    seenBy: ['ledger-disputes'],
    rows: (sql) => sql`update disputes set status = 'won'`,
  },
  {
    what: 'a dispute in the ledger of nothing that is recorded',
    seenBy: ['ledger-disputes'],
    rows: (sql, { paid: orderId }) =>
      bookMovement(sql, {
        orderId,
        kind: 'dispute',
        source: 'dp_none',
        entries: { disputes: 5, stripe_balance: -5 },
      }),
  },
  {
    what: 'a refund that Stripe was never asked for',
    seenBy: ['refunds-at-stripe'],
    rows: (sql, { payment }) =>
      sql`insert into refunds (id, payment_id, status, amount_minor, created_at)
          values (gen_random_uuid(), ${payment}, 'pending', 1, now() - interval '1 hour')`,
  },
  {
    what: 'a dispute that was not recorded',
    seenBy: ['disputes-known', 'ledger-disputes'],
    rows: (sql) => sql`delete from disputes`,
  },
];
