/** What becomes of a review, and what everybody is shown of it. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { products } from '#db/schema/catalog.ts';
import { reviews } from '#db/schema/reviews.ts';
import type { ProductId } from '#lib/ids.ts';
import { countRatings } from '#origin/reviews/service.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { decide, openBuyer, openReviewed, publishedOf, SAID, write } from '#test/support/reviewing.ts';
import { createProduct, type TestProduct } from '#test/support/shopping.ts';

const NOBODYS = '01890a5d-ac96-774b-bcce-b302099a8057';

let shop: OriginUnderTest;
let product: TestProduct;
let moderator: string;
beforeAll(async () => {
  shop = await openOrigin();
  product = await createProduct(shop, { stock: 1_000 });
  ({ token: moderator } = await shop.signIn('admin'));
});
afterAll(() => shop.close());

const ownOf = async (token: string) => (await shop.call('/api/v1/me/reviews', { token })).body.items;
const queue = async () => (await shop.call('/api/v1/reviews?limit=100', { token: moderator })).body.items;
const inQueue = async (id: string) => (await queue()).find((each: { id: string }) => each.id === id);
const change = (id: string, token: string, body: object) =>
  shop.call(`/api/v1/me/reviews/${id}`, { method: 'PATCH', token, body });
const withdraw = (id: string, token: string) =>
  shop.call(`/api/v1/me/reviews/${id}`, { method: 'DELETE', token });

describe('a review', () => {
  test('is shown once a moderator has approved it, by its display name alone', async () => {
    const own = await createProduct(shop, { stock: 5 });
    const buyer = await openBuyer(shop, own);
    const { body: written } = await write(shop, own, buyer);
    expect((await publishedOf(shop, own.productId)).items).toEqual([]);
    expect(await inQueue(written.id)).toMatchObject({ ...SAID, openReports: 0, complaints: [] });
    expect((await decide(shop, written, moderator)).body.status).toBe('published');
    const shown = await publishedOf(shop, own.productId);
    expect(shown.items).toMatchObject([{ ...SAID, reply: null, editedAt: null }]);
    const told = JSON.stringify(shown);
    for (const mark of [buyer.userId, buyer.email, 'author']) expect(told).not.toContain(mark);
    expect(await inQueue(written.id)).toBeUndefined();
  });

  test('that is rejected is shown to nobody, and tells its author why', async () => {
    const buyer = await openBuyer(shop, product);
    const { body: written } = await write(shop, product, buyer);
    expectProblem(await decide(shop, written, moderator, 'because'), 'invalid_input');
    const noReason = { decision: 'reject', version: written.version };
    const path = `/api/v1/reviews/${written.id}/decision`;
    expectProblem(
      await shop.call(path, { method: 'POST', token: moderator, body: noReason }),
      'invalid_input',
    );
    expect((await decide(shop, written, moderator, 'off_topic')).status).toBe(200);
    expect(await ownOf(buyer.token)).toMatchObject([{ status: 'rejected', rejection: 'off_topic' }]);
    const { body: again } = await change(written.id, buyer.token, { text: 'On topic.' });
    expect(again).toMatchObject({ status: 'pending', rejection: 'off_topic' });
    expect((await decide(shop, again, moderator)).body).toMatchObject({
      status: 'published',
      rejection: null,
    });
  });

  test('that is changed goes back to the queue, and what was read before is not decided', async () => {
    const { buyer, review, product: own } = await openReviewed(shop);
    const { body: changed } = await change(review.id, buyer.token, { text: 'Changed.' });
    expect(changed.status).toBe('pending');
    expect((await publishedOf(shop, own.productId)).items).toEqual([]);
    expectProblem(await decide(shop, review, moderator), 'version_conflict');
    expect((await decide(shop, changed, moderator)).status).toBe(200);
    const [shown] = (await publishedOf(shop, own.productId)).items;
    expect(shown).toMatchObject({ text: 'Changed.', title: SAID.title, editedAt: expect.any(String) });
  });

  test('that two moderators decide at once is decided once', async () => {
    const buyer = await openBuyer(shop, product);
    const { body: written } = await write(shop, product, buyer);
    const answers = await Promise.all([
      decide(shop, written, moderator),
      decide(shop, written, moderator, 'spam'),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412]);
  });

  test('that is withdrawn leaves nothing of what it said, and may be written anew', async () => {
    const mark = `m${crypto.randomUUID()}`;
    const {
      buyer,
      review,
      product: own,
    } = await openReviewed(shop, { title: mark, text: mark, displayName: 'mark' });
    expect((await withdraw(review.id, buyer.token)).status).toBe(204);
    expect((await withdraw(review.id, buyer.token)).status).toBe(204);
    expect((await publishedOf(shop, own.productId)).items).toEqual([]);
    expect(await ownOf(buyer.token)).toEqual([]);
    const rows = await shop.deps.db
      .select()
      .from(reviews)
      .where(eq(reviews.productId, own.productId as ProductId));
    expect(JSON.stringify(rows)).not.toContain(mark);
    expectProblem(await change(review.id, buyer.token, { rating: 1 }), 'review_not_found');
    const anew = await write(shop, own, buyer);
    expect([anew.status, anew.body.id, anew.body.status]).toEqual([201, review.id, 'pending']);
  });

  test('is text: what looks like HTML is not', async () => {
    const text = '<script>alert(1)</script><img src=x onerror=alert(1)>';
    const { product: own } = await openReviewed(shop, {
      text,
      title: '<b>bold</b>',
      displayName: '<i>Ada</i>',
    });
    const { headers, body } = await shop.call(`/api/v1/products/${own.productId}/reviews`);
    expect(body.items[0]).toMatchObject({ text, title: '<b>bold</b>', displayName: '<i>Ada</i>' });
    expect(headers.get('content-type')).toStartWith('application/json');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('is shown at once where the shop has it so, unless its author was rejected before', async () => {
    const atOnce = shop.beside({ reviewsShown: 'at_once' });
    const own = await createProduct(shop, { stock: 5 });
    const buyer = await openBuyer(shop, own);
    const { body: written } = await write(atOnce, own, buyer);
    expect(written.status).toBe('published');
    const patch = { method: 'PATCH', token: buyer.token, body: { rating: 2 } } as const;
    const { body: changed } = await atOnce.call(`/api/v1/me/reviews/${written.id}`, patch);
    expect(changed).toMatchObject({ status: 'published', rating: 2 });
    await decide(shop, changed, moderator, 'offensive');
    const { body: again } = await atOnce.call(`/api/v1/me/reviews/${written.id}`, patch);
    expect(again.status).toBe('pending');
    await withdraw(written.id, buyer.token);
    expect((await write(atOnce, own, buyer)).body.status).toBe('pending');
  });
});

describe('a product’s reviews', () => {
  test('come in pages, sorted and by stars, each once', async () => {
    const own = await createProduct(shop, { stock: 100 });
    const stars = [5, 3, 4, 3, 1, 5, 3];
    const ids: string[] = [];
    for (const rating of stars) {
      const { body } = await write(shop, own, await openBuyer(shop, own), { rating });
      await decide(shop, body, moderator);
      ids.push(body.id);
    }
    const all = async (query: string) => {
      const items: { id: string; rating: number }[] = [];
      let cursor = '';
      for (let pages = 0; pages < 10; pages += 1) {
        const page = await publishedOf(shop, own.productId, `?limit=2&${query}${cursor}`);
        items.push(...page.items);
        if (page.nextCursor === null) return items;
        cursor = `&cursor=${page.nextCursor}`;
      }
      throw new Error('there is no end');
    };
    expect((await all('sort=newest')).map(({ id }) => id)).toEqual(ids.toReversed());
    expect((await all('sort=rating')).map(({ rating }) => rating)).toEqual(stars.toSorted());
    expect((await all('sort=-rating')).map(({ rating }) => rating)).toEqual(stars.toSorted().toReversed());
    expect(new Set((await all('sort=-rating')).map(({ id }) => id)).size).toBe(stars.length);
    expect((await all('rating=3')).map(({ rating }) => rating)).toEqual([3, 3, 3]);
    const { nextCursor } = await publishedOf(shop, own.productId, '?limit=2&sort=rating');
    const path = `/api/v1/products/${own.productId}/reviews?cursor=${nextCursor}`;
    expectProblem(await shop.call(path), 'invalid_input');
    for (const bad of ['rating=0', 'rating=six', 'sort=best', 'surprise=1']) {
      expectProblem(await shop.call(`/api/v1/products/${own.productId}/reviews?${bad}`), 'invalid_input');
    }
  });

  test('go by tags that a purge knows, and there are none of what is not on sale', async () => {
    const { product: own } = await openReviewed(shop);
    const { headers } = await shop.call(`/api/v1/products/${own.productId}/reviews`);
    expect(headers.get('cache-tag')).toBe(`reviews-${own.productId},product-${own.productId}`);
    expect(headers.get('cache-control')).toContain('s-maxage=15');
    expectProblem(await shop.call(`/api/v1/products/${NOBODYS}/reviews`), 'product_not_found');
  });

  test('are counted into the product, its cards and their own pages', async () => {
    const { product: own, buyer, review } = await openReviewed(shop, { rating: 5 });
    const id = own.productId as ProductId;
    const { body: second } = await write(shop, own, await openBuyer(shop, own), { rating: 2 });
    await decide(shop, second, moderator);
    const versionOf = async () => {
      const [row] = await shop.deps.db.select().from(products).where(eq(products.id, id));
      return row?.version ?? 0;
    };
    const before = await versionOf();
    await countRatings(shop.deps, id);
    expect(await versionOf()).toBe(before + 1);
    await Promise.all([1, 2, 3].map(() => countRatings(shop.deps, id)));
    expect(await versionOf()).toBe(before + 1);
    const rating = { average: 3.5, count: 2 };
    await shop.deps.products.invalidate({ productId: id, slug: own.slug, version: before + 1 });
    await shop.deps.lists.invalidate();
    expect((await shop.call(`/api/v1/products/${own.slug}`)).body).toMatchObject({
      rating,
      version: before + 1,
    });
    const { body: list } = await shop.call('/api/v1/products?limit=100');
    expect(list.items.find((card: { id: string }) => card.id === id).rating).toEqual(rating);
    const { rating: summary } = await publishedOf(shop, id);
    expect(summary).toEqual({ ...rating, distribution: { '1': 0, '2': 1, '3': 0, '4': 0, '5': 1 } });
    await withdraw(review.id, buyer.token);
    await decide(shop, { id: second.id, version: second.version + 1 }, moderator, 'spam');
    await countRatings(shop.deps, id);
    expect((await publishedOf(shop, id)).rating).toBeNull();
  });
});
