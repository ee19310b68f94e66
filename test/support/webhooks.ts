/** Stripe's webhooks as a test hands them over: the double's own events, signed as Stripe signs. */

import Stripe from 'stripe';
import { asEdge, type OriginUnderTest, type Reachable, TEST_CONFIG } from './origin.ts';

const stripe = new Stripe('sk_test_webhooks');

/** Everything that the double would tell of an intent, oldest first. */
export async function eventsOf(shop: OriginUnderTest, intentId: string): Promise<Stripe.Event[]> {
  const { events } = await shop.double.ledgerOf(intentId);
  const shown = await Promise.all(
    events.map(({ id }) => shop.double.control<{ event: Stripe.Event }>('GET', `/events/${id}`)),
  );
  return shown.map(({ event }) => event);
}

/** The intent's event of this type. */
export async function eventOf(
  shop: OriginUnderTest,
  intentId: string,
  type: Stripe.Event['type'],
): Promise<Stripe.Event> {
  const event = (await eventsOf(shop, intentId)).find((each) => each.type === type);
  if (event === undefined) throw new Error(`there is no ${type} of ${intentId}`);
  return event;
}

export interface Delivery {
  readonly secret?: string;
  /** Seconds that the signature's time is off the clock. */
  readonly skewSeconds?: number;
  /** In place of a signature. */
  readonly signature?: string | null;
  /** What is sent in place of what was signed. */
  readonly sentBody?: string;
}

/** Delivers an event to the shop; answers the status. */
export async function deliver(
  shop: Reachable,
  event: Pick<Stripe.Event, 'id'>,
  { secret = TEST_CONFIG.STRIPE_WEBHOOK_SECRET, skewSeconds = 0, signature, sentBody }: Delivery = {},
): Promise<number> {
  const payload = JSON.stringify(event);
  const timestamp = Math.floor(shop.deps.clock.now().getTime() / 1_000) + skewSeconds;
  const signed = await stripe.webhooks.generateTestHeaderStringAsync({ payload, secret, timestamp });
  const header = signature === undefined ? signed : signature;
  const body = sentBody ?? payload;
  const url = 'http://localhost/api/v1/webhooks/stripe';
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    ...(header === null ? {} : { 'stripe-signature': header }),
  };
  const proven = asEdge({ method: 'POST', url, headers, body }, shop.deps.clock.now());
  const response = await shop.fetch(new Request(url, { method: 'POST', body, headers: proven }));
  return response.status;
}
