/** With the database gone: what needs it says so and asks to come back; nothing hangs and nothing leaks. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect } from '#db/client.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { createProduct } from '#test/support/shopping.ts';

const NOWHERE = 'postgres://nobody:nothing@127.0.0.1:1/none';
let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  await shop.close();
});

test('a write answers 503 with Retry-After, and a product that memory holds is still read', async () => {
  const { slug } = await createProduct(shop);
  expect((await shop.call(`/api/v1/products/${slug}`)).status).toBe(200);
  const lost = connect(NOWHERE, { applicationName: 'lost' });
  const besides = shop.beside({ db: lost.db });
  const refused = await besides.call('/api/v1/carts', { method: 'POST' });
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(refused.body).toMatchObject({ code: 'unavailable' });
  expect(JSON.stringify(refused.body)).not.toContain('127.0.0.1');
  expect((await besides.call(`/api/v1/products/${slug}`)).status).toBe(200);
  await lost.close();
});
