/** Redis and NATS killed, frozen and slowed under whoever buys: the order is paid all the same, and nothing is lost. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { countUnpublished } from '#db/outbox.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import { FAULTS, openAfar } from '#test/support/bad-network.ts';
import { checkBooks } from '#test/support/books.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import { openLoops, openMail } from '#test/support/workers.ts';
import { sendReceipt } from '#workers/handlers/send-receipt.ts';
import { createMailer } from '#workers/mailer.ts';

setDefaultTimeout(2 * MINUTE_MS);

/** What a shopper is ready to wait for one step. */
const PATIENCE_MS = 3_000;
const AT_ONCE_MS = 500;

let shop: OriginUnderTest;
let variantId: string;
let productId: string;
beforeAll(async () => {
  shop = await openOrigin();
  ({ variantId, productId } = await createProduct(shop, { stock: 1_000 }));
});
afterAll(async () => {
  await shop.close();
});

/** Units of orders whose payment may yet come; those that are paid have left the shelf by their event. */
async function reserved(): Promise<number> {
  const [row] = await shop.deps.db.execute<{ units: number }>(sql`
    select coalesce(sum(l.quantity), 0)::int as units from order_lines l join orders o on o.id = l.order_id
     where l.variant_id = ${variantId} and o.status in ('pending_payment', 'requires_action')`);
  return row?.units ?? 0;
}

async function inTime<T>(step: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await step;
  expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
  return result;
}

describe.each(FAULTS)('with Redis %s', (_name, fault) => {
  test('carts are filled and paid for, and what is read says that Redis is gone', async () => {
    const afar = await openAfar(shop, 'REDIS_URL', { CACHE_MEMORY: 'off' });
    try {
      const limited = await openAfar(shop, 'REDIS_URL', { LIMIT_CHECKOUT_PER_MINUTE: 2 });
      limited.network.set(fault);
      afar.network.set(fault);
      const cart = await inTime(cartWith(afar, variantId));
      expect((await inTime(checkOut(afar, cart))).body).toMatchObject({ status: 'paid' });
      const read = await inTime(afar.call(`/api/v1/products/${productId}`));
      expect(read.status).toBe(200);
      expect(read.headers.get('cache-status')).toContain('hotshelf-redis; fwd=miss; detail=gone');
      expect((await afar.deps.metrics.expose()).body).toMatch(
        /^cache_reads_total\{cache="product",tier="redis",outcome="gone"\} [1-9]/m,
      );
      const statuses = [];
      for (let orders = 0; orders < 3; orders += 1) {
        statuses.push((await inTime(checkOut(limited, await cartWith(limited, variantId)))).status);
      }
      expect(statuses).toEqual([201, 201, 429]);
      await limited.close();
    } finally {
      await afar.close();
    }
  });
});

test('with Stripe killed a checkout is 503, at once when that is known, nothing stays reserved, and is paid afterwards', async () => {
  const afar = await openAfar(shop, 'STRIPE_API_URL');
  try {
    afar.network.set({ kind: 'reset' });
    const carts = await Promise.all([1, 2, 3].map(() => cartWith(afar, variantId)));
    for (const cart of carts) {
      const startedAt = performance.now();
      const refused = await checkOut(afar, cart);
      expectProblem(refused, 'payments_unavailable');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      // One has three tries, and two open the circuit.
      if (cart === carts[2]) expect(performance.now() - startedAt).toBeLessThan(AT_ONCE_MS);
      expect(await reserved()).toBe(0);
    }
    afar.network.set(null);
    for (const cart of carts) {
      await eventually('it is paid', async () => (await checkOut(afar, cart)).status === 201);
    }
    await checkBooks(shop);
  } finally {
    await afar.close();
  }
});

describe.each(FAULTS)('with NATS %s', (_name, fault) => {
  test('orders are paid, and their emails come late, once each', async () => {
    const afar = await openAfar(shop, 'NATS_URL');
    const mail = await openMail();
    const mailer = createMailer(mail.smtpUrl, 'Hotshelf <orders@hotshelf.example>');
    const loops = openLoops(shop);
    try {
      afar.network.set(fault);
      loops.relay(afar.deps);
      loops.consume(sendReceipt(mailer), afar.deps);
      const numbers: string[] = [];
      for (let orders = 0; orders < 3; orders += 1) {
        const { body } = await inTime(checkOut(afar, await cartWith(afar, variantId)));
        expect(body.status).toBe('paid');
        numbers.push(body.number);
      }
      expect((await inTime(afar.call(`/api/v1/products/${productId}`))).status).toBe(200);
      if (fault.kind !== 'latency') {
        expect(await countUnpublished(shop.deps.db)).toBeGreaterThanOrEqual(3);
        expect(await mail.messages()).toBeEmpty();
      }
      afar.network.set(null);
      const subjects = () => mail.messages().then((all) => all.map(({ subject }) => subject));
      await eventually('the emails are there', async () => {
        const sent = await subjects();
        return numbers.every((number) => sent.includes(`Your order ${number}`));
      });
      const sent = await subjects();
      for (const number of numbers)
        expect(sent.filter((subject) => subject === `Your order ${number}`)).toHaveLength(1);
    } finally {
      await loops.stop();
      mailer.close();
      await mail.stop();
      await afar.close();
    }
  });
});
