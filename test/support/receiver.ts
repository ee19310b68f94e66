/** An integrator's endpoint: a real server, which verifies what comes with the package that integrators use. */

import { Webhook } from 'standardwebhooks';

export interface Received {
  readonly id: string;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads facts by the shape that it expects and asserts.
  readonly data: any;
  readonly body: string;
  readonly headers: Headers;
}

/** What the receiver answers to the message that is the so-manieth, from 1. */
type Answering = (message: Received, count: number) => Response | Promise<Response>;

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** The most requests that it ever had in hand. */
  mostAtOnce(): number;
  /** What it verifies with from now on; what is wrong is answered 400 and not received. */
  trust(secret: string): void;
  answer(answering: Answering): void;
  stop(): Promise<void>;
}

const OK: Answering = () => new Response('thanks');

export function openReceiver(): Receiver {
  const received: Received[] = [];
  let answering = OK;
  let trusted: Webhook | null = null;
  let inHand = 0;
  let most = 0;
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 60,
    fetch: async (request) => {
      inHand += 1;
      most = Math.max(most, inHand);
      try {
        const message = await verified(request, trusted);
        if (message === null) return new Response('not from the shop', { status: 400 });
        received.push(message);
        return await answering(message, received.length);
      } finally {
        inHand -= 1;
      }
    },
  });
  return {
    url: new URL('/hooks', server.url).href,
    received,
    mostAtOnce: () => most,
    trust: (secret) => {
      trusted = new Webhook(secret);
    },
    answer: (next) => {
      answering = next;
    },
    stop: () => server.stop(true),
  };
}

async function verified(request: Request, trusted: Webhook | null): Promise<Received | null> {
  const { headers } = request;
  const body = await request.text();
  try {
    trusted?.verify(body, Object.fromEntries(headers));
  } catch {
    return null;
  }
  const { type, data } = JSON.parse(body);
  return { id: headers.get('webhook-id') ?? '', type, data, body, headers };
}
