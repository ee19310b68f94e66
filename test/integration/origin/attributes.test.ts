/** Typed attributes: defined by admins, said by products, held against each other, and found by. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { type Answer, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';
import { CATEGORY, createProduct } from '#test/support/shopping.ts';

const PATH = '/api/v1/attributes';

let shop: OriginUnderTest;
let seller: string;
let admin: string;
beforeAll(async () => {
  shop = await openOrigin();
  seller = (await createProduct(shop)).sellerToken;
  admin = (await shop.signIn('admin')).token;
});
afterAll(async () => {
  await shop.close();
});

const unused = () => `a-${crypto.randomUUID().slice(0, 8)}`;
const define = (kind: string, more: object = {}) =>
  shop.call(PATH, { method: 'POST', token: admin, body: { key: unused(), name: 'Named', kind, ...more } });
const act = (method: 'PATCH' | 'DELETE', key: string, body?: object) =>
  shop.call(`${PATH}/${key}`, { ...{ method, token: admin }, ...(body === undefined ? {} : { body }) });
const make = () =>
  shop.call('/api/v1/products', {
    ...{ method: 'POST', token: seller },
    body: { name: 'Tin Mug', category: CATEGORY, variants: [{ price: 900 }] },
  });
const say = (before: Answer, attributes: object[], more: object = {}) =>
  shop.call(`/api/v1/products/${before.body.id}`, {
    ...{ method: 'PATCH', token: seller, headers: { 'if-match': before.headers.get('etag') ?? '' } },
    body: { attributes, ...more },
  });
const found = async (filter: string) => {
  const { body } = await shop.call(`/api/v1/products?attribute=${encodeURIComponent(filter)}`);
  return body.items.map((item: { id: string }) => item.id);
};

test('a product says of each kind what fits it, and is found by that', async () => {
  const kinds = ['text', 'number', 'boolean'];
  const [text, number, flag] = await Promise.all(kinds.map(async (kind) => (await define(kind)).body.key));
  const choice = (await define('choice', { choices: ['summer', 'winter'] })).body.key;
  const attributes = [
    { key: text, value: 'Oak: the old one' },
    { key: number, value: 2.5 },
    { key: flag, value: false },
    { key: choice, value: 'winter' },
  ];
  const made = await make();
  const said = await say(made, attributes);
  expect(said.status, JSON.stringify(said.body)).toBe(200);
  const read = (await shop.call(`/api/v1/products/${made.body.id}`)).body.attributes;
  expect(read).toEqual(attributes.toSorted((one, next) => (one.key < next.key ? -1 : 1)));
  for (const { key, value } of attributes) expect(await found(`${key}:${value}`)).toEqual([made.body.id]);
  expect(await found(`${choice}:summer`)).toEqual([]);
  const less = await say(said, [{ key: choice, value: 'summer' }]);
  expect(less.body.attributes).toEqual([{ key: choice, value: 'summer' }]);
  expect(await found(`${choice}:winter`)).toEqual([]);
  expect(await found(`${number}:2.5`)).toEqual([]);
});

test('what fits no attribute is refused, with all of the change', async () => {
  const number = (await define('number')).body.key;
  const choice = (await define('choice', { choices: ['one'] })).body.key;
  const made = await make();
  const wrong: readonly (readonly [object[], string])[] = [
    [[{ key: number, value: '2' }], '/attributes/0/value'],
    [[{ key: number, value: true }], '/attributes/0/value'],
    [[{ key: choice, value: 'two' }], '/attributes/0/value'],
    [[{ key: 'unknown', value: 'x' }], '/attributes/0/key'],
    [
      [
        { key: number, value: 1 },
        { key: number, value: 2 },
      ],
      '/attributes',
    ],
  ];
  for (const [attributes, path] of wrong) {
    const refused = await say(made, attributes, { name: 'Another' });
    expectProblem(refused, 'invalid_input');
    expect(pathsOf(refused)).toEqual([path]);
  }
  expect((await shop.call(`/api/v1/products/${made.body.id}`)).body).toEqual(made.body);
  for (const filter of ['nothing', ':x', 'Key:x', `${number}:`]) {
    const answer = await shop.call(`/api/v1/products?attribute=${encodeURIComponent(filter)}`);
    expectProblem(answer, 'invalid_input');
  }
});

test('an attribute of a category is for its products, and for those below', async () => {
  const category = async (slug: string, parent: string | null) => {
    const body = { name: slug, slug, parent };
    expect((await shop.call('/api/v1/categories', { method: 'POST', token: admin, body })).status).toBe(201);
    return slug;
  };
  const top = await category(unused(), null);
  const below = await category(unused(), top);
  const { key, categoryId } = (await define('text', { category: top })).body;
  const value = { key, value: 'x' };
  const made = await make();
  const refused = await say(made, [value]);
  expect(pathsOf(refused)).toEqual(['/attributes/0/key']);
  const moved = await say(made, [value], { category: below });
  expect(moved.status).toBe(200);
  const gone = await shop.call(`/api/v1/categories/${categoryId}`, { method: 'DELETE', token: admin });
  expectProblem(gone, 'category_not_empty');
});

test('what is in use stays; what is not can be changed and removed', async () => {
  const { key } = (await define('choice', { choices: ['one', 'two'] })).body;
  const made = await make();
  const said = await say(made, [{ key, value: 'one' }]);
  expectProblem(await act('PATCH', key, { choices: ['two'] }), 'attribute_in_use');
  expectProblem(await act('DELETE', key), 'attribute_in_use');
  const changed = await act('PATCH', key, { name: 'Renamed', choices: ['one', 'three'] });
  expect(changed.body).toMatchObject({ name: 'Renamed', choices: ['one', 'three'], kind: 'choice' });
  expect((await say(said, [])).status).toBe(200);
  expect((await act('DELETE', key)).status).toBe(204);
  expectProblem(await act('DELETE', key), 'attribute_not_found');
  expectProblem(await act('PATCH', key, { name: 'Late' }), 'attribute_not_found');
});

test('a definition is whole, and its key is its own', async () => {
  const { key } = (await define('text')).body;
  expectProblem(await define('text', { key }), 'attribute_taken');
  for (const more of [{ choices: ['x'] }, { category: 'nowhere' }, { key: 'With Capitals' }]) {
    expectProblem(await define('text', more), 'invalid_input');
  }
  expectProblem(await define('choice'), 'invalid_input');
  expectProblem(await define('colour'), 'invalid_input');
});

test('attributes are for admins to define, and for merchants to read', async () => {
  const { key } = (await define('text')).body;
  for (const role of ['seller', 'shopper'] as const) {
    const { token } = await shop.signIn(role);
    const body = { key: unused(), name: 'Mine', kind: 'text' };
    expectProblem(await shop.call(PATH, { method: 'POST', token, body }), 'forbidden');
    expectProblem(
      await shop.call(`${PATH}/${key}`, { method: 'PATCH', token, body: { name: 'x' } }),
      'forbidden',
    );
    expectProblem(await shop.call(`${PATH}/${key}`, { method: 'DELETE', token }), 'forbidden');
  }
  const { items } = (await shop.call(PATH, { token: seller })).body;
  expect(items.some((item: { key: string }) => item.key === key)).toBeTrue();
  expectProblem(await shop.call(PATH, await shop.signIn()), 'forbidden');
});

/** Last, for nothing can be added after it. */
test('so many attributes are defined, and no more', async () => {
  await shop.deps.db.execute(sql`
    insert into attributes (key, name, kind) select 'n-' || n, 'n', 'text' from generate_series(1, 500) n`);
  expectProblem(await define('text'), 'attributes_full');
});
