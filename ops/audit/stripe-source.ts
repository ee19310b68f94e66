/** Stripe's own books, page by page into the auditor's tables: read-only, and never more than a page in memory. */

import type postgres from 'postgres';
import Stripe from 'stripe';
import { present } from '#lib/assert.ts';
import { SECOND_MS } from '#lib/clock.ts';

export interface StripeSource {
  readonly secretKey: string;
  /** Absent: Stripe itself. */
  readonly apiUrl?: string;
}

export interface StripeTold {
  /** False where the API has no disputes. */
  readonly hasDisputes: boolean;
}

const PAGE_SIZE = 100;
const TIMEOUT_MS = 20 * SECOND_MS;
const MAX_RETRIES = 3;
const NOT_FOUND = 404;

interface Page<Item> {
  readonly data: readonly Item[];
  readonly has_more: boolean;
}

type Cursor = { readonly limit: number; readonly starting_after?: string };

/** Told after each page how many objects are in. */
export type OnRead = (objects: number) => void;

/** @throws when Stripe does not answer, or refuses the key. */
export async function readStripe(
  sql: postgres.Sql,
  source: StripeSource,
  onRead: OnRead,
): Promise<StripeTold> {
  const stripe = clientOf(source);
  let objects = 0;
  const counted = (rows: number) => {
    objects += rows;
    onRead(objects);
  };
  await copy(
    (cursor) => stripe.paymentIntents.list(cursor),
    async (intents) => {
      await sql`insert into audit_intents ${sql(intents.map(intentRow))} on conflict do nothing`;
      counted(intents.length);
    },
  );
  await copy(
    (cursor) => stripe.charges.list(cursor),
    async (charges) => {
      await sql`insert into audit_charges ${sql(charges.map(chargeRow))} on conflict do nothing`;
      counted(charges.length);
    },
  );
  await copy(
    (cursor) => stripe.refunds.list(cursor),
    async (refunds) => {
      await sql`insert into audit_refunds ${sql(refunds.map(refundRow))} on conflict do nothing`;
      counted(refunds.length);
    },
  );
  return { hasDisputes: await readDisputes(sql, stripe, counted) };
}

async function readDisputes(sql: postgres.Sql, stripe: Stripe, counted: OnRead): Promise<boolean> {
  try {
    await copy(
      (cursor) => stripe.disputes.list(cursor),
      async (disputes) => {
        await sql`insert into audit_disputes ${sql(disputes.map(disputeRow))} on conflict do nothing`;
        counted(disputes.length);
      },
    );
    return true;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError && error.statusCode === NOT_FOUND) return false;
    throw error;
  }
}

/** The newest first, as Stripe lists: what is made meanwhile is not seen, and nothing is seen twice. */
async function copy<Item extends { readonly id: string }>(
  list: (cursor: Cursor) => Promise<Page<Item>>,
  write: (items: readonly Item[]) => Promise<void>,
): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const page = await list({
      limit: PAGE_SIZE,
      ...(after === undefined ? {} : { starting_after: after }),
    });
    if (page.data.length > 0) await write(page.data);
    if (!page.has_more) return;
    after = present(page.data.at(-1), 'the last object of a page that is not the last').id;
  }
}

function clientOf({ secretKey, apiUrl }: StripeSource): Stripe {
  const options = { timeout: TIMEOUT_MS, maxNetworkRetries: MAX_RETRIES, telemetry: false };
  if (apiUrl === undefined) return new Stripe(secretKey, options);
  const { hostname, port, protocol } = new URL(apiUrl);
  const secure = protocol === 'https:';
  return new Stripe(secretKey, {
    ...options,
    host: hostname,
    port: port || (secure ? 443 : 80),
    protocol: secure ? 'https' : 'http',
  });
}

const idOf = (reference: string | { readonly id: string } | null | undefined): string | null =>
  typeof reference === 'string' ? reference : (reference?.id ?? null);
const instant = (unixSeconds: number) => new Date(unixSeconds * SECOND_MS);

function intentRow({ id, metadata, status, amount_received, currency }: Stripe.PaymentIntent) {
  return { id, order_id: metadata['order_id'] ?? null, status, received_minor: amount_received, currency };
}

function chargeRow({ id, payment_intent, captured, amount_captured, currency }: Stripe.Charge) {
  return { id, intent_id: idOf(payment_intent), captured_minor: captured ? amount_captured : 0, currency };
}

/** Stripe's words for a refund's state, in ours. */
const REFUND_STATES: Readonly<Record<string, string>> = {
  succeeded: 'succeeded',
  pending: 'pending',
  requires_action: 'pending',
  failed: 'failed',
  canceled: 'failed',
};

function refundRow({ id, payment_intent, metadata, status, amount, created }: Stripe.Refund) {
  return {
    id,
    intent_id: idOf(payment_intent),
    refund_id: metadata?.['refund_id'] ?? null,
    status: REFUND_STATES[status ?? ''] ?? 'unknown',
    amount_minor: amount,
    created_at: instant(created),
  };
}

function disputeRow({ id, payment_intent, amount, created }: Stripe.Dispute) {
  return { id, intent_id: idOf(payment_intent), amount_minor: amount, created_at: instant(created) };
}
