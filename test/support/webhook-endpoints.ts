/** Webhook endpoints as a test makes them, and time as it passes for their deliveries. */

import { asc, eq, sql } from 'drizzle-orm';
import { webhookDeliveries } from '#db/schema/webhooks.ts';
import type { WebhookEndpointId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import type { Answer, Call, Reachable } from './origin.ts';
import type { Receiver } from './receiver.ts';

export interface TestEndpoint {
  readonly id: WebhookEndpointId;
  readonly secret: string;
  /** A call at a path below it. */
  call(path: string, call?: Omit<Call, 'token'>): Promise<Answer>;
}

export const ENDPOINTS = '/api/v1/webhook-endpoints';

/** An endpoint at the receiver, which trusts its secret. */
export async function subscribe(
  shop: Reachable,
  token: string,
  receiver: Receiver,
  ...eventTypes: readonly string[]
): Promise<TestEndpoint> {
  const body = { url: receiver.url, eventTypes };
  const made = await shop.call(ENDPOINTS, { method: 'POST', token, body });
  if (made.status !== 201) throw new Error(`it answered ${made.status}: ${JSON.stringify(made.body)}`);
  const { id, secret } = made.body;
  receiver.trust(secret);
  return { id, secret, call: (path, call) => shop.call(`${ENDPOINTS}/${id}${path}`, { ...call, token }) };
}

/** What waits to be tried again is due at once; with `leases`, what a lost worker had in hand, too. */
export async function timePasses({ db }: Deps, leases = false): Promise<void> {
  await db.execute(sql`
    update webhook_deliveries set due_at = now() - interval '1 second'
     where status = 'waiting' and (${leases} or not is_under_way)`);
}

export async function deliveriesOf({ db }: Deps, endpointId: WebhookEndpointId) {
  return db
    .select()
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.endpointId, endpointId))
    .orderBy(asc(webhookDeliveries.id));
}
