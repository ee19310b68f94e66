/** What is recommended to whom, and what it is called; and that it is learnt once, within bounds, of products alone. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, inArray, sql } from 'drizzle-orm';
import { inventory } from '#db/schema/inventory.ts';
import { productPairs } from '#db/schema/recommendations.ts';
import { DAY_MS } from '#lib/clock.ts';
import type { CategoryId, EventId, OrderId, ProductId, VariantId } from '#lib/ids.ts';
import { POLICIES } from '#lib/policies.ts';
import { createGuard } from '#lib/resilience.ts';
import { withdrawProduct } from '#origin/catalog/service.ts';
import { buyTogether, insertStocked, variantOf } from '#test/support/bought.ts';
import { insertCategory } from '#test/support/catalogue.ts';
import { type Call, type OriginUnderTest, openOrigin, type Reachable } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartOf, checkOut } from '#test/support/shopping.ts';
import { learnFromOrder } from '#workers/handlers/learn-from-order.ts';

setDefaultTimeout(60_000);

const NOBODYS = '01890a5d-ac96-774b-bcce-b302099a8057';

let shop: OriginUnderTest;
let patient: Reachable;
let count = 0;
beforeAll(async () => {
  shop = await openOrigin();
  // A busy machine is no failure.
  patient = shop.beside({ recommendations: createGuard({ ...POLICIES.recommendations, timeoutMs: 10_000 }) });
});
afterAll(async () => {
  await shop.close();
});

/** So many products of a category of their own. */
async function shelf(size: number): Promise<{ readonly ids: ProductId[]; readonly category: string }> {
  count += 1;
  const category = `shelf-${count}`;
  const categoryId: CategoryId = await insertCategory(shop, category);
  const inputs = Array.from({ length: size }, (_, popularity) => ({ categoryId, popularity }));
  return { ids: await insertStocked(shop, inputs), category };
}

async function ask(path: string, call: Call = {}) {
  const { status, body, headers } = await patient.call(`/api/v1${path}`, call);
  expect(status).toBe(200);
  const items: readonly { readonly id: ProductId }[] = body.items;
  return { ids: items.map(({ id }) => id), source: body.source, degraded: body.degraded, headers };
}

const beside = (id: string | undefined, query = '') => ask(`/products/${id}/recommendations${query}`);
const linesOf = (ids: readonly ProductId[]) =>
  Promise.all(ids.map(async (id) => ({ variantId: await variantOf(shop, id), quantity: 1 })));

async function sellOut(id: ProductId | undefined): Promise<void> {
  const variantId = (await variantOf(shop, id ?? ('' as ProductId))) as VariantId;
  await shop.deps.db.update(inventory).set({ onHand: 0 }).where(eq(inventory.variantId, variantId));
  await shop.deps.lists.invalidate();
}

describe('beside a product', () => {
  test('is what was bought with it, the most often and the latest first', async () => {
    const { ids } = await shelf(4);
    const [mug, tray, spoon, plate] = ids as [ProductId, ProductId, ProductId, ProductId];
    const before = new Date(Date.now() - 30 * DAY_MS);
    await buyTogether(shop, [mug, tray]);
    await buyTogether(shop, [mug, tray, spoon]);
    await buyTogether(shop, [mug, plate], before);
    const found = await beside(mug);
    expect(found).toMatchObject({ ids: [tray, spoon, plate], source: 'together', degraded: false });
    expect(found.headers.get('degraded')).toBeNull();
    expect(found.headers.get('cache-control')).toContain('s-maxage=');
    expect((await beside(mug, '?limit=1')).ids).toEqual([tray]);
  });

  test('is nothing that was withdrawn or is sold out', async () => {
    const { ids } = await shelf(4);
    const [mug, gone, sold, plate] = ids as [ProductId, ProductId, ProductId, ProductId];
    await buyTogether(shop, [mug, gone, sold, plate]);
    expect((await beside(mug)).ids).toHaveLength(3);
    const { userId } = await shop.signIn('admin');
    await withdrawProduct(
      shop.deps,
      { kind: 'user', userId, role: 'admin' },
      { productId: gone, version: 1 },
    );
    await sellOut(sold);
    expect((await beside(mug)).ids).toEqual([plate]);
  });

  test('is what is trending in its category where nothing is known of it, which is no failure', async () => {
    const { ids } = await shelf(4);
    const [fresh, quiet, , hot] = ids as [ProductId, ProductId, ProductId, ProductId];
    const other = await shelf(1);
    await buyTogether(shop, [quiet]);
    await buyTogether(shop, [hot]);
    await buyTogether(shop, [hot]);
    await buyTogether(shop, other.ids);
    const found = await beside(fresh);
    expect(found).toMatchObject({ source: 'trending_category', degraded: false });
    // What many bought, then what was popular before.
    expect(found.ids).toEqual([hot, quiet, ids[2] as ProductId]);
  });

  test('is what is trending at all for the only one of its category', async () => {
    const { ids } = await shelf(1);
    const found = await beside(ids[0]);
    expect(found).toMatchObject({ source: 'trending', degraded: false });
    expect(found.ids).not.toContain(ids[0] as ProductId);
    expect(found.ids.length).toBeGreaterThan(0);
  });

  test('is 404 where there is no such product', async () => {
    expectProblem(await shop.call(`/api/v1/products/${NOBODYS}/recommendations`), 'product_not_found');
    expectProblem(await shop.call('/api/v1/products/mug/recommendations'), 'invalid_input');
  });
});

