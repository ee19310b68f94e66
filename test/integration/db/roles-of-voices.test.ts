/**
 * What shoppers write, wish, wait for and leave behind, and what a catalogue does by itself, done by the database roles of
 * the origin and the workers alone.
 */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import postgres from 'postgres';
import { deleteOldEvents } from '#db/outbox.ts';
import type { DatabaseRole } from '#db/role-grants.ts';
import { after, MINUTE_MS } from '#lib/clock.ts';
import type { CartReminderId, CategoryId, ProductId, StockNoticeId, VariantId } from '#lib/ids.ts';
import { forgetLeftCarts, GUESTS_CART_KEPT_MS } from '#origin/cart/service.ts';
import {
  forgetOldReminders,
  LEFT_AFTER_MS,
  noteLeftCarts,
  reminderLetterFor,
} from '#origin/cart-reminders/service.ts';
import { applyRule, placeProduct } from '#origin/category-rules/service.ts';
import { createDeps, type RunningDeps } from '#origin/deps.ts';
import { learnFromViews } from '#origin/recommendations/service.ts';
import { countRatings } from '#origin/reviews/service.ts';
import { fallDue, stockLetterFor } from '#origin/stock-notices/service.ts';
import { forgetOldViews } from '#origin/views/service.ts';
import { mergeInto, onCart } from '#test/support/carting.ts';
import { type OriginUnderTest, openOrigin, type Reachable } from '#test/support/origin.ts';
import { photograph } from '#test/support/pictures.ts';
import { decide, openBuyer, write } from '#test/support/reviewing.ts';
import { cartOf, createProduct } from '#test/support/shopping.ts';
import { asRole } from '#test/support/stack.ts';
import { sendPicture } from '#test/support/uploads.ts';

let shop: OriginUnderTest;
let owner: postgres.Sql;
let origin: RunningDeps;
let workers: RunningDeps;
let reachable: Reachable;
beforeAll(async () => {
  shop = await openOrigin();
  owner = postgres(shop.databaseUrl, { max: 1, onnotice: () => {} });
  const open = (role: DatabaseRole) => {
    const DATABASE_URL = asRole(shop.databaseUrl, role);
    return createDeps({ ...shop.config, DATABASE_URL }, `as-${role}`, shop.deps.log);
  };
  origin = open('origin');
  workers = open('workers');
  reachable = shop.beside(origin.deps);
});
afterAll(async () => {
  await owner.end({ timeout: 1 });
  await origin.close();
  await workers.close();
  await shop.close();
});

test('takes reviews, wishes and views, counts stars, learns what is seen together, and tells who waits for stock', async () => {
  const product = await createProduct(shop, { stock: 5 });
  const buyer = await openBuyer(shop, product);
  const { body: review } = await write(reachable, product, buyer);
  const { token: moderator } = await shop.signIn('admin');
  expect((await decide(reachable, review, moderator)).status).toBe(200);
  await countRatings(workers.deps, product.productId as ProductId);
  const rated = await reachable.call(`/api/v1/products/${product.productId}/reviews`);
  expect(rated.body.rating.count).toBe(1);
  const post = (path: string, body: object) =>
    reachable.call(`/api/v1${path}`, { method: 'POST', token: buyer.token, body });
  expect((await post('/review-reports', { reviewId: review.id, complaint: 'spam' })).status).toBe(204);
  expect((await post('/wish-lists/items', { variantId: product.variantId })).status).toBe(200);
  const { productId } = await createProduct(shop, { stock: 1 });
  for (const seen of [product.productId, productId]) {
    expect((await post('/me/views', { productId: seen })).status).toBe(204);
  }
  await learnFromViews(workers.deps);
  await forgetOldViews(workers.deps);
  const [learnt] =
    await owner`select count(*)::int as pairs from product_pairs where product_id = ${productId}`;
  expect(learnt).toEqual({ pairs: 1 });
  const { variantId } = await createProduct(shop, { stock: 0 });
  const email = `${crypto.randomUUID()}@test.example`;
  expect((await post('/stock-notices', { variantId })).status).toBe(202);
  expect((await post('/stock-notices', { variantId, email })).status).toBe(202);
  await owner`update inventory set on_hand = 3 where variant_id = ${variantId}`;
  const told = await workers.deps.db.transaction((tx) =>
    fallDue(workers.deps, tx, { variantId: variantId as VariantId, added: 3 }),
  );
  expect(told).toBe(1);
  for (const { id, status } of await owner<{ id: StockNoticeId; status: string }[]>`
    select id, status from stock_notices where variant_id = ${variantId}`) {
    const name = status === 'due' ? 'notice.fallen_due' : 'notice.requested';
    expect(await stockLetterFor(workers.deps, { name, noticeId: id })).not.toBeNull();
  }
  const withdrawal = { method: 'DELETE', token: buyer.token } as const;
  expect((await reachable.call(`/api/v1/me/reviews/${review.id}`, withdrawal)).status).toBe(204);
});

