/** Waits until nothing is under way any more: every event told and acted on, every webhook delivered, every refund made. */

import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type AuditReport, audit } from '#ops/audit/audit.ts';
import { DOUBLE_KEY } from '#ops/local/parts.ts';
import { EFFECTS_OF_PAID, type Sql } from './books.ts';
import { SETTLE_MS } from './limits.ts';
import type { ChaosStack } from './stack.ts';

const POLL_MS = 250;
const TIMEOUT_MS = 5_000;
const Deliveries = Type.Object({ deliveries: Type.Record(Type.String(), Type.Integer()) });

type AtRest = Pick<ChaosStack, 'stripeUrl' | 'signal'>;

interface UnderWay {
  readonly 'effects of paid orders to come': number;
  readonly 'events that not everybody has dealt with': number;
  readonly 'webhooks not delivered': number;
  /** Stripe was away when they were asked for: the reconciler makes them. */
  readonly 'refunds to be made': number;
}

/** @returns what was still under way at the deadline: nothing, if all is well. */
export async function settle(stack: AtRest, sql: Sql): Promise<readonly string[]> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const underWay = await look(stack, sql).catch(() => null);
    const left = underWay === null ? ['the shop could not be looked at'] : describe(underWay);
    if (left.length === 0 || performance.now() > deadline) return left;
    stack.signal.throwIfAborted();
    await Bun.sleep(POLL_MS);
  }
}

async function look({ stripeUrl }: AtRest, sql: Sql): Promise<UnderWay> {
  const [row] = await sql<{ unsettled: number; open: number; refunds: number }[]>`
    select (select count(*)::int from outbox where settled_at is null) as unsettled,
           (select count(*)::int from refunds where status = 'pending' and stripe_refund_id is null) as refunds,
           (select count(*)::int from outbox o cross join unnest(${[...EFFECTS_OF_PAID]}::text[]) as c (consumer)
             where o.name = 'order.paid'
               and not exists (select 1 from inbox i where i.event_id = o.id and i.consumer = c.consumer)) as open`;
  const answer = await fetch(`${stripeUrl}/_double/ledger?limit=1`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { deliveries }: Static<typeof Deliveries> = Value.Decode(Deliveries, await answer.json());
  return {
    'effects of paid orders to come': row?.open ?? 0,
    'events that not everybody has dealt with': row?.unsettled ?? 0,
    'webhooks not delivered': deliveries['pending'] ?? 0,
    'refunds to be made': row?.refunds ?? 0,
  };
}

/** The shop is at rest: nothing is excused by its age. */
export function auditAtRest({
  servers,
  stripeUrl,
  mailUrl,
}: Pick<ChaosStack, 'servers' | 'stripeUrl' | 'mailUrl'>): Promise<AuditReport> {
  const stripe = { secretKey: DOUBLE_KEY, apiUrl: stripeUrl };
  const sources = { databaseUrl: servers.databaseUrl, natsUrl: servers.natsUrl, stripe, mailUrl };
  return audit(sources, { inFlightMs: 0 });
}

function describe(underWay: UnderWay): readonly string[] {
  return Object.entries(underWay).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]));
}
