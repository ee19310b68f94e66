/**
 * Stars through the workers: whatever is done to reviews, in whatever order and however often it is told of, a product
 * has the stars of its published ones; and the edge shows a review as soon as it is approved, and no longer than it is.
 */

import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { products } from '#db/schema/catalog.ts';
import { productRatings, reviews } from '#db/schema/reviews.ts';
import { EVENTS, type ShopEvent } from '#lib/events.ts';
import type { EventId, ProductId } from '#lib/ids.ts';
import { audit } from '#ops/audit/audit.ts';
import { wrongIn } from '#test/support/audited.ts';
import { openEdgeBefore } from '#test/support/before-edge.ts';
import { PURGE_SECRET } from '#test/support/edge.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { type Buyer, decide, openBuyer, write } from '#test/support/reviewing.ts';
import { createProduct, type TestProduct } from '#test/support/shopping.ts';
import { type Loops, openLoops, openStream, type StreamView } from '#test/support/workers.ts';
import { purgeEdge, purgeReviews } from '#workers/handlers/purge-edge.ts';
import { rateProduct } from '#workers/handlers/rate-product.ts';

const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);
const RUNS = 12;
const BUYERS = 3;

let shop: OriginUnderTest;
let stream: StreamView;
let loops: Loops;
let moderator: string;
beforeAll(async () => {
  shop = await openOrigin();
  stream = await openStream(shop);
  loops = openLoops(shop);
  ({ token: moderator } = await shop.signIn('admin'));
});
afterEach(() => loops.stop());
afterAll(async () => {
  await stream.close();
  await shop.close();
});

const relayed = () =>
  eventually('everything is published and handled', async () => {
    const waiting = await shop.deps.db.execute('select 1 from outbox where published_at is null limit 1');
    return waiting.length === 0;
  });

async function starsOf({ productId }: TestProduct): Promise<readonly number[]> {
  const [row] = await shop.deps.db
    .select()
    .from(productRatings)
    .where(eq(productRatings.productId, productId as ProductId));
  return row?.counts ?? [0, 0, 0, 0, 0];
}

type Status = 'none' | (typeof reviews.$inferSelect)['status'];

/** What the test believes of one review. */
interface Believed {
  readonly status: Status;
  readonly rating: number;
}

/** A step that somebody may try at any time; the model says what comes of it. */
interface Step {
  readonly who: number;
  readonly what: 'write' | 'change' | 'withdraw' | 'approve' | 'reject';
  readonly rating: number;
}

const steps = fc.array(
  fc.record<Step>({
    who: fc.nat(BUYERS - 1),
    what: fc.constantFrom('write', 'change', 'withdraw', 'approve', 'reject'),
    rating: fc.integer({ min: 1, max: 5 }),
  }),
  { minLength: 1, maxLength: 14 },
);

/** Whatever else is drawn, some product has stars. */
const WRITTEN_AND_APPROVED: readonly Step[] = [
  { who: 0, what: 'write', rating: 4 },
  { who: 0, what: 'approve', rating: 4 },
];

function believe(before: Believed, { what, rating }: Step): Believed {
  const isThere = before.status !== 'none' && before.status !== 'withdrawn';
  switch (what) {
    case 'write':
      return isThere ? before : { status: 'pending', rating };
    case 'change':
      return isThere ? { status: 'pending', rating } : before;
    case 'withdraw':
      return isThere ? { ...before, status: 'withdrawn' } : before;
    case 'approve':
      return isThere ? { ...before, status: 'published' } : before;
    case 'reject':
      return isThere && before.status !== 'rejected' ? { ...before, status: 'rejected' } : before;
  }
}

async function attempt(product: TestProduct, buyer: Buyer, { what, rating }: Step): Promise<number> {
  const [row] = await shop.deps.db
    .select()
    .from(reviews)
    .where(eq(reviews.authorId, buyer.userId as never));
  const review = row ?? { id: '01890a5d-ac96-774b-bcce-b302099a8057', version: 1 };
  const own = `/api/v1/me/reviews/${review.id}`;
  const { token } = buyer;
  switch (what) {
    case 'write':
      return (await write(shop, product, buyer, { rating })).status;
    case 'change':
      return (await shop.call(own, { method: 'PATCH', token, body: { rating } })).status;
    case 'withdraw':
      return (await shop.call(own, { method: 'DELETE', token })).status;
    case 'approve':
      return (await decide(shop, review, moderator)).status;
    case 'reject':
      return (await decide(shop, review, moderator, 'spam')).status;
  }
}

