/**
 * What a request stands on hangs: it neither answers nor hangs up. Every write has its answer in its time, nothing is
 * begun for a caller whose time was up, and when all is well again the same request comes to its end, once.
 */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { type NetworkProxy, startProxy } from '#bench/chaos/proxy.ts';
import { carts } from '#db/schema/cart.ts';
import { orders } from '#db/schema/orders.ts';
import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { TIME_LEFT_HEADER } from '#lib/edge-contract.ts';
import { createLogger } from '#lib/log.ts';
import { LOOPBACK } from '#ops/local/ports.ts';
import { createDeps, type RunningDeps } from '#origin/deps.ts';
import { checkBooks } from '#test/support/books.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Answer, type OriginUnderTest, openOrigin, type Reachable } from '#test/support/origin.ts';
import { cartWith, checkOut, checkoutBody, createProduct, type TestCart } from '#test/support/shopping.ts';

setDefaultTimeout(2 * MINUTE_MS);

const LINKS = ['postgres', 'redis', 'nats', 'stripe'] as const;
type Link = (typeof LINKS)[number];

const TIME_LEFT_MS = 1_500;
/** On a machine that has other work, too. */
const LATE_AT_MOST_MS = 1_000;
const CLEAR = [200, 201, 204, 409, 429, 503];

/** As the auditor and the test see it: through no proxy. */
let well: OriginUnderTest;
/** Another process of the shop, with a network that can be made bad. */
let running: RunningDeps;
let shop: Reachable;
const links = new Map<Link, NetworkProxy>();

async function through(link: Link, url: string): Promise<string> {
  const address = new URL(url);
  const proxy = await startProxy([Number(address.port)]);
  links.set(link, proxy);
  address.hostname = LOOPBACK;
  address.port = String(proxy.port);
  return address.href.replace(/\/$/, '');
}

beforeAll(async () => {
  well = await openOrigin();
  const { config } = well;
  const quiet = createLogger({ level: 'error', write: () => {} });
  running = createDeps(
    {
      ...config,
      DATABASE_URL: await through('postgres', config.DATABASE_URL),
      REDIS_URL: await through('redis', config.REDIS_URL),
      NATS_URL: await through('nats', config.NATS_URL),
      STRIPE_API_URL: await through('stripe', config.STRIPE_API_URL ?? ''),
    },
    'hotshelf-test-hanging',
    quiet,
  );
  shop = well.beside(running.deps);
});

afterEach(() => {
  for (const proxy of links.values()) proxy.set(null);
});

afterAll(async () => {
  await running.close();
  for (const proxy of links.values()) await proxy.stop();
  await well.close();
});

const hang = (link: Link) => links.get(link)?.set({ kind: 'black hole' });
const mend = (link: Link) => links.get(link)?.set(null);
const inTime = { [TIME_LEFT_HEADER]: String(TIME_LEFT_MS) };

async function timed(
  call: () => Promise<Answer>,
): Promise<{ readonly status: number; readonly tookMs: number }> {
  const begun = performance.now();
  const { status } = await call();
  return { status, tookMs: performance.now() - begun };
}

function pay({ cartId, owner }: TestCart, key: string, headers: Record<string, string> = inTime) {
  const body = checkoutBody(cartId);
  return shop.call('/api/v1/checkout', {
    method: 'POST',
    ...owner,
    headers: { 'idempotency-key': key, ...headers },
    body,
  });
}

const ordersOf = ({ cartId }: TestCart) =>
  well.deps.db
    .select({ id: orders.id, status: orders.status })
    .from(orders)
    .where(eq(orders.cartId, cartId as never));

