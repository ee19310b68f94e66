/** What shoppers say that they look at: a list of their own, and what is learnt of it. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { and, eq, inArray, lt, type SQL, sql } from 'drizzle-orm';
import { deleteOldRows } from '#db/delete-old.ts';
import { users } from '#db/schema/accounts.ts';
import { productPairs } from '#db/schema/recommendations.ts';
import { productViews } from '#db/schema/views.ts';
import { after, DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import type { ProductId } from '#lib/ids.ts';
import { withdrawProduct } from '#origin/catalog/service.ts';
import { heatOfLook } from '#origin/recommendations/heat.ts';
import { learnFromViews } from '#origin/recommendations/service.ts';
import { forgetOldViews } from '#origin/views/service.ts';
import { buyTogether, insertStocked } from '#test/support/bought.ts';
import { insertCategory } from '#test/support/catalogue.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';

setDefaultTimeout(60_000);

const VIEWS = '/api/v1/me/views';
const LOOKERS = 5;
const NOBODYS = '01890a5d-ac96-774b-bcce-b302099a8057';

let shop: OriginUnderTest;
let count = 0;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(() => shop.close());

type Shopper = Awaited<ReturnType<OriginUnderTest['signIn']>>;

async function shelf(size: number): Promise<ProductId[]> {
  count += 1;
  const categoryId = await insertCategory(shop, `seen-${count}`);
  return insertStocked(
    shop,
    Array.from({ length: size }, () => ({ categoryId })),
  );
}

async function look({ token }: Pick<Shopper, 'token'>, ...ids: readonly ProductId[]): Promise<void> {
  for (const productId of ids) {
    const { status } = await shop.call(VIEWS, { method: 'POST', token, body: { productId } });
    expect(status).toBe(204);
  }
}

async function seen({ token }: Pick<Shopper, 'token'>, query = ''): Promise<ProductId[]> {
  const { status, body } = await shop.call(`${VIEWS}${query}`, { token });
  expect(status).toBe(200);
  return body.items.map(({ id }: { readonly id: ProductId }) => id);
}

/** All that somebody has seen was seen so much earlier, and counted as much earlier. */
async function timePasses({ userId }: Shopper, ms: number): Promise<void> {
  const { db } = shop.deps;
  const own = eq(productViews.userId, userId);
  for (const { productId, seenAt, learntAt } of await db.select().from(productViews).where(own)) {
    const change = { seenAt: after(seenAt, -ms), learntAt: learntAt && after(learntAt, -ms) };
    await db
      .update(productViews)
      .set(change)
      .where(and(own, eq(productViews.productId, productId)));
  }
}

async function heats(ids: readonly ProductId[]): Promise<ReadonlyMap<string, number>> {
  const rows = await shop.deps.db
    .select()
    .from(productPairs)
    .where(inArray(productPairs.productId, [...ids]));
  return new Map(
    rows.map(({ productId, otherId, heat }) => [`${ids.indexOf(productId)} ${ids.indexOf(otherId)}`, heat]),
  );
}

test('the list has what was looked at, the last one first and each once, and is nobody else’s', async () => {
  const ids = await shelf(3);
  const [mug, tray, spoon] = ids as [ProductId, ProductId, ProductId];
  const [shopper, other] = [await shop.signIn(), await shop.signIn()];
  await look(shopper, mug, tray, spoon, mug);
  expect(await seen(shopper)).toEqual([mug, spoon, tray]);
  expect(await seen(shopper, '?limit=2')).toEqual([mug, spoon]);
  expect(await seen(other)).toEqual([]);
  const { userId } = await shop.signIn('admin');
  await withdrawProduct(shop.deps, { kind: 'user', userId, role: 'admin' }, { productId: spoon, version: 1 });
  expect(await seen(shopper)).toEqual([mug, tray]);
  const again = { method: 'POST', token: shopper.token, body: { productId: spoon } } as const;
  expectProblem(await shop.call(VIEWS, again), 'product_not_found');
  expectProblem(await shop.call(VIEWS, { ...again, body: { productId: NOBODYS } }), 'product_not_found');
  expect((await shop.call(VIEWS, { method: 'DELETE', token: shopper.token })).status).toBe(204);
  expect(await seen(shopper)).toEqual([]);
});