describe('for a shopper', () => {
  test('is what goes with what they bought and have in their cart, and nothing of that itself', async () => {
    const { ids } = await shelf(5);
    const [bought, inCart, both, one, never] = ids as [ProductId, ProductId, ProductId, ProductId, ProductId];
    await buyTogether(shop, [bought, both, inCart]);
    await buyTogether(shop, [inCart, both]);
    await buyTogether(shop, [bought, one]);
    await buyTogether(shop, [never]);
    const { token } = await shop.signIn();
    expect(await ask('/recommendations', { token })).toMatchObject({ source: 'trending', degraded: false });
    await checkOut(shop, await cartOf(shop, await linesOf([bought]), token));
    await cartOf(shop, await linesOf([inCart]), token);
    const found = await ask('/recommendations', { token });
    expect(found).toMatchObject({ ids: [both, one], source: 'personal', degraded: false });
    expect(found.headers.get('cache-control')).toBe('private, no-store');
    const stranger = await shop.signIn();
    expect((await ask('/recommendations', { token: stranger.token })).source).toBe('trending');
  });

  test('who is a guest is what goes with the cart that the token opens', async () => {
    const { ids } = await shelf(3);
    const [inCart, along, other] = ids as [ProductId, ProductId, ProductId];
    await buyTogether(shop, [inCart, along]);
    const { cartToken } = await cartOf(shop, await linesOf([inCart]));
    const found = await ask('/recommendations', { cartToken });
    expect(found).toMatchObject({ ids: [along], source: 'personal', degraded: false });
    const lonely = await cartOf(shop, await linesOf([other]));
    const near = await ask('/recommendations', { cartToken: lonely.cartToken });
    expect(near).toMatchObject({ source: 'trending_category', degraded: false });
    expect(new Set(near.ids)).toEqual(new Set([inCart, along]));
    for (const call of [{}, { cartToken: 'ct_nobodys' }]) {
      expect(await ask('/recommendations', call)).toMatchObject({ source: 'trending', degraded: false });
    }
    expectProblem(await shop.call('/api/v1/recommendations', { token: 'forged' }), 'unauthenticated');
  });

  test('is the same, asked twice', async () => {
    const { ids } = await shelf(8);
    await buyTogether(shop, ids);
    const { cartToken } = await cartOf(shop, await linesOf(ids.slice(0, 2)));
    const first = await ask('/recommendations', { cartToken });
    expect(first.ids).toHaveLength(6);
    for (let times = 0; times < 3; times += 1) {
      expect((await ask('/recommendations', { cartToken })).ids).toEqual(first.ids);
    }
  });
});

