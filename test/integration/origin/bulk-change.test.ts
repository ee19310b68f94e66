/** Many products by one request: each for itself, and once however often the request comes. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { idempotencyKeys } from '#db/schema/messaging.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { CATEGORY, createProduct } from '#test/support/shopping.ts';

const PATH = '/api/v1/merchant/products/changes';

let shop: OriginUnderTest;
let seller: string;
beforeAll(async () => {
  shop = await openOrigin();
  seller = (await createProduct(shop)).sellerToken;
});
afterAll(async () => {
  await shop.close();
});

const make = async (): Promise<string> => {
  const body = { name: 'Rope', category: CATEGORY, variants: [{ price: 100 }] };
  return (await shop.call('/api/v1/products', { method: 'POST', token: seller, body })).body.id;
};
const send = (items: object[], key: string = crypto.randomUUID(), token = seller) =>
  shop.call(PATH, { method: 'POST', token, body: { items }, headers: { 'idempotency-key': key } });
const read = async (id: string) => (await shop.call(`/api/v1/products/${id}`)).body;

test('each product is changed or refused by itself', async () => {
  const [one, stale, other] = [await make(), await make(), await make()];
  const theirs = await createProduct(shop);
  const change = { vendor: 'Northfold', tags: ['rope'] };
  const { status, body } = await send([
    { id: one, version: 1, change },
    { id: stale, version: 7, change },
    { id: theirs.productId, version: 1, change },
    { id: other, version: 1, change: { category: 'nowhere' } },
    { id: other, version: 1, change: { publishAt: null } },
  ]);
  expect(status).toBe(200);
  expect(body.items).toEqual([
    { id: one, outcome: 'changed' },
    { id: stale, outcome: 'refused', code: 'version_conflict' },
    { id: theirs.productId, outcome: 'refused', code: 'product_not_found' },
    {
      ...{ id: other, outcome: 'refused', code: 'invalid_input' },
      errors: [{ path: '/category', message: 'is not the slug of a category' }],
    },
    { id: other, outcome: 'changed' },
  ]);
  expect(await read(one)).toMatchObject({ ...change, version: 2 });
  expect(await read(stale)).toMatchObject({ vendor: '', version: 1 });
  expectProblem(await shop.call(`/api/v1/products/${other}`), 'product_not_found');
});

test('a repetition changes nothing more, and a run that was cut off is finished', async () => {
  const [one, other] = [await make(), await make()];
  const items = [one, other].map((id) => ({ id, version: 1, change: { vendor: 'Again' } }));
  const key = crypto.randomUUID();
  const first = await send(items, key);
  expect((await send(items, key)).body).toEqual(first.body);
  // As if the process had died before it could say so.
  await shop.deps.db
    .update(idempotencyKeys)
    .set({ responseStatus: null, responseBody: null, lockedUntil: new Date(0) })
    .where(sql`${idempotencyKeys.key} = ${key}`);
  expect((await send(items, key)).body).toEqual(first.body);
  expect([(await read(one)).version, (await read(other)).version]).toEqual([2, 2]);
  expectProblem(await send(items.slice(1), key), 'idempotency_mismatch');
});

test('it is bounded, takes no price, and is for merchants', async () => {
  const id = await make();
  const item = { id, version: 1, change: { vendor: 'X' } };
  expectProblem(await send([]), 'invalid_input');
  expectProblem(await send(Array.from({ length: 101 }, () => item)), 'invalid_input');
  expectProblem(await send([{ ...item, change: { variants: [] } }]), 'invalid_input');
  expectProblem(await send([{ id, change: {} }]), 'invalid_input');
  const keyless = { method: 'POST', token: seller, body: { items: [item] } } as const;
  expectProblem(await shop.call(PATH, keyless), 'idempotency_key_missing');
  expectProblem(await send([item], crypto.randomUUID(), (await shop.signIn()).token), 'forbidden');
  expect((await read(id)).version).toBe(1);
});
