/**
 * I3, against Stripe. Stripe is read before the books: whatever moved since then is in flight, and so is what
 * Stripe knows and the webhook has yet to tell.
 */

import type { Check } from './check.ts';

const SINCE = '(select begun_at from audit_moment)';
const YOUNG = '(select young_since from audit_moment)';

export const STRIPE_CHECKS: readonly Check[] = [
  {
    invariant: 'I3',
    name: 'captured-at-stripe',
    promise: 'every captured payment is a succeeded intent of its amount and currency at Stripe',
    needs: 'stripe',
    population: 'audit_orders where is_captured',
    offenders: `
      select o.id as order_id, o.intent_id, o.amount_minor, o.payment_currency as currency,
             i.status as at_stripe, i.received_minor, i.currency as stripe_currency,
             o.captured_at >= ${SINCE} as in_flight
        from audit_orders o left join audit_intents i on i.id = o.intent_id
       where o.is_captured and o.amount_minor > 0
         and (i.id is null or i.status <> 'succeeded' or i.received_minor <> o.amount_minor
              or upper(i.currency) <> o.payment_currency or i.order_id is distinct from o.id::text)`,
  },
  {
    invariant: 'I3',
    name: 'intent-has-order',
    promise: 'every succeeded intent at Stripe belongs to one order, which says that it was paid by it',
    needs: 'stripe',
    population: "audit_intents where status = 'succeeded'",
    offenders: `
      select i.id as intent_id, i.order_id, o.status, o.intent_id as intent_of_order, i.received_minor,
             o.is_open and o.payment_deadline > (select overdue_before from audit_moment) as in_flight
        from audit_intents i left join audit_orders o on o.id::text = i.order_id
       where i.status = 'succeeded'
         and (o.id is null or not o.was_paid or o.intent_id is distinct from i.id)`,
  },
  {
    invariant: 'I3',
    name: 'charged-once',
    promise: 'no order is charged twice, and nothing is charged without an order',
    needs: 'stripe',
    population: 'audit_charges where captured_minor > 0',
    offenders: `
      select coalesce(i.order_id, c.intent_id, c.id) as charged_for, count(*) as charges,
             sum(c.captured_minor) as captured_minor, min(c.id) as first_charge, max(c.id) as last_charge,
             false as in_flight
        from audit_charges c left join audit_intents i on i.id = c.intent_id
       where c.captured_minor > 0
       group by coalesce(i.order_id, c.intent_id, c.id)
      having count(*) > 1 or bool_or(c.intent_id is null)`,
  },
  {
    invariant: 'I3',
    name: 'ended-cannot-be-charged',
    promise: 'no intent of an order that has ended can still be charged',
    needs: 'stripe',
    population: "audit_intents where status not in ('succeeded', 'canceled')",
    offenders: `
      select i.id as intent_id, i.order_id, i.status as at_stripe, o.status,
             exists (select 1 from order_events e where e.order_id = o.id and e.occurred_at >= ${SINCE}) as in_flight
        from audit_intents i join audit_orders o on o.id::text = i.order_id
       where i.status in ('requires_action', 'processing', 'requires_capture') and not o.is_open`,
  },
  {
    invariant: 'I3',
    name: 'refunds-at-stripe',
    promise: 'every refund is one at Stripe, of the same payment, amount and outcome',
    needs: 'stripe',
    population: 'refunds',
    offenders: `
      select r.id as refund_id, p.order_id, r.stripe_refund_id, r.status, r.amount_minor, s.status as at_stripe,
             s.amount_minor as stripe_minor,
             r.created_at > ${YOUNG} or coalesce(r.settled_at, r.created_at) >= ${SINCE} as in_flight
        from refunds r
        join payments p on p.id = r.payment_id
        left join audit_refunds s on s.id = r.stripe_refund_id
       where (r.stripe_refund_id is null and r.status <> 'failed')
          or (r.stripe_refund_id is not null and (
               s.id is null or s.amount_minor <> r.amount_minor
               or s.intent_id is distinct from p.stripe_payment_intent_id
               or r.status::text <> s.status))`,
  },
  {
    invariant: 'I3',
    name: 'refunds-known',
    promise: 'every refund at Stripe is one of ours',
    needs: 'stripe',
    population: 'audit_refunds',
    offenders: `
      select s.id as stripe_refund_id, s.intent_id, s.status as at_stripe, s.amount_minor,
             s.created_at > ${YOUNG} as in_flight
        from audit_refunds s left join refunds r on r.stripe_refund_id = s.id
       where r.id is null`,
  },
  {
    invariant: 'I3',
    name: 'refunds-within-capture',
    promise: 'Stripe has given back no more of an intent than it captured',
    needs: 'stripe',
    population: 'audit_intents',
    offenders: `
      select s.intent_id, i.order_id, i.received_minor, s.amount_minor as given_back_minor, false as in_flight
        from (select intent_id, sum(amount_minor) as amount_minor from audit_refunds
               where status <> 'failed' group by intent_id) s
        left join audit_intents i on i.id = s.intent_id
       where s.amount_minor > coalesce(i.received_minor, 0)`,
  },
  {
    invariant: 'I3',
    name: 'ledger-at-stripe',
    promise: 'what the ledger says was captured and given back is what Stripe says',
    needs: 'stripe',
    population: "ledger_transactions where kind in ('capture', 'refund')",
    offenders: `
      select t.order_id, t.kind, t.source, e.amount_minor, coalesce(i.received_minor, -r.amount_minor) as stripe_minor,
             t.occurred_at >= ${SINCE} as in_flight
        from ledger_transactions t
        join ledger_entries e on e.transaction_id = t.id and e.account = 'stripe_balance'
        left join audit_intents i on t.kind = 'capture' and i.id = t.source and i.status = 'succeeded'
        left join audit_refunds r on t.kind = 'refund' and r.id = t.source
       where t.kind in ('capture', 'refund')
         and e.amount_minor is distinct from coalesce(i.received_minor, -r.amount_minor)`,
  },
  {
    invariant: 'I3',
    name: 'disputes-known',
    promise: 'every dispute of our payments at Stripe is recorded with its amount, and no other is',
    needs: 'disputes',
    population: 'audit_disputes',
    offenders: `
      select coalesce(d.stripe_dispute_id, s.id) as dispute, s.intent_id, s.amount_minor as stripe_minor,
             d.amount_minor, coalesce(s.created_at > ${YOUNG}, d.opened_at >= ${SINCE}) as in_flight
        from audit_disputes s full join disputes d on d.stripe_dispute_id = s.id
       where d.id is null or s.id is null or d.amount_minor <> s.amount_minor`,
  },
];
