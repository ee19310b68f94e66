/** A shop's webhook endpoint for tests: keeps what arrives and answers as it is told. */

import Stripe from 'stripe';

export const WEBHOOK_SECRET = 'whsec_test_sink';

export interface Arrival {
  readonly event: Stripe.Event;
  readonly status: number;
}

export interface WebhookSink {
  readonly url: string;
  /** Everything that came in with a valid signature, in order, repeated deliveries included. */
  readonly arrivals: readonly Arrival[];
  readonly unsigned: number;
  /** The statuses of the next answers; then 200 again. */
  answerNext(...statuses: readonly number[]): void;
  stop(): Promise<void>;
}

export function openWebhookSink(port = 0): WebhookSink {
  const stripe = new Stripe('sk_test_sink');
  const arrivals: Arrival[] = [];
  const planned: number[] = [];
  let unsigned = 0;
  const server = Bun.serve({
    port,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      const signature = request.headers.get('stripe-signature') ?? '';
      const body = await request.text();
      try {
        const event = await stripe.webhooks.constructEventAsync(body, signature, WEBHOOK_SECRET);
        const status = planned.shift() ?? 200;
        arrivals.push({ event, status });
        return new Response(null, { status });
      } catch {
        unsigned += 1;
        return new Response(null, { status: 400 });
      }
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/webhooks/stripe`,
    arrivals,
    get unsigned() {
      return unsigned;
    },
    answerNext: (...statuses) => {
      planned.push(...statuses);
    },
    stop: () => server.stop(true),
  };
}
