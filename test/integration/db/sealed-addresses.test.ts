/** Addresses at rest: old ones are sealed by the migration, keys rotate under the shop, and nothing opens elsewhere. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { sql as query } from 'drizzle-orm';
import postgres from 'postgres';
import { createFieldCipher, SealBroken } from '#db/field-cipher.ts';
import { migrate, migrateUpTo } from '#db/migrate.ts';
import { rotateField } from '#db/rotate-fields.ts';
import { ConfigError } from '#lib/config.ts';
import type { OrderId } from '#lib/ids.ts';
import { readReceipt } from '#origin/orders/service.ts';
import { type OriginUnderTest, openOrigin, TEST_FIELD_KEY } from '#test/support/origin.ts';
import { cartWith, checkOut, checkoutBody, createProduct } from '#test/support/shopping.ts';
import { createEmptyDatabase, type TestDatabase } from '#test/support/stack.ts';

const BEFORE = '0008_search_orders';
const ORDERS = 2_500;
const newKey = () => randomBytes(32).toString('hex');

describe('a database of the time before', () => {
  let database: TestDatabase;
  let sql: postgres.Sql;
  beforeAll(async () => {
    database = await createEmptyDatabase();
    await migrateUpTo(database.url, BEFORE);
    sql = postgres(database.url, { max: 1, onnotice: () => {} });
    await sql`
      with cart as (
        insert into carts (id, token_hash) select gen_random_uuid(), sha256(n::text::bytea)
          from generate_series(1, ${ORDERS}) n returning id)
      insert into orders (id, cart_id, email, status, currency, subtotal_minor, total_minor, shipping_address,
                          placed_at, payment_deadline)
      select gen_random_uuid(), id, 'a@test.example', 'cancelled', 'USD', 100, 100,
             jsonb_build_object('name', 'Ada', 'line1', id), now(), now() from cart`;
  });
  afterAll(async () => {
    await sql.end();
    await database.drop();
  });

  test('is not migrated without a key, and loses nothing by the attempt', async () => {
    await expect(migrate(database.url)).rejects.toThrow(ConfigError);
    await expect(migrate(database.url)).rejects.toThrow('FIELD_KEY');
    const [row] =
      await sql`select count(*)::int as count from orders where shipping_address_in_clear is not null`;
    expect(row?.['count']).toBe(ORDERS);
  });

  test('has every address sealed to its row, and none in the clear, after a run that was cut off as well', async () => {
    const keys = { current: newKey() };
    const [first] =
      await sql`select id, shipping_address_in_clear::text as address from orders order by id limit 1`;
    // As a run leaves it that was killed after its first row.
    const sealed = createFieldCipher(keys).seal('shippingAddress', first?.['id'], first?.['address']);
    await sql`
      update orders set shipping_address = ${Buffer.from(sealed)}, shipping_address_in_clear = null
       where id = ${first?.['id']}`;
    await migrate(database.url, keys);
    await migrate(database.url, keys);
    const cipher = createFieldCipher(keys);
    const rows = await sql<{ id: string; cart: string; address: Buffer }[]>`
      select id, cart_id as cart, shipping_address as address from orders`;
    expect(rows.length).toBe(ORDERS);
    for (const { id, cart, address } of rows) {
      expect(JSON.parse(cipher.open('shippingAddress', id, address))).toEqual({ name: 'Ada', line1: cart });
    }
    const columns =
      await sql`select from information_schema.columns where column_name = 'shipping_address_in_clear'`;
    expect(columns.length).toBe(0);
    await expect((async () => sql`update orders set shipping_address = null`)()).rejects.toThrow('not-null');
  });
});

describe('a shop', () => {
  let shop: OriginUnderTest;
  let sql: postgres.Sql;
  let orders: readonly OrderId[];
  beforeAll(async () => {
    shop = await openOrigin();
    sql = postgres(shop.databaseUrl, { max: 1, onnotice: () => {} });
    const { variantId } = await createProduct(shop);
    const answers = [1, 2, 3].map(async () => checkOut(shop, await cartWith(shop, variantId)));
    orders = (await Promise.all(answers)).map(({ body }) => body.id);
  });
  afterAll(async () => {
    await sql.end();
    await shop.close();
  });
  const addressOf = async (id: OrderId) => (await readReceipt(shop.deps, id)).shippingAddress;
  const wanted = checkoutBody('').shippingAddress;

  test('keeps no address that whoever has the database could read', async () => {
    const rows = await sql`select shipping_address as address from orders`;
    for (const { address } of rows) expect(Buffer.from(address).includes('Test Street')).toBe(false);
    for (const id of orders) expect(await addressOf(id)).toEqual(wanted);
  });

  test('does not open an address that was moved to another order', async () => {
    const [victim, attacker] = orders;
    const copy = await shop.deps.db.execute(query`
      select a.shipping_address as kept from orders a where a.id = ${attacker}`);
    await sql`
      update orders set shipping_address = (select shipping_address from orders where id = ${victim ?? ''})
       where id = ${attacker ?? ''}`;
    if (attacker === undefined) throw new Error('no order');
    await expect(addressOf(attacker)).rejects.toThrow(SealBroken);
    const kept = copy[0]?.['kept'];
    await sql`update orders set shipping_address = ${kept as Buffer} where id = ${attacker}`;
    expect(await addressOf(attacker)).toEqual(wanted);
  });

  test('sells and sends receipts without a failure while its key is changed', async () => {
    const [old, next] = [shop.deps.fields, newKey()];
    const cipherOf = (current: string, previous: string) => createFieldCipher({ current, previous });
    // Each process knows the new key before any of them uses it.
    const knowing = shop.beside({ fields: cipherOf(TEST_FIELD_KEY, next) });
    const using = shop.beside({ fields: cipherOf(next, TEST_FIELD_KEY) });
    const { variantId } = await createProduct(shop, { stock: 100 });
    const placed: OrderId[] = [];
    const buyFrom = async (process: typeof using) => {
      const { status, body } = await checkOut(process, await cartWith(process, variantId));
      expect(status).toBe(201);
      placed.push(body.id);
      for (const id of [...placed, ...orders]) {
        for (const { deps } of [knowing, using]) {
          expect((await readReceipt(deps, id)).shippingAddress).toEqual(wanted);
        }
      }
    };
    const buying = Promise.all(
      Array.from({ length: 20 }, (_, at) => buyFrom(at % 2 === 0 ? knowing : using)),
    );
    await rotateField(sql, using.deps.fields, 'shippingAddress');
    await buying;
    const last = await rotateField(sql, using.deps.fields, 'shippingAddress');
    expect(last.broken).toEqual([]);
    const alone = shop.beside({ fields: createFieldCipher({ current: next }) });
    for (const id of placed) {
      expect((await readReceipt(alone.deps, id)).shippingAddress).toEqual(wanted);
      await expect(readReceipt({ ...shop.deps, fields: old }, id)).rejects.toThrow(SealBroken);
    }
    // As it was, for the tests beside this one.
    await rotateField(sql, cipherOf(TEST_FIELD_KEY, next), 'shippingAddress');
  });

  test('has its addresses sealed anew, once, and says which do not open', async () => {
    const key = newKey();
    const cipher = createFieldCipher({ current: key, previous: TEST_FIELD_KEY });
    const [lost] = orders;
    await sql`update orders set shipping_address = set_byte(shipping_address, 90, 1) where id = ${lost ?? ''}`;
    const first = await rotateField(sql, cipher, 'shippingAddress');
    const [row] = await sql<{ count: number }[]>`select count(*)::int as count from orders`;
    const sealed = (row?.count ?? 0) - 1;
    expect(first).toEqual({ field: 'shippingAddress', sealed, broken: [String(lost)] });
    expect((await rotateField(sql, cipher, 'shippingAddress')).sealed).toBe(0);
    const alone = createFieldCipher({ current: key });
    for (const { id, address } of await sql`
      select id, shipping_address as address from orders where id <> ${lost ?? ''}`) {
      expect(JSON.parse(alone.open('shippingAddress', id, address))).toEqual(wanted);
    }
  });
});
