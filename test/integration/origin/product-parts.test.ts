/** Pictures and related products of a product: each replaced as a whole, in the order given. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mediaFiles } from '#db/schema/catalog.ts';
import { type Answer, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';
import { CATEGORY, createProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let seller: string;
beforeAll(async () => {
  shop = await openOrigin();
  seller = (await createProduct(shop)).sellerToken;
  await shop.deps.db
    .insert(mediaFiles)
    .values({ name: 'mug.svg', contentType: 'image/svg+xml', body: new TextEncoder().encode('<svg/>') });
});
afterAll(async () => {
  await shop.close();
});

const make = () =>
  shop.call('/api/v1/products', {
    method: 'POST',
    token: seller,
    body: {
      ...{ name: 'Tin Mug', category: CATEGORY, optionNames: ['Colour'] },
      variants: ['Red', 'Blue'].map((colour) => ({ price: 900, optionValues: [colour] })),
    },
  });
const change = (before: Answer, id: string, body: object, token = seller) =>
  shop.call(`/api/v1/products/${id}`, {
    ...{ method: 'PATCH', token, body, headers: { 'if-match': before.headers.get('etag') ?? '' } },
  });
const related = async (id: string) => {
  const { body } = await shop.call(`/api/v1/products/${id}/related`);
  return body.items.map((item: { id: string }) => item.id);
};

test('pictures come, go, and change places and texts together', async () => {
  const made = await make();
  const { id, variants } = made.body;
  const images = [
    { url: 'https://pictures.example/1.jpg', alt: 'From the front', variantId: variants[1].id },
    { url: '/media/mug.svg' },
  ];
  const first = await change(made, id, { images });
  expect(first.status, JSON.stringify(first.body)).toBe(200);
  expect(first.body).toMatchObject({
    image: { url: 'https://pictures.example/1.jpg' },
    images: [
      { url: 'https://pictures.example/1.jpg', alt: 'From the front' },
      { url: '/media/mug.svg', alt: '' },
    ],
  });
  const second = await change(first, id, { images: [{ url: '/media/mug.svg', alt: 'A mug' }] });
  expect(second.body.images).toEqual([{ url: '/media/mug.svg', alt: 'A mug' }]);
  const none = await change(second, id, { images: [] });
  expect(none.body).toMatchObject({ images: [], image: null });
});

test('a picture that is no address, not the shop’s, twice there or of nobody’s variant changes nothing', async () => {
  const made = await make();
  const { id, variants } = made.body;
  const url = 'https://pictures.example/1.jpg';
  const other = 'https://pictures.example/2.jpg';
  const variantId = variants[0].id;
  const wrong: readonly (readonly [object[], string])[] = [
    [[{ url: 'javascript:alert(1)' }], '/images/0/url'],
    [[{ url: 'file:///etc/passwd' }], '/images/0/url'],
    [[{ url: '/media/../x' }], '/images/0/url'],
    [[{ url: '/media/none.svg' }], '/images/0/url'],
    [[{ url }, { url }], '/images/1/url'],
    [[{ url, variantId: crypto.randomUUID() }], '/images/0/variantId'],
    [
      [
        { url, variantId },
        { url: other, variantId },
      ],
      '/images/1/variantId',
    ],
  ];
  for (const [images, path] of wrong) {
    const refused = await change(made, id, { name: 'Another', images });
    expectProblem(refused, 'invalid_input');
    expect(pathsOf(refused)).toEqual([path]);
  }
  expect((await shop.call(`/api/v1/products/${id}`)).body).toEqual(made.body);
});

test('related products are shown in their order, as long as they are on sale', async () => {
  const [made, one, other] = [await make(), await make(), await make()];
  const { id } = made.body;
  expect(await related(id)).toEqual([]);
  const set = await change(made, id, { related: [other.body.id, one.body.id] });
  expect(await related(id)).toEqual([other.body.id, one.body.id]);
  const hidden = await change(other, other.body.id, { publishAt: null });
  expect(hidden.status).toBe(200);
  expect(await related(id)).toEqual([one.body.id]);
  const wrong: readonly (readonly [string[], string])[] = [
    [[id], '/related/0'],
    [[one.body.id, crypto.randomUUID()], '/related/1'],
    [[one.body.id, one.body.id], '/related'],
  ];
  for (const [ids, path] of wrong) {
    const refused = await change(set, id, { related: ids });
    expectProblem(refused, 'invalid_input');
    expect(pathsOf(refused)).toEqual([path]);
  }
  const { token: stranger } = await shop.signIn('seller');
  expectProblem(await change(set, id, { related: [] }, stranger), 'product_not_found');
  expect((await change(set, id, { related: [] })).status).toBe(200);
  expect(await related(id)).toEqual([]);
});