test('any steps of several buyers and a moderator leave the stars that a model says', async () => {
  loops.relay();
  // Two processes' worth: counts of one product meet each other.
  loops.consume(rateProduct);
  loops.consume(rateProduct);
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const product = await createProduct(shop, { stock: 10 });
      const buyers = await Promise.all(Array.from({ length: BUYERS }, () => openBuyer(shop, product)));
      // Those of one buyer in their order; of different ones at the same time.
      const believed = await Promise.all(
        buyers.map(async (buyer, who) => {
          let belief: Believed = { status: 'none', rating: 0 };
          for (const step of taken.filter((each) => each.who === who)) {
            const status = await attempt(product, buyer, step);
            const after = believe(belief, step);
            const isRefused =
              after === belief && !(step.what === 'withdraw' && belief.status === 'withdrawn');
            expect([step.what, belief.status, status >= 400]).toEqual([step.what, belief.status, isRefused]);
            belief = after;
          }
          return belief;
        }),
      );
      const expected = [1, 2, 3, 4, 5].map(
        (stars) => believed.filter(({ status, rating }) => status === 'published' && rating === stars).length,
      );
      await relayed();
      await stream.settled('ratings');
      expect(await starsOf(product)).toEqual(expected);
    }),
    { numRuns: RUNS, examples: [[[...WRITTEN_AND_APPROVED]]] },
  );
  const { databaseUrl } = shop;
  const report = await audit({ databaseUrl, stripe: null, mailUrl: null, natsUrl: null }, { inFlightMs: 0 });
  expect(Object.keys(wrongIn(report))).not.toContain('stars-of-reviews');
  expect(report.checks.find(({ name }) => name === 'stars-of-reviews')?.checked).toBeGreaterThan(0);
});

test('an event that comes again, and late, changes no star and no version', async () => {
  const product = await createProduct(shop, { stock: 10 });
  const { body } = await write(shop, product, await openBuyer(shop, product), { rating: 4 });
  await decide(shop, body, moderator);
  const event: ShopEvent = {
    id: shop.deps.ids.next<EventId>(),
    name: 'review.approved',
    version: EVENTS['review.approved'].version,
    occurredAt: '',
    traceparent: null,
    data: { reviewId: body.id, productId: product.productId },
  };
  await Promise.all(Array.from({ length: 5 }, () => rateProduct.handle(shop.deps, event)));
  const versionOf = async () => {
    const [row] = await shop.deps.db
      .select()
      .from(products)
      .where(eq(products.id, product.productId as ProductId));
    return row?.version;
  };
  const version = await versionOf();
  await rateProduct.handle(shop.deps, event);
  expect([await starsOf(product), await versionOf()]).toEqual([[0, 0, 0, 1, 0], version]);
});

test('the edge shows a review when it is approved and hides it when it is rejected, with the stars', async () => {
  const edge = await openEdgeBefore(shop);
  const target = { url: `${edge.url}/__edge/purge`, secret: PURGE_SECRET };
  try {
    loops.relay();
    for (const consumer of [rateProduct, purgeEdge(target), purgeReviews(target)]) loops.consume(consumer);
    const product = await createProduct(shop, { stock: 10 });
    const read = async () => (await edge.call(`/api/v1/products/${product.productId}/reviews`)).body;
    const stars = async () => (await edge.call(`/api/v1/products/${product.productId}`)).body.rating;
    expect([(await read()).items, await stars()]).toEqual([[], null]);
    await eventually('the edge keeps it', async () => {
      const { headers } = await edge.call(`/api/v1/products/${product.productId}/reviews`);
      return headers.get('cache-status')?.includes('hit');
    });
    const { body } = await write(shop, product, await openBuyer(shop, product), { rating: 4 });
    const { body: approved } = await decide(shop, body, moderator);
    await eventually('it is shown', async () => (await read()).items.length === 1);
    await eventually(
      'its stars are shown',
      async () => (await stars())?.count === 1 && (await read()).rating?.average === 4,
    );
    const answer = { method: 'POST', token: product.sellerToken, body: { text: 'Thank you.' } } as const;
    await shop.call(`/api/v1/reviews/${body.id}/reply`, answer);
    await eventually(
      'the answer is shown',
      async () => (await read()).items[0]?.reply?.text === 'Thank you.',
    );
    await decide(shop, approved, moderator, 'offensive');
    await eventually('it is hidden', async () => (await read()).items.length === 0);
    await eventually(
      'its stars are gone',
      async () => (await stars()) === null && (await read()).rating === null,
    );
  } finally {
    await edge.close();
  }
});
