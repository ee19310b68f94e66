/** 3-D Secure at the Stripe double: the bank's page, passed as a browser passes it, and what the double says then. */

import type { Ledger } from '#ops/stripe-double/ledger.ts';
import type { Order } from './answers.ts';
import { ask, DemoFailure, type Shop, wait } from './shop.ts';
import { say } from './tell.ts';

export type Charged = Ledger['entries'][number];

/** What the double holds of a payment. @throws {DemoFailure} where it knows none */
export async function paymentAt(doubleUrl: string, intentId: string): Promise<Charged> {
  const answer = await ask(`${doubleUrl}/_double/ledger?payment_intent=${intentId}`);
  const { entries = [] } = (await answer.json()) as Partial<Ledger>;
  const [entry] = entries;
  if (entry === undefined) throw new DemoFailure(`the Stripe double knows no payment ${intentId}`);
  return entry;
}

/** The name of a payment is the beginning of its secret, which the shopper's browser is given. */
export function intentOf({ clientSecret, status, number }: Order): string {
  const [intentId] = clientSecret?.split('_secret_') ?? [];
  if (status !== 'requires_action' || intentId === undefined) {
    throw new DemoFailure(`order ${number} is ${status}: the card should have asked for 3-D Secure`);
  }
  return intentId;
}

/** Opens the bank's page, and sends its form by the button that approves. */
export async function approve(doubleUrl: string, intentId: string): Promise<void> {
  const { paymentIntent } = await paymentAt(doubleUrl, intentId);
  const details = paymentIntent.next_action?.use_stripe_sdk as { readonly stripe_js?: string } | undefined;
  const url = details?.stripe_js ?? paymentIntent.next_action?.redirect_to_url?.url;
  if (typeof url !== 'string') throw new DemoFailure(`payment ${intentId} leads to no page of a bank`);
  const page = await (await ask(url)).text();
  const [, question] = /<p>([^<]+)<\/p>/.exec(page) ?? [];
  const [, field, value] = /<button name="(\w+)" value="(\w+)">Approve</.exec(page) ?? [];
  if (question === undefined || field === undefined || value === undefined) {
    throw new DemoFailure(`the bank's page asks for nothing: ${url}`);
  }
  const sent = await ask(url, {
    ...{ method: 'POST', redirect: 'manual' },
    body: new URLSearchParams({ [field]: value }),
  });
  if (sent.status >= 400) throw new DemoFailure(`the bank's page answered ${sent.status}: ${url}`);
  say('bank', `"${question}" Approved, at ${url}`);
}

/** Nobody asks the shop to look: it is the webhook that completes the order. */
export async function awaitPaid(shop: Shop, orderId: string): Promise<Order> {
  const startedAt = performance.now();
  const order = await wait('the payment of the order', async () => {
    const { body } = await shop.get<Order>(`/orders/${orderId}`);
    return body.status === 'paid' ? body : null;
  });
  const paid = order.timeline.find(({ event }) => event === 'order.paid');
  if (paid?.actor !== 'stripe') throw new DemoFailure(`order ${order.number} was not paid by a webhook`);
  const { brand, lastFour } = order.payment;
  say(
    'paid',
    `by ${brand} ending in ${lastFour}, told by the webhook after ${Math.round(performance.now() - startedAt)} ms`,
  );
  return order;
}
