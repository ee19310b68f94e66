/** What shoppers are shown is what their cart costs, at any instant, in every currency of the shop, and at no tier for longer. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { products } from '#db/schema/catalog.ts';
import { outbox } from '#db/schema/messaging.ts';
import { listedPrices, prices } from '#db/schema/pricing.ts';
import { after, type Clock, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { ProductId, VariantId } from '#lib/ids.ts';
import { currency, minor } from '#lib/money.ts';
import { followChanges, mendPrices, repriceDue } from '#origin/catalog/service.ts';
import { reindexProduct } from '#origin/search/service.ts';
import { forgetful } from '#test/support/cache.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Answer, type OriginUnderTest, openOrigin, type Reachable } from '#test/support/origin.ts';
import { boundariesOf, type MadeUpPrice, madeUpLists, shownAt } from '#test/support/price-rules-by-hand.ts';
import { costsInCart, type Merchant, openMerchant } from '#test/support/pricing.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { CATEGORY, createProduct, type TestProduct } from '#test/support/shopping.ts';

setDefaultTimeout(MINUTE_MS);

let shop: OriginUnderTest;
let merchant: Merchant;
let seller: string;
beforeAll(async () => {
  shop = await openOrigin();
  followChanges(shop.deps);
  merchant = await openMerchant(shop);
  ({ sellerToken: seller } = await createProduct(shop));
  await merchant.make('currencies', { code: 'EUR', taxInclusive: true });
});
afterAll(async () => {
  await shop.close();
});

const usd = (amount: number) => ({ amount, currency: 'USD' });
const eur = (amount: number) => ({ amount, currency: 'EUR' });
const NOON = Date.parse('2027-03-01T12:00:00.000Z');
const inMs = (ms: number) => after(new Date(), ms).toISOString();

/** The shop at another time, which remembers nothing of its answers. */
function at(instant: number): Reachable {
  const clock: Clock = { now: () => new Date(instant) };
  return shop.beside({ clock, ...forgetful(clock) });
}

const read = (where: Reachable, path: string) => where.call(`/api/v1/${path}`);

