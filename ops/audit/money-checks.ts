/** I3, within the database: orders, payments and refunds agree, and the money ledger with them. */

import type { Check } from './check.ts';

/** What a transaction of each kind moves: which accounts, in which direction. Debits are positive. */
const KINDS = `(values
  ('capture', 'stripe_balance', 1), ('capture', 'sales', -1),
  ('fee', 'fees', 1), ('fee', 'stripe_balance', -1),
  ('refund', 'refunds', 1), ('refund', 'stripe_balance', -1),
  ('refund_reversal', 'refunds', -1), ('refund_reversal', 'stripe_balance', 1),
  ('dispute', 'disputes', 1), ('dispute', 'stripe_balance', -1),
  ('dispute_reversal', 'disputes', -1), ('dispute_reversal', 'stripe_balance', 1)
) as rule (kind, account, direction)`;

/** What each thing at Stripe has moved on one account, reversals taken off. */
const moved = (account: 'refunds' | 'disputes', ...kinds: readonly string[]) => `
  select t.source, t.order_id, sum(e.amount_minor) as amount_minor
    from ledger_transactions t
    join ledger_entries e on e.transaction_id = t.id and e.account = '${account}'
   where t.kind in (${kinds.map((kind) => `'${kind}'`).join(', ')})
   group by t.source, t.order_id`;

const LINE_SUMS = `
  select order_id, count(*) as lines, sum(line_total_minor) as total,
         bool_and(line_total_minor = unit_price_minor * quantity) as lines_add_up
    from order_lines group by order_id`;

const GIVEN_BACK = `
  select payment_id, sum(amount_minor) as amount_minor from refunds where status <> 'failed' group by payment_id`;

export const MONEY_CHECKS: readonly Check[] = [
  {
    invariant: 'I3',
    name: 'totals-add-up',
    promise: 'an order’s total is its parts, its subtotal its lines, a line its price times its quantity',
    population: 'orders',
    offenders: `
      select o.id as order_id, o.total_minor, o.subtotal_minor, o.discount_minor, o.shipping_minor, o.tax_minor,
             l.total as lines_minor, false as in_flight
        from orders o left join (${LINE_SUMS}) l on l.order_id = o.id
       where o.total_minor <> o.subtotal_minor - o.discount_minor + o.shipping_minor + o.tax_minor
          or l.lines is null or o.subtotal_minor <> l.total or not l.lines_add_up`,
  },
  {
    invariant: 'I3',
    name: 'payment-of-order',
    promise:
      'every order has one payment of its total, captured if and only if the order says that it was paid',
    population: 'orders',
    offenders: `
      select id as order_id, status, payment_status, total_minor, amount_minor, false as in_flight
        from audit_orders
       where payment_id is null or amount_minor <> total_minor or payment_currency <> currency
          or (says_paid and not is_captured) or (is_captured and not says_paid and status <> 'cancelled')`,
  },
  {
    invariant: 'I3',
    name: 'cancelled-is-given-back',
    promise: 'an order that was paid and is cancelled is given back wholly',
    population: "audit_orders where status = 'cancelled' and is_captured",
    offenders: `
      select o.id as order_id, o.amount_minor, g.amount_minor as given_back_minor, false as in_flight
        from audit_orders o left join (${GIVEN_BACK}) g on g.payment_id = o.payment_id
       where o.status = 'cancelled' and o.is_captured and o.amount_minor <> coalesce(g.amount_minor, 0)`,
  },
  {
    invariant: 'I3',
    name: 'refunds-within-payment',
    promise: 'no more is given back than was captured',
    population: 'refunds',
    offenders: `
      select p.order_id, p.status, p.amount_minor, g.amount_minor as given_back_minor, false as in_flight
        from (${GIVEN_BACK}) g join payments p on p.id = g.payment_id
       where p.status <> 'captured' or g.amount_minor > p.amount_minor`,
  },
  {
    invariant: 'I3',
    name: 'ledger-balances',
    promise: 'every ledger transaction comes to zero',
    population: 'ledger_transactions',
    offenders: `
      select t.id as transaction_id, t.kind, t.source, sum(e.amount_minor) as comes_to, false as in_flight
        from ledger_transactions t left join ledger_entries e on e.transaction_id = t.id
       group by t.id having coalesce(sum(e.amount_minor), 1) <> 0`,
  },
  {
    invariant: 'I3',
    name: 'ledger-accounts',
    promise: 'every ledger transaction moves the accounts of its kind, each in its direction',
    population: 'ledger_transactions',
    offenders: `
      select t.id as transaction_id, t.kind, t.source, e.account, e.amount_minor, false as in_flight
        from (ledger_transactions t join ${KINDS} on rule.kind = t.kind::text)
        full join (ledger_entries e join ledger_transactions et on et.id = e.transaction_id)
          on e.transaction_id = t.id and e.account::text = rule.account
       where e.amount_minor is null or t.id is null or sign(e.amount_minor) <> rule.direction`,
  },
  {
    invariant: 'I3',
    name: 'ledger-captures',
    promise: 'every captured payment is one capture in the ledger, and every capture one payment',
    population: "payments where status = 'captured'",
    offenders: `
      select coalesce(p.order_id, c.order_id) as order_id, p.amount_minor, c.amount_minor as ledger_minor,
             coalesce(p.stripe_payment_intent_id, c.source) as intent_id, false as in_flight
        from (select * from payments where status = 'captured' and amount_minor > 0) p
        full join (select t.source, t.order_id, t.currency, -e.amount_minor as amount_minor
                     from ledger_transactions t
                     join ledger_entries e on e.transaction_id = t.id and e.account = 'sales'
                    where t.kind = 'capture') c on c.source = p.stripe_payment_intent_id
       where p.id is null or c.source is null or c.order_id <> p.order_id
          or c.amount_minor <> p.amount_minor or c.currency <> p.currency`,
  },
  {
    invariant: 'I3',
    name: 'ledger-refunds',
    promise: 'the ledger has moved the amount of every refund that succeeded, and of no other',
    population: 'refunds',
    offenders: `
      select coalesce(r.order_id, m.order_id) as order_id, coalesce(r.stripe_refund_id, m.source) as refund,
             r.status, r.amount_minor, m.amount_minor as ledger_minor, false as in_flight
        from (select refunds.*, order_id from refunds join payments on payments.id = payment_id) r
        full join (${moved('refunds', 'refund', 'refund_reversal')}) m on m.source = r.stripe_refund_id
       where r.id is null
          or coalesce(m.amount_minor, 0) <> case when r.status = 'succeeded' then r.amount_minor else 0 end
          or m.order_id <> r.order_id`,
  },
  {
    invariant: 'I3',
    name: 'ledger-disputes',
    promise: 'the ledger has moved a dispute’s amount once if it is lost, not at all if it is won',
    population: 'disputes',
    offenders: `
      select coalesce(d.order_id, m.order_id) as order_id, coalesce(d.stripe_dispute_id, m.source) as dispute,
             d.status, d.amount_minor, m.amount_minor as ledger_minor, false as in_flight
        from (select disputes.*, order_id from disputes join payments on payments.id = payment_id) d
        full join (${moved('disputes', 'dispute', 'dispute_reversal')}) m on m.source = d.stripe_dispute_id
       where d.id is null or m.order_id <> d.order_id
          or coalesce(m.amount_minor, 0) not in (0, d.amount_minor)
          or (d.status = 'lost' and coalesce(m.amount_minor, 0) <> d.amount_minor)
          or (d.status = 'won' and coalesce(m.amount_minor, 0) <> 0)`,
  },
];