test('merges carts, puts lines aside, and reminds of what was left', async () => {
  const { variantId } = await createProduct(shop, { stock: 5 });
  const { token, userId } = await shop.signIn();
  const line = [{ variantId, quantity: 1 }];
  const consent = { method: 'PATCH', token, body: { cartReminders: true } } as const;
  expect((await reachable.call('/api/v1/me', consent)).status).toBe(200);
  const own = await cartOf(reachable, line, token);
  const merged = await mergeInto(reachable, await cartOf(reachable, line), token);
  expect([merged.status, merged.body.id]).toEqual([200, own.cartId]);
  const [{ id }] = merged.body.items;
  const post = (path: string) => onCart(reachable, own, { path, method: 'POST' });
  expect((await post(`/items/${id}/save`)).body.saved).toHaveLength(1);
  expect((await post(`/saved/${id}/cart`)).body.items).toHaveLength(1);
  const clock = { now: () => after(new Date(), LEFT_AFTER_MS + MINUTE_MS) };
  await noteLeftCarts({ ...workers.deps, clock });
  const [reminder] = await owner<{ id: CartReminderId }[]>`
    select id from cart_reminders where user_id = ${userId}`;
  const letter = await reminderLetterFor(workers.deps, reminder?.id ?? ('' as CartReminderId));
  expect(letter?.goods).toEqual([{ name: 'Test Product', quantity: 2 }]);
  const stop = `/api/v1/cart-reminders/stop?token=${letter?.token}`;
  expect((await reachable.call(stop, { method: 'POST' })).status).toBe(204);
  expect((await reachable.call('/api/v1/me', { token })).body.cartReminders).toBeFalse();
  await forgetOldReminders(workers.deps);
  const longAfter = { now: () => after(new Date(), GUESTS_CART_KEPT_MS + MINUTE_MS) };
  const guests = await cartOf(reachable, line);
  await forgetLeftCarts({ ...workers.deps, clock: longAfter });
  expect((await onCart(reachable, guests, { path: '' })).status).toBe(404);
  await owner`update outbox set published_at = now(), settled_at = now()`;
  await deleteOldEvents(workers.deps.db, longAfter.now());
  expect(await owner`select 1 from outbox union all select 1 from inbox`).toHaveLength(0);
});

test('takes products into a category by its rule, lets them go again, and takes pictures', async () => {
  const { productId, sellerToken } = await createProduct(shop, { name: 'Made of Oak' });
  const { token } = await shop.signIn('admin');
  const post = (path: string, body: object) =>
    reachable.call(`/api/v1${path}`, { method: 'POST', token, body });
  const { id } = (await post('/categories', { name: 'Oak', slug: 'oak' })).body;
  const rule = { match: 'all', conditions: [{ field: 'title', value: 'oak' }] };
  expect((await post('/category-rules/preview', rule)).body.matching).toBe(1);
  expect((await post(`/categories/${id}/rule`, rule)).status).toBe(200);
  await applyRule(workers.deps, id as CategoryId);
  const listed = async () =>
    (await reachable.call('/api/v1/products?category=oak&limit=7')).body.items.length;
  expect(await listed()).toBe(1);
  await owner`update products set name = 'Made of Elm' where id = ${productId}`;
  await placeProduct(workers.deps, productId as ProductId);
  expect(await owner`select 1 from category_members`).toHaveLength(0);
  const picture = await photograph({ width: 32, height: 32 });
  const sent = await sendPicture(reachable, picture, { token: sellerToken });
  expect(sent.status, shop.logs.at(-1)).toBe(201);
});