async function productOf(variants: readonly object[]) {
  const body = { name: 'Priced Lamp', category: CATEGORY, optionNames: ['Colour'], variants };
  const made = await shop.call('/api/v1/products', { method: 'POST', token: seller, body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const ids: VariantId[] = made.body.variants.map(({ id }: { id: VariantId }) => id);
  return { id: made.body.id as ProductId, slug: String(made.body.slug), variantIds: ids };
}

/** Past the verbs, as a load in bulk does. */
async function write(ids: readonly VariantId[], made: readonly MadeUpPrice[], from = NOON): Promise<void> {
  if (made.length === 0) return;
  await shop.deps.db.insert(prices).values(
    made.map((each) => ({
      id: shop.deps.ids.next<(typeof prices.$inferInsert)['id']>(),
      variantId: ids[each.variant] ?? ('' as VariantId),
      ...{ currency: currency(each.currency), kind: each.kind, minQuantity: each.minQuantity },
      priceMinor: minor(each.price),
      compareAtMinor: each.compareAt === null ? null : minor(each.compareAt),
      validFrom: new Date(from + each.from),
      validUntil: each.until === null ? null : new Date(from + each.until),
    })),
  );
}

interface Instant {
  readonly then: Reachable;
  readonly offset: number;
  readonly code: 'USD' | 'EUR';
}

type Lists = Parameters<typeof shownAt>[0];
type Made = Awaited<ReturnType<typeof productOf>>;

/** Holds the answer, the carts of guests and what the rules say by another reckoning against each other. */
async function expectShown(lists: Lists, { slug, variantIds }: Made, { then, offset, code }: Instant) {
  const answer = await read(then, `products/${slug}?currency=${code}`);
  const seen = new Map<string, { price: object; compareAtPrice: object | null }>(
    (answer.body.variants ?? []).map((each: { id: string }) => [each.id, each]),
  );
  const costs = await costsInCart(then, variantIds, code);
  const priced = (amount: number | null) => (amount === null ? null : { amount, currency: code });
  for (const [variant, variantId] of variantIds.entries()) {
    const expected = shownAt(lists, { variant, currency: code, at: offset });
    expect(costs.get(variantId)).toBe(expected?.price);
    const { price, compareAtPrice } = seen.get(variantId) ?? {};
    const { price: own, compareAt } = expected ?? {};
    expect([price, compareAtPrice]).toEqual(
      [own, compareAt].map((each) => (each !== undefined ? priced(each) : each)),
    );
  }
  if (costs.size === 0) expectProblem(answer, 'product_not_found');
  else expect(answer.body.price.amount).toBe(Math.min(...costs.values()));
  return answer;
}

test('at any instant and by any price lists a product and its card say what a guest pays for one', async () => {
  await fc.assert(
    fc.asyncProperty(madeUpLists, fc.nat(), async (lists, pick) => {
      const own = lists.variants.map(({ price, compareAt }, index) => ({
        ...{ price, stock: 5, optionValues: [`Colour ${index}`] },
        ...(compareAt === null ? {} : { compareAtPrice: compareAt }),
      }));
      const made = await productOf(own);
      await write(made.variantIds, lists.prices);
      const instants = boundariesOf(lists.prices);
      for (const step of [0, 1]) {
        const offset = instants[(pick + step) % instants.length] ?? 0;
        const then = at(NOON + offset);
        await expectShown(lists, made, { then, offset, code: 'EUR' });
        const { body: product } = await expectShown(lists, made, { then, offset, code: 'USD' });
        const { body: list } = await read(then, 'products?limit=5');
        const card = list.items.find(({ id }: { id: string }) => id === made.id);
        const { price, compareAtPrice } = product;
        expect(card).toMatchObject({ price, compareAtPrice });
      }
    }),
    { numRuns: 8 },
  );
});

const untilNext = (ms: number) => ({ validUntil: inMs(ms) });
const pathOf = ({ productId, variantId }: TestProduct) =>
  `/api/v1/products/${productId}/variants/${variantId}/prices`;

async function set(product: TestProduct, body: object): Promise<Answer['body']> {
  const made = await shop.call(pathOf(product), { method: 'POST', token: product.sellerToken, body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
}

const seconds = (answer: Answer, name: string) =>
  Number(new RegExp(`${name}=(\\d+)`).exec(answer.headers.get('cache-control') ?? '')?.[1]);

describe('an answer', () => {
  test('ends with its prices, in memory, in Redis and in what it tells caches', async () => {
    const product = await createProduct(shop, { price: 2_000 });
    const [one, list] = [`products/${product.slug}`, 'products?limit=7'];
    await Promise.all([read(shop, one), read(shop, list)]);
    const { validUntil } = await set(product, {
      currency: 'USD',
      kind: 'sale',
      price: 1_500,
      ...untilNext(1_400),
    });
    const endsAt = Date.parse(validUntil);
    const seen = new Set<string>();
    await eventually('the sale is over everywhere', async () => {
      for (const path of [one, list]) {
        const asked = Date.now();
        const answer = await read(shop, path);
        const body =
          answer.body.items?.find((each: { id: string }) => each.id === product.productId) ?? answer.body;
        const isSale = body.price.amount === 1_500;
        if (isSale) {
          expect(asked).toBeLessThan(endsAt);
          expect(body.compareAtPrice).toEqual(usd(2_000));
          const lives = seconds(answer, 's-maxage') + seconds(answer, 'stale-while-revalidate');
          expect(asked + lives * SECOND_MS).toBeLessThanOrEqual(endsAt + (Date.now() - asked));
        } else {
          expect(body).toMatchObject({ price: usd(2_000), compareAtPrice: null });
        }
        seen.add(`${path === one} ${isSale}`);
      }
      return seen.size === 4 ? true : undefined;
    });
  });

  test('of a product without an end in sight lives as long as ever', async () => {
    const answer = await read(shop, `products/${(await createProduct(shop)).slug}`);
    expect([seconds(answer, 's-maxage'), seconds(answer, 'stale-while-revalidate')]).toEqual([60, 60]);
  });
});

describe('when a price begins or ends', () => {
  test('lists and search are put in order, and everybody is told', async () => {
    const name = 'Boundary Lantern';
    const product = await createProduct(shop, { price: 90_000_000, name });
    const between = await createProduct(shop, { price: 85_000_000, name });
    const id = product.productId as ProductId;
    const [validFrom, validUntil] = [inMs(10 * MINUTE_MS), inMs(20 * MINUTE_MS)];
    await set(product, { currency: 'USD', kind: 'sale', price: 80_000_000, validFrom, validUntil });
    await reindexProduct(shop.deps, between.productId as ProductId);
    const rowOf = async () => {
      const [row] = await shop.deps.db.select().from(products).where(eq(products.id, id));
      return { price: row?.priceMinor, version: row?.version ?? 0, next: row?.priceChangesAt?.toISOString() };
    };
    expect(await rowOf()).toMatchObject({ price: minor(90_000_000), next: validFrom });
    for (const [instant, price, next] of [
      [validFrom, 80_000_000, validUntil],
      [validUntil, 90_000_000, undefined],
    ] as const) {
      const then = at(Date.parse(instant));
      const version = (await rowOf()).version + 1;
      await repriceDue(then.deps);
      await repriceDue(then.deps);
      expect(await rowOf()).toEqual({ price: minor(price), version, next });
      const isOfIt = sql`${outbox.data}->>'productId' = ${id} and (${outbox.data}->>'version')::int = ${version}`;
      const told = await shop.deps.db.select().from(outbox).where(isOfIt);
      expect(told.map(({ name: event }) => event)).toEqual(['product.changed']);
      await reindexProduct(shop.deps, id);
      const order = price === 80_000_000 ? [between.productId, id] : [id, between.productId];
      for (const path of ['products?', 'search?q=boundary+lantern&facets=none&']) {
        const { body } = await read(then, `${path}sort=-price&minPrice=80000000&limit=2`);
        expect(body.items.map((each: { id: string }) => each.id)).toEqual(order);
        const card = body.items.find((each: { id: string }) => each.id === id);
        expect(card.price).toEqual(usd(price));
      }
    }
  });

  test('what was written past the verbs is found and mended', async () => {
    const { id, variantIds } = await productOf([{ price: 700, stock: 1, optionValues: ['Red'] }]);
    const written = { variant: 0, minQuantity: 1, compareAt: null, from: -MINUTE_MS, until: null } as const;
    await write(
      variantIds,
      [
        { ...written, currency: 'USD', kind: 'sale', price: 400 },
        { ...written, currency: 'EUR', kind: 'regular', price: 500, until: MINUTE_MS * 60 },
      ],
      Date.now(),
    );
    expect(await mendPrices(shop.deps)).toBeGreaterThan(0);
    const [row] = await shop.deps.db.select().from(products).where(eq(products.id, id));
    expect(row?.priceMinor).toBe(minor(400));
    const listed = await shop.deps.db.select().from(listedPrices).where(eq(listedPrices.productId, id));
    expect(listed).toEqual([{ productId: id, currency: currency('EUR'), priceMinor: minor(500) }]);
    expect(await mendPrices(shop.deps)).toBe(0);
  });
});

describe('in another currency', () => {
  test('everything shows what is sold in it, at its prices, and nothing else', async () => {
    const dear = await createProduct(shop, { price: 2_000, name: 'Continental Kettle' });
    const cheap = await createProduct(shop, { price: 3_000, name: 'Continental Kettle' });
    const domestic = await createProduct(shop, { price: 1_000, name: 'Continental Kettle' });
    await set(dear, { currency: 'EUR', kind: 'regular', price: 1_900 });
    await set(cheap, { currency: 'EUR', kind: 'regular', price: 1_800 });
    await set(cheap, { currency: 'EUR', kind: 'sale', price: 1_200 });
    for (const { productId } of [dear, cheap, domestic])
      await reindexProduct(shop.deps, productId as ProductId);
    const kettles = async (path: string) => {
      const { status, body } = await read(shop, path);
      expect(status, JSON.stringify(body)).toBe(200);
      const own = [dear, cheap, domestic].map(({ productId }) => productId);
      return body.items
        .filter((each: { id: string }) => own.includes(each.id))
        .map((each: { id: string; price: object }) => [each.id, each.price]);
    };
    const both = [
      [cheap.productId, eur(1_200)],
      [dear.productId, eur(1_900)],
    ];
    expect(await kettles('products?currency=EUR&sort=price&limit=100')).toEqual(both);
    expect(await kettles('products?currency=EUR&sort=-price&limit=100')).toEqual(both.toReversed());
    expect(await kettles('products?currency=EUR&maxPrice=1200')).toEqual(both.slice(0, 1));
    expect(await kettles('search?q=continental+kettle&currency=EUR&minPrice=1201')).toEqual(both.slice(1));
    expect((await kettles('trending?currency=EUR&limit=100')).toSorted()).toEqual(both.toSorted());
    const { body } = await read(shop, `products/${cheap.slug}?currency=EUR`);
    expect(body.variants[0]).toMatchObject({ price: eur(1_200), compareAtPrice: eur(1_800) });
    expectProblem(await read(shop, `products/${domestic.slug}?currency=EUR`), 'product_not_found');
    const { headers } = await read(shop, `products/${cheap.slug}?currency=EUR`);
    expect(headers.get('cache-tag')).toBe(`product-${cheap.productId},currency-EUR`);
  });

  test('what nothing is sold in is refused, and leaves nothing behind', async () => {
    const { slug } = await createProduct(shop);
    for (const path of [`products/${slug}`, 'products', 'search?q=lamp', 'trending']) {
      const mark = path.includes('?') ? '&' : '?';
      expectProblem(await read(shop, `${path}${mark}currency=XAG`), 'currency_not_sold');
      expectProblem(await read(shop, `${path}${mark}currency=eur`), 'invalid_input');
      const same = await read(shop, `${path}${mark}currency=USD`);
      expect(same.body).toEqual((await read(shop, path)).body);
    }
    expect(shop.deps.products.peek(`${slug}@XAG`, async () => null)).toBeUndefined();
  });

  test('one that has ended is refused at once, whatever is remembered, and comes back', async () => {
    await merchant.make('currencies', { code: 'CHF', taxInclusive: true });
    const product = await createProduct(shop);
    await set(product, { currency: 'CHF', kind: 'regular', price: 1_100 });
    const path = `products/${product.slug}?currency=CHF`;
    for (let reads = 0; reads < 3; reads += 1) expect((await read(shop, path)).status).toBe(200);
    await merchant.ask('DELETE', 'currencies/CHF');
    expectProblem(await read(shop, path), 'currency_not_sold');
    await merchant.ask('PATCH', 'currencies/CHF', { sold: true });
    expect((await read(shop, path)).body.price).toEqual({ amount: 1_100, currency: 'CHF' });
    const told = await shop.deps.db.select().from(outbox).where(eq(outbox.name, 'currency.changed'));
    expect(told.filter(({ data }) => JSON.stringify(data).includes('CHF'))).toHaveLength(3);
  });
});