test('it keeps the newest hundred, and nothing for longer than ninety days', async () => {
  const ids = await shelf(103);
  const shopper = await shop.signIn();
  await look(shopper, ...ids);
  expect(await seen(shopper, '?limit=100')).toEqual(ids.slice(3).toReversed());
  await timePasses(shopper, 91 * DAY_MS);
  await look(shopper, ids[0] ?? ('' as ProductId));
  await forgetOldViews(shop.deps);
  expect(await seen(shopper)).toEqual(ids.slice(0, 1));
});

test('what is old goes part by part, and what is seen anew just then stays', async () => {
  const ids = await shelf(6);
  const shopper = await shop.signIn();
  await look(shopper, ...ids);
  await timePasses(shopper, 91 * DAY_MS);
  const { db } = shop.deps;
  const ofShopper = eq(productViews.userId, shopper.userId);
  const seenAgain = and(ofShopper, eq(productViews.productId, ids[0] ?? ('' as ProductId)));
  const parts: number[] = [];
  const counting = new Proxy(db, {
    get: (target, name) => {
      if (name !== 'execute') return Reflect.get(target, name);
      return async (query: SQL) => {
        const rows = await target.execute(query);
        parts.push(rows.length);
        return rows;
      };
    },
  });
  const isOld = and(ofShopper, lt(productViews.seenAt, after(new Date(), -90 * DAY_MS)));
  const deletion = await db.transaction(async (tx) => {
    await tx.update(productViews).set({ seenAt: new Date() }).where(seenAgain);
    const begun = deleteOldRows(db, productViews, isOld, 100);
    await eventually('it waits for the one', async () => {
      const [row] = await db.execute<{ count: number }>(sql`
        select count(*)::int as count from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`);
      return row?.count === 1;
    });
    return { begun };
  });
  await deletion.begun;
  expect(await db.$count(productViews, ofShopper)).toBe(1);
  await look(shopper, ...ids);
  await timePasses(shopper, 91 * DAY_MS);
  await deleteOldRows(counting, productViews, isOld, 4);
  expect(parts).toEqual([4, 2]);
});

test('what is looked at in one visit goes together, a look weighing little beside a purchase', async () => {
  const ids = await shelf(4);
  const [mug, tray, later, bought] = ids as [ProductId, ProductId, ProductId, ProductId];
  const shopper = await shop.signIn();
  await look(shopper, mug, tray);
  await timePasses(shopper, 31 * MINUTE_MS);
  await look(shopper, later);
  await learnFromViews(shop.deps);
  const learnt = await heats(ids);
  expect([...learnt.keys()].toSorted()).toEqual(['0 1', '1 0']);
  expect(learnt.get('0 1')).toBeCloseTo(heatOfLook(new Date()), 2);
  await buyTogether(shop, [mug, bought]);
  const found = await shop.call(`/api/v1/products/${mug}/recommendations`);
  expect(found.body).toMatchObject({ source: 'together', items: [{ id: bought }, { id: tray }] });
  const fresh = await shop.signIn();
  await look(fresh, tray);
  const personal = await shop.call('/api/v1/recommendations', { token: fresh.token });
  expect(personal.body).toMatchObject({ source: 'personal', items: [{ id: mug }] });
});

test('a shopper counts once a day, however often they look, and whoever counts', async () => {
  const ids = await shelf(2);
  const shoppers: Shopper[] = [];
  for (let left = LOOKERS; left > 0; left -= 1) shoppers.push(await shop.signIn());
  for (const shopper of shoppers) await look(shopper, ...ids, ...ids);
  await Promise.all([1, 2, 3].map(() => learnFromViews(shop.deps)));
  for (const shopper of shoppers) await look(shopper, ...ids);
  await learnFromViews(shop.deps);
  const once = heatOfLook(new Date()) + Math.log2(LOOKERS);
  expect((await heats(ids)).get('0 1')).toBeCloseTo(once, 2);
  const [first] = shoppers;
  if (first === undefined) throw new Error('nobody looked');
  await timePasses(first, DAY_MS);
  await look(first, ...ids);
  await learnFromViews(shop.deps);
  expect((await heats(ids)).get('0 1')).toBeCloseTo(heatOfLook(new Date()) + Math.log2(LOOKERS + 1), 2);
});

test('nothing is learnt from accounts that have proven no email', async () => {
  const ids = await shelf(2);
  const shopper = await shop.signIn();
  await shop.deps.db.update(users).set({ emailVerifiedAt: null }).where(eq(users.id, shopper.userId));
  await look(shopper, ...ids);
  await learnFromViews(shop.deps);
  expect((await heats(ids)).size).toBe(0);
  expect(await seen(shopper)).toEqual(ids.toReversed());
});
