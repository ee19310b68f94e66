/** Webhooks as a test sees them: endpoints at receivers of its own, the loops that serve them, and time as it passes. */

import { asc, eq, sql } from 'drizzle-orm';
import { webhookDeliveries, webhookEndpoints } from '#db/schema/webhooks.ts';
import type { VariantId, WebhookEndpointId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import type { Consumer } from '#workers/consumer.ts';
import { fanOutWebhooks } from '#workers/handlers/fan-out-webhooks.ts';
import { sendWebhooks } from '#workers/webhook-sender.ts';
import { eventually } from './eventually.ts';
import type { Answer, Call, OriginUnderTest } from './origin.ts';
import { openReceiver, type Receiver } from './receiver.ts';
import { openLoops, tell } from './workers.ts';

export const ENDPOINTS = '/api/v1/webhook-endpoints';

export interface TestEndpoint {
  readonly id: WebhookEndpointId;
  readonly secret: string;
  /** A call at a path below it, as the admin who made it. */
  call(path: string, call?: Omit<Call, 'token'>): Promise<Answer>;
  /** Resolves when so many of its deliveries have ended so. */
  ended(status: 'succeeded' | 'failed', count?: number): Promise<void>;
  /** The oldest first. */
  deliveries(): Promise<(typeof webhookDeliveries.$inferSelect)[]>;
  /** Undefined once it is gone for good. */
  row(): Promise<typeof webhookEndpoints.$inferSelect | undefined>;
}

export interface Webhooks {
  receive(): Receiver;
  /** An endpoint at the receiver, which trusts its secret. */
  subscribe(
    receiver: Pick<Receiver, 'url' | 'trust'>,
    ...eventTypes: readonly string[]
  ): Promise<TestEndpoint>;
  consume(consumer: Consumer): void;
  /** One more sender, as of another process. */
  send(deps: Deps): void;
  /** The senders end, with what they have under way. */
  stopSending(): Promise<void>;
  /** Everything ends, and every endpoint goes. */
  stop(): Promise<void>;
}

export function openWebhooks(shop: OriginUnderTest, token: string): Webhooks {
  const loops = openLoops(shop);
  const sending = new AbortController();
  const senders: Promise<void>[] = [];
  const receivers: Receiver[] = [];
  const send = (deps: Deps) => void senders.push(sendWebhooks(deps, sending.signal));
  loops.relay();
  for (const consumer of fanOutWebhooks) loops.consume(consumer);
  send(shop.deps);
  const stopSending = async () => {
    sending.abort();
    await Promise.all(senders);
  };
  return {
    receive: () => {
      const receiver = openReceiver();
      receivers.push(receiver);
      return receiver;
    },
    subscribe: async (receiver, ...eventTypes) => {
      const body = { url: receiver.url, eventTypes };
      const made = await shop.call(ENDPOINTS, { method: 'POST', token, body });
      if (made.status !== 201) throw new Error(`it answered ${made.status}: ${JSON.stringify(made.body)}`);
      receiver.trust(made.body.secret);
      return endpointAt(shop, token, made.body);
    },
    consume: (consumer) => loops.consume(consumer),
    send,
    stopSending,
    stop: async () => {
      const { items } = (await shop.call(ENDPOINTS, { token })).body;
      for (const { id } of items) await shop.call(`${ENDPOINTS}/${id}`, { method: 'DELETE', token });
      // What a receiver never answers ends with it.
      await Promise.all(receivers.map((receiver) => receiver.stop()));
      await Promise.all([stopSending(), loops.stop()]);
    },
  };
}

function endpointAt(
  { call, deps }: OriginUnderTest,
  token: string,
  { id, secret }: Pick<TestEndpoint, 'id' | 'secret'>,
): TestEndpoint {
  const deliveries = () =>
    deps.db
      .select()
      .from(webhookDeliveries)
      .where(eq(webhookDeliveries.endpointId, id))
      .orderBy(asc(webhookDeliveries.id));
  return {
    ...{ id, secret, deliveries },
    call: (path, more) => call(`${ENDPOINTS}/${id}${path}`, { ...more, token }),
    ended: async (status, count = 1) => {
      await eventually(`${count} ${status}`, async () => {
        return (await deliveries()).filter((row) => row.status === status).length === count;
      });
    },
    row: async () => (await deps.db.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, id)))[0],
  };
}

/** An event that needs nothing but itself. */
export function ranLow(deps: Deps): Promise<void> {
  const variantId = deps.ids.next<VariantId>();
  return tell(deps, { name: 'stock.ran_low', data: { variantId, available: 3 } });
}

/** What waits to be tried again is due at once; with `leases`, what a lost worker had in hand, too. */
export async function timePasses({ db }: Deps, leases = false): Promise<void> {
  await db.execute(sql`
    update webhook_deliveries set due_at = now() - interval '1 second'
     where status = 'waiting' and (${leases} or not is_under_way)`);
}
