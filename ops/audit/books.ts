/**
 * What the checks read beside the shop's own tables, in the auditor's session only: temporary tables that hold what
 * Stripe, the mail catcher and JetStream say, and views of orders with what became of their money.
 */

import type postgres from 'postgres';
import { EVENT_KEPT_MS } from '#db/outbox.ts';
import { DAY_MS } from '#lib/clock.ts';
import { OPEN_STATUSES } from '#origin/orders/lifecycle.ts';

const list = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ');

/** Without money of the shopper's: open, or ended without a payment. One that was paid may be cancelled, too. */
const UNPAID = list([...OPEN_STATUSES, 'payment_failed', 'cancelled']);

const TABLES = `
  create temp table audit_intents (
    id text primary key, order_id text, status text not null, received_minor bigint not null, currency text not null);
  create temp table audit_charges (
    id text primary key, intent_id text, captured_minor bigint not null, currency text not null);
  create temp table audit_refunds (
    id text primary key, intent_id text, refund_id text, status text not null, amount_minor bigint not null,
    created_at timestamptz not null);
  create temp table audit_disputes (
    id text primary key, intent_id text, amount_minor bigint not null, created_at timestamptz not null);
  create temp table audit_mails (
    id text primary key, order_id text not null, recipients text[] not null, received_at timestamptz not null);
  create temp table audit_cart_mails (
    id text primary key, reminder_id text not null, recipients text[] not null);
  create temp table audit_consumers (
    name text primary key, waiting bigint not null, oldest_at timestamptz);
  create temp table audit_moment (
    -- The clock; when the outside was begun to be read; what is younger than that is in flight.
    now timestamptz not null, begun_at timestamptz not null, young_since timestamptz not null,
    -- The reconciler has had its turn with whatever was due before.
    overdue_before timestamptz not null,
    -- From then on everything that was told of is in the outbox; and in the mail catcher, if it is asked.
    events_kept_since timestamptz not null, mails_kept_since timestamptz);`;

/** No clock of the shop is further from the auditor's. */
const CLOCKS_APART_MS = DAY_MS;

const ORDERS = `
  create temp view audit_orders as
  select o.id, o.number, o.status::text as status, o.email, o.currency, o.total_minor, o.placed_at,
         o.payment_deadline, p.id as payment_id, p.status::text as payment_status, p.captured_at,
         p.amount_minor, p.currency as payment_currency, p.stripe_payment_intent_id as intent_id,
         o.status in (${list(OPEN_STATUSES)}) as is_open,
         o.status not in (${UNPAID}) as says_paid,
         coalesce(p.status = 'captured', false) as is_captured,
         o.status not in (${UNPAID}) or coalesce(p.status = 'captured', false) as was_paid
    from orders o left join payments p on p.order_id = o.id`;

/** Orders by which replacements went out, each with the one that was charged for it: however often it was exchanged. */
const REPLACEMENTS = `
  create temp view audit_replacements as
  with recursive replaced as (
    select x.order_id, r.order_id as paid_id from exchanges x join returns r on r.id = x.return_id
    union
    select b.order_id, r.order_id
      from replaced b join exchanges x on x.order_id = b.paid_id join returns r on r.id = x.return_id)
  select order_id, paid_id from replaced b
   where not exists (select 1 from exchanges x where x.order_id = b.paid_id)`;

/** Makes them, empty. They end with the session. */
export async function openBooks(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`${TABLES};${ORDERS};${REPLACEMENTS}`);
}

export interface Moment {
  readonly now: Date;
  readonly begunAt: Date;
  readonly inFlightMs: number;
  readonly reconcilerGraceMs: number;
  readonly mailsKeptSince: string | null;
}

/** After everything outside is in: fresh statistics, and the moment that decides what is in flight. */
export async function closeBooks(sql: postgres.Sql, moment: Moment): Promise<void> {
  const { now, begunAt, inFlightMs, reconcilerGraceMs, mailsKeptSince } = moment;
  const before = (ms: number) => new Date(now.getTime() - ms);
  await sql`insert into audit_moment values
    (${now}, ${begunAt}, ${before(inFlightMs)}, ${before(reconcilerGraceMs)},
     ${before(EVENT_KEPT_MS - CLOCKS_APART_MS)}, ${mailsKeptSince})`;
  await sql.unsafe(
    'analyze audit_intents, audit_charges, audit_refunds, audit_disputes, audit_mails, audit_cart_mails',
  );
}
