/** Reviews: who may write one, complain of one or answer one. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import { auditLog } from '#db/schema/audit-log.ts';
import { orders } from '#db/schema/orders.ts';
import type { OrderId, UserId } from '#lib/ids.ts';
import { eraseReviewsOf } from '#origin/reviews/service.ts';
import { edit } from '#test/support/edits.ts';
import { eventually } from '#test/support/eventually.ts';
import { buyTwoLines } from '#test/support/fulfilment.ts';
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

const setStatus = (orderId: string, status: (typeof orders.$inferSelect)['status']) =>
  shop.deps.db
    .update(orders)
    .set({ status })
    .where(eq(orders.id, orderId as OrderId));
const ownOf = async (token: string) => (await shop.call('/api/v1/me/reviews', { token })).body.items;
const queue = async () => (await shop.call('/api/v1/reviews?limit=100', { token: moderator })).body.items;
const inQueue = async (id: string) => (await queue()).find((each: { id: string }) => each.id === id);
const report = (reviewId: string, token: string, complaint = 'inappropriate') =>
  shop.call('/api/v1/review-reports', { method: 'POST', token, body: { reviewId, complaint } });
const change = (id: string, token: string, body: object) =>
  shop.call(`/api/v1/me/reviews/${id}`, { method: 'PATCH', token, body });
const reply = (id: string, token: string, text = 'Thank you.') =>
  shop.call(`/api/v1/reviews/${id}/reply`, { method: 'POST', token, body: { text } });

describe('who writes', () => {
  test('has bought the product: nobody else does', async () => {
    const stranger = await shop.signIn();
    expectProblem(await write(shop, product, stranger), 'review_not_bought');
    const other = await createProduct(shop);
    const buyerOfOther = await openBuyer(shop, other);
    expectProblem(await write(shop, product, buyerOfOther), 'review_not_bought');
    const { token } = await shop.signIn();
    const { orderId, lines } = await buyTwoLines(shop, token);
    const [{ itemId, product: takenOff }, { product: kept }] = lines;
    await edit(shop, { orderId, owner: { token } }, { items: [{ itemId, quantity: 0 }] });
    expectProblem(await write(shop, takenOff, { token }), 'review_not_bought');
    expect((await write(shop, kept, { token })).status).toBe(201);
    expectProblem(await write(shop, { productId: NOBODYS }, stranger), 'product_not_found');
    const written = await write(shop, other, buyerOfOther);
    expect([written.status, written.body.status]).toEqual([201, 'pending']);
  });

  test.each([
    ['paid', 201],
    ['fulfilled', 201],
    ['delivered', 201],
    ['partially_refunded', 201],
    ['pending_payment', 403],
    ['requires_action', 403],
    ['payment_failed', 403],
    ['cancelled', 403],
    ['refunded', 403],
  ] as const)('with an order that is %s is answered %d', async (status, answered) => {
    const buyer = await openBuyer(shop, product);
    await setStatus(buyer.orderId, status);
    expect((await write(shop, product, buyer)).status).toBe(answered);
  });

  test('by ten requests at once writes one review', async () => {
    const buyer = await openBuyer(shop, product);
    const answers = await Promise.all(Array.from({ length: 10 }, () => write(shop, product, buyer)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expectProblem(answer, 'review_exists');
    expect(await ownOf(buyer.token)).toHaveLength(1);
  });

  test('waits for a cancellation of the order that is under way, and is then refused', async () => {
    const buyer = await openBuyer(shop, product);
    const { writing } = await shop.deps.db.transaction(async (tx) => {
      await tx
        .update(orders)
        .set({ status: 'cancelled' })
        .where(eq(orders.id, buyer.orderId as OrderId));
      const begun = write(shop, product, buyer);
      await eventually('it waits for the order', async () => {
        const waiting = await shop.deps.db.execute(sql`
          select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%order_lines%'`);
        return waiting.length > 0;
      });
      return { writing: begun };
    });
    expectProblem(await writing, 'review_not_bought');
  });

  test.each([
    [{ rating: 0 }],
    [{ rating: 6 }],
    [{ rating: 4.5 }],
    [{ title: ' ' }],
    [{ title: 'x'.repeat(121) }],
    [{ text: 'x'.repeat(5_001) }],
    [{ text: 'NUL \0' }],
    [{ title: 'two\nlines' }],
    [{ displayName: 'ada@test.example' }],
    [{ status: 'published' }],
    [{ authorId: NOBODYS }],
  ])('is refused %p', async (said) => {
    const buyer = await openBuyer(shop, product);
    expectProblem(await write(shop, product, buyer, said), 'invalid_input');
  });

  test('is refused a card number', async () => {
    const buyer = await openBuyer(shop, product);
    const answer = await write(shop, product, buyer, { text: 'Paid with 4242 4242 4242 4242.' });
    expectProblem(answer, 'card_number_refused');
  });
});

describe('a complaint', () => {
  test('brings a published review into the queue, once for each shopper, and a decision settles it', async () => {
    const { review, buyer, product: own } = await openReviewed(shop);
    const [one, other] = [await shop.signIn(), await shop.signIn()];
    const answers = await Promise.all(
      [one, one, one, other].map(({ token }) =>
        report(review.id, token, token === other.token ? 'spam' : 'untrue'),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204]);
    const queued = await inQueue(review.id);
    expect(queued).toMatchObject({ openReports: 2, status: 'published' });
    expect(queued.complaints.toSorted()).toEqual(['spam', 'untrue']);
    expect((await publishedOf(shop, own.productId)).items).toHaveLength(1);
    const { body: decided } = await decide(shop, queued, moderator);
    expect(await inQueue(review.id)).toBeUndefined();
    // The same of the same text is settled; of another it is not.
    await report(review.id, one.token);
    expect(await inQueue(review.id)).toBeUndefined();
    const { body: changed } = await change(review.id, buyer.token, { text: 'Another.' });
    expect(changed.version).toBeGreaterThan(decided.version);
    await decide(shop, changed, moderator);
    await report(review.id, one.token);
    expect(await inQueue(review.id)).toMatchObject({ openReports: 1 });
  });

  test('goes with whoever made it, and takes nobody else’s along', async () => {
    const { review } = await openReviewed(shop);
    const [settled, one, other] = await Promise.all([shop.signIn(), shop.signIn(), shop.signIn()]);
    const erase = ({ userId }: { readonly userId: string }) =>
      shop.deps.db.transaction((tx) => eraseReviewsOf(shop.deps, tx, userId as UserId));
    await report(review.id, settled.token);
    await decide(shop, await inQueue(review.id), moderator);
    for (const { token } of [one, other]) await report(review.id, token);
    await erase(settled);
    expect(await inQueue(review.id)).toMatchObject({ openReports: 2 });
    await erase(one);
    expect(await inQueue(review.id)).toMatchObject({ openReports: 1 });
    await erase(other);
    expect(await inQueue(review.id)).toBeUndefined();
  });

  test('of what is not shown is of nothing', async () => {
    const buyer = await openBuyer(shop, product);
    const { body: written } = await write(shop, product, buyer);
    const { token } = await shop.signIn();
    expectProblem(await report(written.id, token), 'review_not_found');
    expectProblem(await report(NOBODYS, token), 'review_not_found');
  });

  test('and a review come out of a budget', async () => {
    const limited = await openOrigin({ LIMIT_CONTRIBUTIONS_PER_HOUR: 2 });
    try {
      const { review } = await openReviewed(limited);
      const { token } = await limited.signIn();
      const body = { reviewId: review.id, complaint: 'spam' };
      const ask = () => limited.call('/api/v1/review-reports', { method: 'POST', token, body });
      expect([(await ask()).status, (await ask()).status]).toEqual([204, 204]);
      expectProblem(await ask(), 'rate_limited');
    } finally {
      await limited.close();
    }
  });
});

describe('an answer', () => {
  test('of the seller is shown with the review, and goes when they or a moderator take it away', async () => {
    const { review, product: own } = await openReviewed(shop);
    const other = await shop.signIn('seller');
    expectProblem(await reply(review.id, other.token), 'review_not_found');
    expect((await reply(review.id, own.sellerToken, 'First.')).status).toBe(200);
    await reply(review.id, own.sellerToken, 'Second.');
    const replyOf = async () => (await publishedOf(shop, own.productId)).items[0].reply;
    expect(await replyOf()).toEqual({ text: 'Second.', at: expect.any(String) });
    const remove = (token: string) =>
      shop.call(`/api/v1/reviews/${review.id}/reply`, { method: 'DELETE', token });
    expectProblem(await remove(other.token), 'review_not_found');
    expect([(await remove(moderator)).status, (await remove(own.sellerToken)).status]).toEqual([204, 204]);
    expect(await replyOf()).toBeNull();
  });

  test('is given to what is shown only', async () => {
    const own = await createProduct(shop, { stock: 5 });
    const buyer = await openBuyer(shop, own);
    const { body: written } = await write(shop, own, buyer);
    expectProblem(await reply(written.id, own.sellerToken), 'review_not_open');
  });
});

test('what staff do with a review is on record, and nothing of what it says', async () => {
  const { review, product: own, buyer } = await openReviewed(shop);
  await reply(review.id, own.sellerToken, 'An answer.');
  const { body: changed } = await change(review.id, buyer.token, { rating: 1 });
  await decide(shop, changed, moderator, 'spam');
  const rows = await shop.deps.db
    .select()
    .from(auditLog)
    .where(eq(auditLog.objectId, review.id))
    .orderBy(auditLog.seq);
  expect(rows.map(({ action }) => action)).toEqual(['review.approved', 'review.replied', 'review.rejected']);
  expect(rows.at(-1)?.changes).toMatchObject({ from: 'pending', to: 'rejected', reason: 'spam' });
  expect(JSON.stringify(rows)).not.toContain(SAID.title);
});
