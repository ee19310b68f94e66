/** Recommendations whose tables or database are gone: something plainer instead, in time and marked, never an error. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { MINUTE_MS } from '#lib/clock.ts';
import type { ProductId } from '#lib/ids.ts';
import { POLICIES } from '#lib/policies.ts';
import { type Afar, degradedAnswers, FAULTS, openAfar } from '#test/support/bad-network.ts';
import { buyTogether, insertStocked, variantOf } from '#test/support/bought.ts';
import { insertCategory } from '#test/support/catalogue.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Call, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith } from '#test/support/shopping.ts';

setDefaultTimeout(2 * MINUTE_MS);

/** What is personal, what is trending in the category, and what is trending, each given up in its own time. */
const PROMISE_MS = 2_500;
/** On a busy machine; that nobody is asked any more is told by the circuit. */
const AT_ONCE_MS = 1_000;

let shop: OriginUnderTest;
let mug: ProductId;
let tray: ProductId;
let plate: ProductId;
let cartToken: string;
beforeAll(async () => {
  shop = await openOrigin();
  const categoryId = await insertCategory(shop, 'table');
  [mug, tray, plate] = (await insertStocked(shop, [{ categoryId }, { categoryId }, { categoryId }])) as [
    ProductId,
    ProductId,
    ProductId,
  ];
  await buyTogether(shop, [mug, tray]);
  await buyTogether(shop, [plate]);
  ({ cartToken } = await cartWith(shop, await variantOf(shop, mug)));
});
afterAll(async () => {
  await shop.close();
});

async function timed(one: Pick<Afar, 'call'>, path: string, call: Call = {}) {
  const startedAt = performance.now();
  const { status, body, headers } = await one.call(`/api/v1${path}`, call);
  expect(status).toBe(200);
  return { body, degraded: headers.get('degraded'), ms: performance.now() - startedAt };
}

const beside = () => `/products/${mug}/recommendations?limit=${limits()}`;
let asked = 1;
/** Another each time, so that no cache has the answer. */
const limits = () => {
  asked += 1;
  return asked;
};

/** Nobody reads what is bought together meanwhile. */
async function withPairsLocked(work: () => Promise<void>): Promise<void> {
  await shop.deps.db.transaction(async (tx) => {
    await tx.execute(sql`lock table product_pairs in access exclusive mode`);
    await work();
  });
}

test('with what was bought together out of reach, what is trending stands in; at once when that is known', async () => {
  await withPairsLocked(async () => {
    const path = '/recommendations';
    const personal = await timed(shop, path, { cartToken });
    expect(personal.body).toMatchObject({ source: 'trending_category', degraded: true });
    expect(personal.body.items.map(({ id }: { id: string }) => id)).not.toContain(mug);
    expect(personal.degraded).toBe('recommendations;source=trending_category');
    expect(personal.ms).toBeLessThan(PROMISE_MS);
    const product = await timed(shop, beside());
    expect(product.body).toMatchObject({ source: 'trending_category', degraded: true });
    expect(product.degraded).toBe('recommendations;source=trending_category');
    for (let times = 0; times < POLICIES.recommendations.breaker.failures; times += 1)
      await timed(shop, beside());
    // Whoever has nothing in a cart loses nothing.
    expect((await timed(shop, path)).body).toMatchObject({ source: 'trending', degraded: false });
    const later = [await timed(shop, path, { cartToken }), await timed(shop, beside())];
    for (const { ms, body } of later) {
      expect(ms).toBeLessThan(AT_ONCE_MS);
      expect(body).toMatchObject({ degraded: true });
      expect(body.items.length).toBeGreaterThan(0);
    }
    expect((await shop.deps.metrics.expose()).body).toContain('circuit_open{dependency="recommendations"} 1');
    expect(later.map(({ body }) => body.source)).toEqual(['trending', 'trending_category']);
    expect(await degradedAnswers(shop, 'recommendations', 'trending_category')).toBeGreaterThan(2);
    expect(await degradedAnswers(shop, 'recommendations', 'trending')).toBe(1);
  });
  await eventually('they are as they were', async () => {
    const { body, degraded } = await timed(shop, '/recommendations', { cartToken });
    return body.source === 'personal' && degraded === null;
  });
  expect((await timed(shop, beside())).body).toMatchObject({ source: 'together', degraded: false });
});

describe.each(FAULTS)('with the database %s', (_name, fault) => {
  test('every answer is one, in time: with what was trending last, or with nothing', async () => {
    const afar = await openAfar(shop, 'DATABASE_URL', { CACHE_REDIS: 'off' });
    try {
      // The first connections of a process take their time.
      await eventually('it knows the shopper', async () => {
        const { body } = await timed(afar, '/recommendations', { cartToken });
        return body.source === 'personal' && !body.degraded;
      });
      expect((await timed(afar, '/recommendations')).body).toMatchObject({ source: 'trending' });
      await afar.deps.lists.invalidate();
      afar.network.set(fault);
      for (let round = 0; round < 2; round += 1) {
        for (const [path, call] of [
          ['/recommendations', { cartToken }],
          ['/recommendations', {}],
          [beside(), {}],
        ] as const) {
          const { body, degraded, ms } = await timed(afar, path, call);
          expect(body).toMatchObject({ source: 'trending', degraded: true });
          expect(body.items.length).toBeGreaterThan(0);
          expect(degraded).toBe('recommendations;source=trending');
          expect(ms).toBeLessThan(PROMISE_MS);
        }
      }
    } finally {
      await afar.close();
    }
    const young = await openAfar(shop, 'DATABASE_URL', { CACHE_REDIS: 'off' });
    try {
      young.network.set(fault);
      const { body, degraded, ms } = await timed(young, beside());
      expect(body).toEqual({ items: [], source: 'trending', degraded: true });
      expect(degraded).toBe('recommendations;source=nothing');
      expect(ms).toBeLessThan(PROMISE_MS);
    } finally {
      await young.close();
    }
  });
});