describe('trending', () => {
  test('is what many buy these days, in a category with those below it, in stock', async () => {
    const { ids, category } = await shelf(4);
    const [old, hot, sold, warm] = ids as [ProductId, ProductId, ProductId, ProductId];
    const before = new Date(Date.now() - 60 * DAY_MS);
    for (let times = 0; times < 3; times += 1) await buyTogether(shop, [old], before);
    await buyTogether(shop, [hot, sold]);
    await buyTogether(shop, [hot, warm]);
    await sellOut(sold);
    expect((await ask(`/trending?category=${category}`)).ids).toEqual([hot, warm, old]);
    expect((await ask(`/trending?category=${category}&limit=1`)).ids).toEqual([hot]);
    expect((await ask('/trending')).ids).toContain(hot);
    expectProblem(await shop.call('/api/v1/trending?category=nowhere'), 'invalid_input');
  });
});

describe('what is learnt', () => {
  const heats = async (ids: readonly ProductId[]) => {
    const rows = await shop.deps.db
      .select()
      .from(productPairs)
      .where(inArray(productPairs.productId, [...ids]));
    return new Map(rows.map(({ productId, otherId, heat }) => [`${productId} ${otherId}`, heat]));
  };

  test('of an order is learnt once, however often its event comes, and once it is paid', async () => {
    const { ids } = await shelf(2);
    const { body } = await checkOut(shop, await cartOf(shop, await linesOf(ids)));
    const orderId = body.id as OrderId;
    const [told] = await shop.deps.db.execute<{ id: EventId }>(sql`
      select id from outbox where name = 'order.paid' and data ->> 'orderId' = ${orderId}`);
    expect((await heats(ids)).size).toBe(0);
    const paid = { name: 'order.paid', version: 1, traceparent: null, data: { orderId } } as const;
    const event = { ...paid, id: told?.id ?? ('' as EventId), occurredAt: new Date().toISOString() };
    await learnFromOrder.handle(shop.deps, event);
    const once = await heats(ids);
    expect(once.size).toBe(2);
    await Promise.all([1, 2, 3].map(() => learnFromOrder.handle(shop.deps, event)));
    expect(await heats(ids)).toEqual(once);
  });

  test('comes to the same in whatever order it is heard of, also all at once', async () => {
    const [one, other] = [await shelf(5), await shelf(5)];
    const days = [0, 3, 40, 1, 90, 0, 14];
    const orders = days.map((ago, index) => ({
      at: new Date(Date.now() - ago * DAY_MS),
      of: [index % 5, (index + 1) % 5, (index * 3) % 5],
    }));
    const idsOf = (ids: readonly ProductId[], of: readonly number[]) =>
      of.flatMap((number) => ids[number] ?? []);
    for (const { at, of } of orders) await buyTogether(shop, idsOf(one.ids, of), at);
    await Promise.all(orders.toReversed().map(({ at, of }) => buyTogether(shop, idsOf(other.ids, of), at)));
    const places = (found: Map<string, number>, ids: readonly ProductId[]) =>
      new Map(
        [...found].map(([key, heat]) => [
          key
            .split(' ')
            .map((id) => ids.indexOf(id as ProductId))
            .join(),
          heat,
        ]),
      );
    const [inOrder, atOnce] = [
      places(await heats(one.ids), one.ids),
      places(await heats(other.ids), other.ids),
    ];
    expect(new Set(atOnce.keys())).toEqual(new Set(inOrder.keys()));
    for (const [key, heat] of inOrder) expect(atOnce.get(key), key).toBeCloseTo(heat, 6);
  });

  test('is bounded: of each product the hottest others stay, of each order the first products count', async () => {
    const { ids } = await shelf(60);
    const [centre = '' as ProductId, ...others] = ids;
    for (const [index, other] of others.entries()) {
      await buyTogether(shop, [centre, other], new Date(Date.now() - (60 - index) * DAY_MS));
    }
    const kept = [...(await heats([centre])).keys()].map((key) => key.split(' ')[1]);
    expect(kept.toSorted()).toEqual(others.slice(-40).toSorted());
    const large = await shelf(60);
    await buyTogether(shop, large.ids);
    expect((await heats(large.ids)).size).toBe(20 * 19);
  });

  test('is of products alone: no column of it could hold who bought them', async () => {
    const rows = await shop.deps.db.execute<{ name: string }>(sql`
      select distinct column_name as name from information_schema.columns
       where table_name in ('product_pairs', 'product_trends') order by 1`);
    expect(rows.map(({ name }) => name)).toEqual(['heat', 'other_id', 'product_id']);
  });
});
