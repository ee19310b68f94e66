/** A steady load through the edge: reads of the catalogue, and now and then a purchase from cart to paid. */

import type { Static, TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { CartAnswer, checkoutBody, OrderAnswer } from '#bench/chaos/client.ts';
import { CARDS } from '#bench/chaos/visit.ts';
import type { WatchedShop } from '#bench/watched/shop.ts';
import { createZipf } from '#bench/zipf.ts';
import { createRandom, type Random } from '#db/seed/random.ts';
import { present } from '#lib/assert.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';

export interface Pace {
  readonly readsPerSecond: number;
  readonly ordersPerSecond: number;
}

export interface Tally {
  reads: number;
  readonly failedReads: Record<string, number>;
  orders: number;
  readonly failedOrders: Record<string, number>;
}

const SEED = 6;
const OK = 200;
const TIMEOUT_MS = 20_000;
const TICK_MS = 10;
/**
 * Above it the shop does not keep up, and the pace is missed. Bun has 256 calls under way in a process at most, and the
 * supervisor's probes come out of the same process: a load that took all of them would look like the death of every part.
 */
const MOST_OPEN = 100;
const LISTS = ['/api/v1/products?sort=popular', '/api/v1/products?category=chaos', '/api/v1/trending'];
const SEARCHES = ['plenty', 'scarce 2', 'plenty 17', 'bench', 'nothing like it'];

export const newTally = (): Tally => ({ reads: 0, failedReads: {}, orders: 0, failedOrders: {} });

/** Until the signal; then what is under way is waited for. */
export async function loadSteadily(shop: WatchedShop, pace: Pace, tally: Tally, until: AbortSignal) {
  const random = createRandom(SEED);
  const read = reader(shop, random, tally);
  const buy = buyer(shop, random, tally);
  await Promise.all([keep(pace.readsPerSecond, read, until), keep(pace.ordersPerSecond, buy, until)]);
}

/** So many a second, whatever becomes of them. */
async function keep(perSecond: number, visit: () => Promise<void>, until: AbortSignal): Promise<void> {
  const begun = performance.now();
  const open = new Set<Promise<void>>();
  for (let begunSoFar = 0; !until.aborted; ) {
    const due = Math.floor(((performance.now() - begun) * perSecond) / SECOND_MS);
    for (; begunSoFar < due && open.size < MOST_OPEN; begunSoFar += 1) {
      const visiting = visit().finally(() => open.delete(visiting));
      open.add(visiting);
    }
    await Bun.sleep(TICK_MS);
  }
  await Promise.all(open);
}

function count(failed: Record<string, number>, what: string): void {
  failed[what] = (failed[what] ?? 0) + 1;
}

const nameOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function reader({ edgeUrl, productPaths }: WatchedShop, random: Random, tally: Tally) {
  const zipf = createZipf(productPaths.length, random.fraction);
  const drawPath = () => {
    if (random.chance(0.8)) return present(productPaths[zipf.draw() - 1], 'a product');
    if (random.chance(0.5)) return random.pick(LISTS);
    return `/api/v1/search?q=${encodeURIComponent(random.pick(SEARCHES))}`;
  };
  return async () => {
    tally.reads += 1;
    const path = drawPath();
    try {
      const answer = await fetch(edgeUrl + path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const text = await answer.text();
      if (answer.status === OK) return;
      const kind = path.replace(/products\/.*/, 'products/SLUG');
      count(tally.failedReads, `${answer.status} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ''} ${kind}`);
    } catch (error) {
      count(tally.failedReads, nameOf(error));
    }
  };
}

function buyer({ edgeUrl, variantIds }: WatchedShop, random: Random, tally: Tally) {
  const post = async <T extends TSchema>(schema: T, path: string, call: Call): Promise<Static<T>> => {
    const answer = await fetch(`${edgeUrl}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...call.headers },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body: unknown = await answer.json();
    if (!answer.ok) throw new Error(`${path.replaceAll(/[0-9a-f-]{36}/g, 'ID')}: ${answer.status}`);
    return Value.Parse(schema, body);
  };
  return async () => {
    tally.orders += 1;
    try {
      const made = await post(CartAnswer, '/carts', { headers: {} });
      const headers = { [CART_TOKEN_HEADER]: made.token ?? '' };
      const line = { variantId: random.pick(variantIds), quantity: 1 };
      const cart = await post(CartAnswer, `/carts/${made.id}/items`, { headers, body: line });
      const wishes = { cart, email: 'sam@shopper.example', paymentMethodId: CARDS.good };
      const order = await post(OrderAnswer, '/checkout', {
        headers: { ...headers, 'idempotency-key': crypto.randomUUID() },
        body: checkoutBody(wishes),
      });
      if (order.status !== 'paid') count(tally.failedOrders, order.status);
    } catch (error) {
      count(tally.failedOrders, nameOf(error));
    }
  };
}

interface Call {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
