/** Orders of the last hour, counted by their ids. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import postgres from 'postgres';
import { countOrdersOfLastHour } from '#db/order-rate.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';

const HOUR_MS = 60 * MINUTE_MS;

let shop: OriginUnderTest;
let sql: postgres.Sql;
beforeAll(async () => {
  shop = await openOrigin();
  sql = postgres(shop.databaseUrl, { max: 1 });
});
afterAll(async () => {
  await sql.end();
  await shop.close();
});

test('what was ordered in the hour before counts, up to the most that matters, and what is older does not', async () => {
  const product = await createProduct(shop, { stock: 3 });
  for (let count = 0; count < 3; count += 1) await checkOut(shop, await cartWith(shop, product.variantId));
  const now = Date.now();
  expect(await countOrdersOfLastHour(sql, now, 100)).toBe(3);
  expect(await countOrdersOfLastHour(sql, now, 2)).toBe(2);
  expect(await countOrdersOfLastHour(sql, now + HOUR_MS - MINUTE_MS, 100)).toBe(3);
  expect(await countOrdersOfLastHour(sql, now + HOUR_MS + MINUTE_MS, 100)).toBe(0);
});
