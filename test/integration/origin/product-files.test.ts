/** Products as files: one's own, whole, within bounds, and read back by the import. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { categories } from '#db/schema/catalog.ts';
import type { CategoryId } from '#lib/ids.ts';
import { importTexts } from '#test/support/fixtures/product-files.ts';
import { asEdge, type Call, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';

const PATH = '/api/v1/exports/products';

let shop: OriginUnderTest;
let seller: { readonly userId: string; readonly token: string };
let other: typeof seller;
let admin: typeof seller;
beforeAll(async () => {
  shop = await openOrigin({ LIMIT_EXPORTS_PER_HOUR: 40 });
  [seller, other, admin] = await Promise.all([
    shop.signIn('seller'),
    shop.signIn('seller'),
    shop.signIn('admin'),
  ]);
  const id = shop.deps.ids.next<CategoryId>();
  await shop.deps.db.insert(categories).values({ id, slug: 'cups', name: 'Cups/Mugs' });
  await shop.call('/api/v1/products', {
    method: 'POST',
    token: admin.token,
    body: { name: 'House Mug', category: 'cups', variants: [{ price: 100, stock: 1 }] },
  });
  for (const name of ['=First Mug', ' Second Mug ', 'Third Mug']) await create(seller.token, name);
  await create(other.token, 'Their Mug');
});
afterAll(async () => {
  await shop.close();
});

async function create(token: string, name: string): Promise<void> {
  const body = {
    name,
    category: 'cups',
    tags: ['a, b', '\\'],
    optionNames: ['Size'],
    descriptionHtml: '<p>See <a href="https://a.example">there</a></p>',
    variants: [
      { price: 1000, compareAtPrice: 1200, stock: 3, optionValues: ['=L'], sku: `'${name}` },
      { price: 900, stock: 0, optionValues: ['Default Title'] },
    ],
  };
  const { status } = await shop.call('/api/v1/products', { method: 'POST', token, body });
  expect(status).toBe(201);
}

const file = async (call: Call, query = '') => {
  const answer = await shop.call(`${PATH}${query}`, call);
  expect(answer.status).toBe(200);
  return answer;
};
const titles = (csv: string) =>
  [...csv.matchAll(/^[a-z0-9-]+,(?<title>'?[^,]+),/gm)].map(({ groups }) => groups?.['title']);

test('a seller takes their own products, and an admin everybody’s or one seller’s', async () => {
  const own = await file({ token: seller.token });
  expect(own.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(own.headers.get('content-disposition')).toBe('attachment; filename="products.csv"');
  expect(own.headers.get('cache-control')).toBe('private, no-store');
  expect(own.headers.get('link')).toBeNull();
  expect(titles(own.body)).toEqual(["'=First Mug", "' Second Mug ", 'Third Mug']);
  expect((await file({ token: seller.token }, `?seller=${seller.userId}`)).body).toBe(own.body);
  expect((await file({ token: admin.token }, `?seller=${seller.userId}`)).body).toBe(own.body);
  const all = await file({ token: admin.token });
  expect(titles(all.body)).toEqual(['House Mug', ...titles(own.body), 'Their Mug']);
});

test('nobody else takes them', async () => {
  expectProblem(await shop.call(PATH), 'unauthenticated');
  expectProblem(await shop.call(PATH, await shop.signIn()), 'forbidden');
  expectProblem(await shop.call(`${PATH}?seller=${seller.userId}`, { token: other.token }), 'forbidden');
  expect(titles((await file({ token: other.token })).body)).toEqual(['Their Mug']);
});

test('the file changes nothing in the shop that it is imported into again', async () => {
  const { body } = await file({ token: admin.token });
  const { summary, refusals } = await importTexts(shop.databaseUrl, [body]);
  expect(refusals).toEqual([]);
  expect(summary.products).toEqual({ created: 0, changed: 0, unchanged: 5 });
});

test('a file has an end, and says where the next one begins', async () => {
  const whole: string = (await file({ token: admin.token })).body;
  let path: string | undefined = `${PATH}?limit=2`;
  let [joined, files] = ['', 0];
  while (path !== undefined && files < 10) {
    const { body, headers } = await shop.call(path, { token: admin.token });
    joined += files === 0 ? body : body.slice(body.indexOf('\n') + 1);
    files += 1;
    path = /^<(?<next>[^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.groups?.['next'];
  }
  expect(files).toBe(3);
  expect(joined).toBe(whole);
  for (const query of ['?limit=0', '?limit=5001', '?cursor=x', '?seller=x', '?all=1']) {
    expectProblem(await shop.call(`${PATH}${query}`, { token: admin.token }), 'invalid_input');
  }
});

test('a reader who leaves ends the reading', async () => {
  const call = {
    method: 'GET',
    url: `http://localhost${PATH}`,
    headers: { authorization: `Bearer ${admin.token}` },
  };
  const response = await shop.fetch(new Request(call.url, { headers: asEdge({ ...call, body: null }) }));
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  expect((await file({ token: admin.token })).status).toBe(200);
});

test('exports have a budget of their own', async () => {
  const { token } = await shop.signIn('seller');
  for (let taken = 0; taken < 40; taken += 1) await file({ token });
  const refused = await shop.call(PATH, { token });
  expectProblem(refused, 'rate_limited');
  expect(refused.headers.get('ratelimit-policy')).toBe('"export";q=40;w=3600');
});
