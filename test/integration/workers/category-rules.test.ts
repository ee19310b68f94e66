/** A category's rule is followed by the workers: whoever looks at the category sees what it takes in, and lets go. */

import { afterAll, beforeAll, test } from 'bun:test';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { createProduct } from '#test/support/shopping.ts';
import { type Loops, openLoops } from '#test/support/workers.ts';
import { applyCategoryRule, placeProduct } from '#workers/handlers/follow-category-rules.ts';
import { indexProduct } from '#workers/handlers/index-product.ts';

let shop: OriginUnderTest;
let loops: Loops;
beforeAll(async () => {
  shop = await openOrigin();
  loops = openLoops(shop);
  loops.relay();
  for (const consumer of [applyCategoryRule, placeProduct, indexProduct]) loops.consume(consumer);
});
afterAll(async () => {
  await loops.stop();
  await shop.close();
});

test('what was there, what comes, what changes and what goes, in lists and in search', async () => {
  const { token } = await shop.signIn('admin');
  const post = (path: string, body: object) => shop.call(`/api/v1${path}`, { method: 'POST', token, body });
  const { body: category } = await post('/categories', { name: 'Lamps', slug: 'lamps' });
  const shows = async (...products: readonly { readonly productId: string }[]) => {
    const idsAt = async (path: string) =>
      (await shop.call(path)).body.items.map(({ id }: { id: string }) => id).toSorted();
    const expected = products.map(({ productId }) => productId).toSorted();
    await eventually(`the category has ${expected.length} products`, async () =>
      Bun.deepEquals(
        [
          await idsAt('/api/v1/products?category=lamps'),
          await idsAt('/api/v1/search?q=brass&category=lamps'),
        ],
        [expected, expected],
      ),
    );
  };
  const first = await createProduct(shop, { name: 'Brass Lamp' });
  await createProduct(shop, { name: 'Brass Spoon' });
  await post(`/categories/${category.id}/rule`, {
    ...{ match: 'all', conditions: [{ field: 'title', value: 'lamp' }] },
  });
  await shows(first);
  const second = await createProduct(shop, { name: 'Small brass LAMP' });
  await shows(first, second);
  const path = `/api/v1/products/${first.productId}`;
  const change = async (method: 'PATCH' | 'DELETE', body?: object) => {
    const etag = (await shop.call(path)).headers.get('etag') ?? '';
    const { status } = await shop.call(path, {
      ...{ method, token: first.sellerToken, headers: { 'if-match': etag } },
      ...(body === undefined ? {} : { body }),
    });
    return status === 200 || status === 204;
  };
  await eventually('it is renamed', () => change('PATCH', { name: 'Brass Candle' }));
  await shows(second);
  await eventually('it is named again', () => change('PATCH', { name: 'Brass Lamp' }));
  await shows(first, second);
  await eventually('it is withdrawn', () => change('DELETE'));
  await shows(second);
  await shop.call(`/api/v1/categories/${category.id}/rule`, { method: 'DELETE', token });
  await shows();
});
