/** Shoppers who read and buy through an edge without a pause, and everything that they were answered. */

import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import { nextIp } from './edge.ts';
import { checkoutBody } from './shopping.ts';

export interface Shelf {
  readonly productId: string;
  readonly variantId: string;
}

export interface Shopping {
  /** How many requests were answered as they should be. */
  readonly answered: () => number;
  /** What else came, in words. */
  readonly errors: readonly string[];
  /** Ids of the orders that were confirmed. */
  readonly orders: readonly string[];
  stop(): Promise<void>;
}

const DEADLINE_MS = 35_000;

/** Each buys one of the shelf's units again and again, and looks at this and that between. */
export function startShopping(edgeUrl: string, shelf: Shelf, shoppers: number): Shopping {
  const errors: string[] = [];
  const orders: string[] = [];
  let answered = 0;
  let isOver = false;
  const ask = async (method: string, path: string, more: Asked = {}): Promise<Body> => {
    const { body, headers = {} } = more;
    const answer = await fetch(`${edgeUrl}/api/v1${path}`, {
      method,
      headers: {
        'cf-connecting-ip': nextIp(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} ${text.slice(0, 120)}`);
    answered += 1;
    return JSON.parse(text) as Body;
  };
  const visit = async () => {
    let doing = '';
    const step = (method: string, path: string, more?: Asked) => {
      doing = `${method} ${path}`;
      return ask(method, path, more);
    };
    try {
      await step('GET', `/products/${shelf.productId}`);
      const cart = await step('POST', '/carts');
      const headers = { [CART_TOKEN_HEADER]: String(cart.token) };
      const body = { variantId: shelf.variantId, quantity: 1 };
      await step('POST', `/carts/${cart.id}/items`, { headers, body });
      await step('GET', `/carts/${cart.id}`, { headers });
      const order = await step('POST', '/checkout', {
        headers: { ...headers, 'idempotency-key': crypto.randomUUID() },
        body: checkoutBody(cart.id),
      });
      orders.push(order.id);
      await step('GET', `/orders/${order.id}`, { headers });
    } catch (error) {
      errors.push(`${doing}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const loops = Array.from({ length: shoppers }, async () => {
    while (!isOver) await visit();
  });
  return {
    answered: () => answered,
    errors,
    orders,
    stop: async () => {
      isOver = true;
      await Promise.all(loops);
    },
  };
}

interface Asked {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Body {
  readonly id: string;
  readonly token?: string;
}
