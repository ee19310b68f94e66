/** A shop's webhook endpoint for tests: keeps what arrives and answers as it is told. */

import Stripe from 'stripe';

export const WEBHOOK_SECRET = 'whsec_test_sink';
const DEADLINE_MS = 8_000;
const POLL_MS = 5;

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

/** Waits until the condition gives something; fails with its description when the time is up. */
export async function eventually<T>(what: string, condition: () => T | undefined | false): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  while (Date.now() < deadline) {
    const found = condition();
    if (found !== undefined && found !== false) return found;
    await Bun.sleep(POLL_MS);
  }
  throw new Error(`it did not happen in ${DEADLINE_MS} ms: ${what}`);
}
