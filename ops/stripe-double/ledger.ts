/** The ledger: what was charged and given back, payment by payment, for auditors, tests and operators. */

import type Stripe from 'stripe';
import { countEvents, type DeliveryRow, eventsOfIntent } from './events.ts';
import type { Store, Stored } from './store.ts';

const MAX_PER_INTENT = 500;

interface LedgerEntry {
  readonly paymentIntent: Stripe.PaymentIntent;
  readonly charges: readonly Stripe.Charge[];
  readonly refunds: readonly Stripe.Refund[];
  readonly disputes: readonly Stripe.Dispute[];
  readonly events: readonly DeliveryRow[];
  readonly totals: Totals;
}

/** In minor units of the intent's currency. `netMinor` is what the shop keeps, before fees and disputes. */
interface Totals {
  readonly currency: string;
  readonly attempts: number;
  readonly successfulCharges: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly netMinor: number;
}

export interface Ledger {
  readonly entries: readonly LedgerEntry[];
  /** Hand it back as `after` for the next page; null on the last. */
  readonly nextAfter: string | null;
  readonly deliveries: Readonly<Record<string, number>>;
}

function related<K extends 'charge' | 'refund' | 'dispute'>(
  store: Store,
  kind: K,
  paymentIntent: string,
): Stored[K][] {
  return store.list(kind, { paymentIntent }, { limit: MAX_PER_INTENT }).items.reverse();
}

function entryOf(store: Store, paymentIntent: Stripe.PaymentIntent): LedgerEntry {
  const charges = related(store, 'charge', paymentIntent.id);
  const refunds = related(store, 'refund', paymentIntent.id);
  const capturedMinor = charges.reduce((sum, charge) => sum + charge.amount_captured, 0);
  const refundedMinor = refunds
    .filter(({ status }) => status !== 'failed')
    .reduce((sum, refund) => sum + refund.amount, 0);
  return {
    paymentIntent,
    charges,
    refunds,
    disputes: related(store, 'dispute', paymentIntent.id),
    events: eventsOfIntent(store, paymentIntent.id, MAX_PER_INTENT),
    totals: {
      currency: paymentIntent.currency,
      attempts: charges.length,
      successfulCharges: charges.filter((charge) => charge.captured).length,
      capturedMinor,
      refundedMinor,
      netMinor: capturedMinor - refundedMinor,
    },
  };
}

interface LedgerQuery {
  readonly limit: number;
  /** The last intent of the page before. */
  readonly after: string | null;
  /** Only this payment. */
  readonly paymentIntent: string | null;
}

/** Payments in the order of their creation. */
export function readLedger(store: Store, { limit, after, paymentIntent }: LedgerQuery): Ledger {
  const deliveries = countEvents(store);
  if (paymentIntent !== null) {
    const intent = store.find('payment_intent', paymentIntent);
    return { entries: intent === null ? [] : [entryOf(store, intent)], nextAfter: null, deliveries };
  }
  const afterSequence = after === null ? 0 : (store.sequence(after) ?? 0);
  const rows = store.db
    .query<{ body: string }, [number, number]>(
      `select body from objects where kind = 'payment_intent' and seq > ? order by seq limit ?`,
    )
    .all(afterSequence, limit + 1);
  const intents = rows.slice(0, limit).map((row) => JSON.parse(row.body) as Stripe.PaymentIntent);
  return {
    entries: intents.map((intent) => entryOf(store, intent)),
    nextAfter: rows.length > limit ? (intents.at(-1)?.id ?? null) : null,
    deliveries,
  };
}
