/** Drafts and scheduled products: seen by those whose they are, and on sale from their time on. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import { products } from '#db/schema/catalog.ts';
import { outbox } from '#db/schema/messaging.ts';
import { after, type Clock, MINUTE_MS } from '#lib/clock.ts';
import { publishDue } from '#origin/catalog/service.ts';
import { reindexProduct } from '#origin/search/service.ts';
import { type Answer, type Call, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { CATEGORY, createProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let seller: string;
beforeAll(async () => {
  shop = await openOrigin();
  seller = (await createProduct(shop)).sellerToken;
});
afterAll(async () => {
  await shop.close();
});

const tagOf = (answer: Answer) => answer.headers.get('etag') ?? '';
const inMinutes = (minutes: number) => after(new Date(), minutes * MINUTE_MS).toISOString();
const create = (publishAt: string | null, more: object = {}) =>
  shop.call('/api/v1/products', {
    method: 'POST',
    token: seller,
    body: {
      name: 'Winter Tent',
      category: CATEGORY,
      variants: [{ price: 9900, stock: 3 }],
      publishAt,
      ...more,
    },
  });
const change = (id: string, etag: string, body: object) =>
  shop.call(`/api/v1/products/${id}`, {
    method: 'PATCH',
    token: seller,
    body,
    headers: { 'if-match': etag },
  });
const own = (id: string, token = seller) => shop.call(`/api/v1/merchant/products/${id}`, { token });
const isListed = async (id: string) => {
  const { body } = await shop.call('/api/v1/products?sort=newest&limit=100');
  return body.items.some((item: { id: string }) => item.id === id);
};
const eventsOf = async (id: string) => {
  const rows = await shop.deps.db.select().from(outbox).where(sql`${outbox.data}->>'productId' = ${id}`);
  return rows.toSorted((one, next) => one.seq - next.seq).map(({ name }) => name);
};
const later = (minutes: number): Clock => ({ now: () => after(new Date(), minutes * MINUTE_MS) });

async function expectHidden({ id, slug }: { id: string; slug: string }, call: Call = {}): Promise<void> {
  for (const name of [id, slug])
    expectProblem(await shop.call(`/api/v1/products/${name}`, call), 'product_not_found');
  expect(await isListed(id)).toBeFalse();
}

describe('a draft', () => {
  test('is seen by its seller and admins, and by nobody else', async () => {
    const made = await create(null);
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    const { id } = made.body;
    for (const token of [undefined, (await shop.signIn()).token, seller]) {
      await expectHidden(made.body, token === undefined ? {} : { token });
    }
    const { token: admin } = await shop.signIn('admin');
    for (const token of [seller, admin]) {
      const seen = await own(id, token);
      expect(seen.body).toEqual({ ...made.body, status: 'draft', publishAt: null });
      expect(tagOf(seen)).toBe(tagOf(made));
    }
    expectProblem(await own(id, (await shop.signIn('seller')).token), 'product_not_found');
    expectProblem(await own(id, (await shop.signIn()).token), 'forbidden');
    await reindexProduct(shop.deps, id);
    expect((await shop.call('/api/v1/search?q=winter+tent')).body.items).toEqual([]);
    expect(await eventsOf(id)).toEqual([]);
  });

  test('is changed as any product, and comes on sale at once as a new one', async () => {
    const { body, headers } = await create(null);
    const changed = await change(body.id, headers.get('etag') ?? '', { name: 'Summer Tent' });
    expect(changed.body).toMatchObject({ name: 'Summer Tent', version: 2 });
    await expectHidden(body);
    const shown = await change(body.id, tagOf(changed), { publishAt: '2020-01-01T00:00:00Z' });
    expect(shown.status).toBe(200);
    expect((await shop.call(`/api/v1/products/${body.slug}`)).body).toEqual(shown.body);
    expect(await isListed(body.id)).toBeTrue();
    expect(await eventsOf(body.id)).toEqual(['product.changed']);
    const [row] = await shop.deps.db.select().from(products).where(eq(products.id, body.id));
    expect(row).toMatchObject({ status: 'published', publishAt: null, withdrawnAt: null });
    expect(row?.createdAt).toEqual(row?.updatedAt ?? new Date());
    const hidden = await change(body.id, tagOf(shown), { publishAt: null });
    expect(hidden.status).toBe(200);
    await expectHidden(body);
    expect(await eventsOf(body.id)).toEqual(['product.changed', 'product.withdrawn']);
  });

  test('can be withdrawn without ever having been on sale', async () => {
    const { body, headers } = await create(null);
    const gone = await shop.call(`/api/v1/products/${body.id}`, {
      ...{ method: 'DELETE', token: seller, headers: { 'if-match': headers.get('etag') ?? '' } },
    });
    expect(gone.status).toBe(204);
    expectProblem(await own(body.id), 'product_not_found');
    expect(await eventsOf(body.id)).toEqual([]);
  });
});

describe('a scheduled product', () => {
  test('comes on sale at its time, once, whoever looks at the same time', async () => {
    const { body } = await create(inMinutes(10));
    await expectHidden(body);
    expect((await own(body.id)).body.status).toBe('scheduled');
    await publishDue(shop.deps);
    await publishDue({ ...shop.deps, clock: later(9) });
    await expectHidden(body);
    const due = { ...shop.deps, clock: later(11) };
    await Promise.all(Array.from({ length: 4 }, () => publishDue(due)));
    // That there was nothing under its names had been kept.
    for (const name of [body.id, body.slug])
      expect((await shop.call(`/api/v1/products/${name}`)).status).toBe(200);
    expect(await isListed(body.id)).toBeTrue();
    expect(await eventsOf(body.id)).toEqual(['product.changed']);
    expect((await own(body.id)).body).toMatchObject({ status: 'published', publishAt: null, version: 2 });
  });

  test('can be given another time, or become a draft, before', async () => {
    const { body, headers } = await create(inMinutes(10));
    const moved = await change(body.id, headers.get('etag') ?? '', { publishAt: inMinutes(30) });
    await publishDue({ ...shop.deps, clock: later(20) });
    await expectHidden(body);
    await change(body.id, tagOf(moved), { publishAt: null });
    await publishDue({ ...shop.deps, clock: later(60) });
    await expectHidden(body);
    expect((await own(body.id)).body).toMatchObject({ status: 'draft', publishAt: null });
  });

  test('more of them than one transaction takes come on sale together', async () => {
    const at = inMinutes(5);
    const made = await Promise.all(
      Array.from({ length: 60 }, (_, index) => create(at, { name: `Many ${index}` })),
    );
    await publishDue({ ...shop.deps, clock: later(6) });
    const rows = await shop.deps.db.$count(products, eq(products.status, 'scheduled'));
    expect([made.length, rows]).toEqual([60, 0]);
  });
});

test('one’s own list has every state, and pages', async () => {
  const { token } = await shop.signIn('seller');
  const make = (publishAt?: string | null) =>
    shop.call('/api/v1/products', {
      method: 'POST',
      token,
      body: {
        ...{ name: 'Listed', category: CATEGORY, variants: [{ price: 1 }] },
        ...(publishAt === undefined ? {} : { publishAt }),
      },
    });
  const [draft, scheduled, published] = [await make(null), await make(inMinutes(5)), await make()];
  const list = async (query = '', as = token) =>
    (await shop.call(`/api/v1/merchant/products${query}`, { token: as })).body;
  const all = await list();
  expect(all.items.map(({ id, status }: never) => [id, status])).toEqual([
    [published.body.id, 'published'],
    [scheduled.body.id, 'scheduled'],
    [draft.body.id, 'draft'],
  ]);
  const first = await list('?limit=2');
  const second = await list(`?limit=2&cursor=${first.nextCursor}`);
  expect([...first.items, ...second.items]).toEqual(all.items);
  expect(second.nextCursor).toBeNull();
  expect((await list('?status=draft')).items).toHaveLength(1);
  expect((await list('', (await shop.signIn('seller')).token)).items).toEqual([]);
  expect((await list('?limit=3', (await shop.signIn('admin')).token)).items).toHaveLength(3);
  expectProblem(await shop.call('/api/v1/merchant/products?status=gone', { token }), 'invalid_input');
});

test('what a row says of its publication is one state, as a check of the database says', async () => {
  const { body } = await create(null);
  const set = (values: object) => shop.deps.db.update(products).set(values).where(eq(products.id, body.id));
  for (const wrong of [
    { status: 'published' },
    { withdrawnAt: null },
    { status: 'scheduled' },
    { publishAt: new Date() },
  ]) {
    expect(
      await set(wrong).then(
        () => 'taken',
        () => 'refused',
      ),
      JSON.stringify(wrong),
    ).toBe('refused');
  }
});