describe.each(LINKS)('while %s hangs', (link) => {
  test('every write is answered in its time, clearly, and goes through once all is well', async () => {
    const { variantId } = await createProduct(well);
    const cart = await cartWith(shop, variantId);
    const key = crypto.randomUUID();
    hang(link);
    const answers = await Promise.all([
      timed(() => shop.call('/api/v1/carts', { method: 'POST', headers: inTime })),
      timed(() =>
        shop.call(`/api/v1/carts/${cart.cartId}/items`, {
          method: 'POST',
          ...cart.owner,
          headers: inTime,
          body: { variantId, quantity: 1 },
        }),
      ),
      timed(() => pay(cart, key)),
      timed(() => pay(cart, key)),
    ]);
    for (const { status, tookMs } of answers) {
      expect(CLEAR).toContain(status);
      expect(tookMs).toBeLessThan(TIME_LEFT_MS + LATE_AT_MOST_MS);
    }
    mend(link);
    // With its prices as they are: something may have been put into the cart after all.
    await eventually(
      'the checkout goes through',
      async () => {
        const { status, body } = await pay(cart, key, {});
        if (status === 409 && body.code === 'cart_completed') return true;
        return status === 201 && body.status === 'paid';
      },
      20 * SECOND_MS,
    );
    const paid = (await ordersOf(cart)).filter(({ status }) => status === 'paid');
    expect(paid).toHaveLength(1);
    await eventually('nothing is under way any more', async () =>
      (await ordersOf(cart)).every(({ status }) => status !== 'pending_payment'),
    );
    await checkBooks(well);
  });
});

test('a database that hangs is not waited for again and again: after a few calls the rest are refused at once', async () => {
  hang('postgres');
  const ask = () => timed(() => shop.call('/api/v1/carts', { method: 'POST' }));
  const refused = eventually(
    'a call is refused at once',
    async () => {
      const calls = await Promise.all(Array.from({ length: 6 }, ask));
      return calls.every(({ status }) => status === 503) && calls.some(({ tookMs }) => tookMs < 500);
    },
    MINUTE_MS,
  );
  await refused;
  mend('postgres');
  const begun = performance.now();
  await eventually('carts are made again', async () => (await ask()).status === 201, 10 * SECOND_MS);
  expect(performance.now() - begun).toBeLessThan(5 * SECOND_MS);
});

test('a checkout whose time was up before it had begun places no order, though the database comes back', async () => {
  const { variantId } = await createProduct(well);
  const cart = await cartWith(shop, variantId);
  hang('postgres');
  const { status } = await pay(cart, crypto.randomUUID(), { [TIME_LEFT_HEADER]: '300' });
  expect(status).toBe(503);
  mend('postgres');
  await eventually('the database answers', async () => (await shop.call('/readyz')).status === 200);
  expect(await ordersOf(cart)).toEqual([]);
});

test('a request that comes with no time left is not begun', async () => {
  const before = await well.deps.db.$count(carts);
  const { status, headers } = await shop.call('/api/v1/carts', {
    method: 'POST',
    headers: { [TIME_LEFT_HEADER]: '0' },
  });
  expect([status, headers.get('retry-after')]).toEqual([503, '1']);
  expect(await well.deps.db.$count(carts)).toBe(before);
});

test('a charge that has begun is finished, though its request was answered 503', async () => {
  const { variantId } = await createProduct(well);
  const cart = await cartWith(shop, variantId);
  const { payments } = running.deps;
  const confirming = Promise.withResolvers<void>();
  const slow = well.beside({
    ...running.deps,
    payments: {
      ...payments,
      confirm: async (...args) => {
        await confirming.promise;
        return payments.confirm(...args);
      },
    },
  });
  const key = crypto.randomUUID();
  const body = checkoutBody(cart.cartId);
  const answer = await slow.call('/api/v1/checkout', {
    method: 'POST',
    ...cart.owner,
    headers: { 'idempotency-key': key, ...inTime },
    body,
  });
  expect(answer.status).toBe(503);
  confirming.resolve();
  await eventually('the order is paid', async () => (await ordersOf(cart))[0]?.status === 'paid');
  const repeated = await checkOut(shop, cart, { key });
  expect([repeated.status, repeated.body.status]).toEqual([201, 'paid']);
});
