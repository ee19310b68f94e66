/** Backups: a shop that was bought from is put back elsewhere and audits clean; nothing readable leaves the machine. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import postgres from 'postgres';
import { createFieldCipher } from '#db/field-cipher.ts';
import { migrate, migrateUpTo } from '#db/migrate.ts';
import { audit } from '#ops/audit/audit.ts';
import { NotEmpty, restoreBackup, takeBackup, verifyBackup } from '#ops/backup/backup.ts';
import { decodeRecords, encodeRecords } from '#ops/backup/records.ts';
import { BackupBroken, openStream, sealStream } from '#ops/backup/sealed-stream.ts';
import { type BackupStore, folderStore } from '#ops/backup/store.ts';
import { type AuditedShop, openAuditedShop, wrongIn } from '#test/support/audited.ts';
import { eventually } from '#test/support/eventually.ts';
import { bookCaptures } from '#test/support/money-by-hand.ts';
import { TEST_FIELD_KEY } from '#test/support/origin.ts';
import { cartWith, checkOut, checkoutBody, createProduct } from '#test/support/shopping.ts';
import { asRole, createEmptyDatabase, type TestDatabase } from '#test/support/stack.ts';

const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const KEY = randomBytes(32).toString('hex');
const quiet = () => {};

let audited: AuditedShop;
let databaseUrl: string;
let sql: postgres.Sql;
let folder: string;
beforeAll(async () => {
  audited = await openAuditedShop();
  databaseUrl = audited.shop.databaseUrl;
  sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  folder = await mkdtemp(join(tmpdir(), 'hotshelf-backups-'));
  audited.work();
  const { shop } = audited;
  const { productId, variantId } = await createProduct(shop, { stock: 20 });
  // From before the API refused such names.
  await sql`update products set name = ${'A\tb\\N \n"quoted"; -- ’𝄞'} where id = ${productId}`;
  for (const card of ['pm_card_visa', 'pm_card_chargeDeclined', 'pm_card_visa']) {
    await checkOut(shop, await cartWith(shop, variantId), { card });
  }
  await audited.settled();
  await bookCaptures(sql);
});
afterAll(async () => {
  await sql.end();
  await rm(folder, { recursive: true });
  await audited.close();
});

/** As the role that `npm run backup` connects as: it reads everything, or these backups would not be whole. */
const take = (store: BackupStore, keep = 5) =>
  takeBackup({ databaseUrl: asRole(databaseUrl, 'backup'), key: KEY, store }, { keep, onProgress: quiet });
const fieldKeys = { current: TEST_FIELD_KEY };

async function* inOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function allOf(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts);
}

async function withEmpty(work: (database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await createEmptyDatabase();
  try {
    await work(database);
  } finally {
    await database.drop();
  }
}

async function digestOf(url: string): Promise<unknown> {
  const client = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const tables = await client<{ name: string }[]>`
      select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`;
    const digests = [];
    for (const { name } of tables) {
      const [row] = await client.unsafe(
        `select count(*)::int as rows, md5(string_agg(t::text, '' order by t::text)) as digest from ${name} t`,
      );
      digests.push({ name, ...row });
    }
    return digests;
  } finally {
    await client.end();
  }
}

describe('a shop that was bought from', () => {
  test('is put back into another database, row by row, and audits clean there', async () => {
    const store = folderStore(folder);
    const { name } = await take(store);
    await withEmpty(async ({ url }) => {
      const restored = await restoreBackup({ store, name, key: KEY }, { databaseUrl: url, fieldKeys }, quiet);
      expect(restored.rows).toBeGreaterThan(20);
      expect(await digestOf(url)).toEqual(await digestOf(databaseUrl));
      const report = await audit({ ...audited.sources, databaseUrl: url }, { inFlightMs: 0 });
      expect({ verdict: report.verdict, wrong: wrongIn(report) }).toEqual({ verdict: 'clean', wrong: {} });
      const client = postgres(url, { max: 1, onnotice: () => {} });
      const [order] = await client`select id, shipping_address as address from orders limit 1`;
      const address = createFieldCipher(fieldKeys).open('shippingAddress', order?.['id'], order?.['address']);
      expect(JSON.parse(address)).toEqual(checkoutBody('').shippingAddress);
      // What is written next takes the next numbers.
      const [event] = await client`
        insert into order_events (order_id, event, actor, occurred_at) values (${order?.['id']}, 'x', 'x', now())
        returning id > (select max(id) from order_events where event <> 'x') as is_next`;
      expect(event?.['is_next']).toBe(true);
      await client.end();
    });
  });

  test('does not go into a database that holds anything, and leaves that as it is', async () => {
    const store = folderStore(folder);
    const { name } = await take(store);
    const before = await digestOf(databaseUrl);
    const onto = restoreBackup({ store, name, key: KEY }, { databaseUrl, fieldKeys }, quiet);
    await expect(onto).rejects.toThrow(NotEmpty);
    expect(await digestOf(databaseUrl)).toEqual(before);
  });

  test('that was cut off does not touch the database', async () => {
    const store = folderStore(folder);
    const { name } = await take(store);
    const file = join(folder, name);
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, -20));
    await withEmpty(async ({ url }) => {
      await expect(verifyBackup(store, name, KEY)).rejects.toThrow(BackupBroken);
      await expect(
        restoreBackup({ store, name, key: KEY }, { databaseUrl: url, fieldKeys }, quiet),
      ).rejects.toThrow(BackupBroken);
      const client = postgres(url, { max: 1, onnotice: () => {} });
      const tables = await client`select from pg_class where relnamespace = 'public'::regnamespace`;
      await client.end();
      expect(tables.length).toBe(0);
    });
    await rm(file);
  });

  test('leaves no row behind when a table is not as whole as the backup says', async () => {
    const store = folderStore(folder);
    const { name } = await take(store);
    const plain = gunzipSync(await allOf(openStream(KEY, store.read(name))));
    async function* lying() {
      for await (const record of decodeRecords(inOne(plain))) {
        const isLast = record.kind === 'tableEnd' && record.table === 'refunds';
        yield isLast ? { ...record, rows: record.rows + 1 } : record;
      }
    }
    const records = gzipSync(await allOf(encodeRecords(lying())));
    const other = name.replace(/-[0-9a-f]{8}\./, '-00000000.');
    await store.write(other, sealStream(KEY, inOne(records)));
    await withEmpty(async ({ url }) => {
      const source = { store, name: other, key: KEY };
      const restoring = restoreBackup(source, { databaseUrl: url, fieldKeys }, quiet);
      await expect(restoring).rejects.toThrow('refunds has');
      const client = postgres(url, { max: 1, onnotice: () => {} });
      const [row] =
        await client`select (select count(*) from users)::int + (select count(*) from orders)::int as rows`;
      await client.end();
      expect(row?.['rows']).toBe(0);
    });
  });

  test('is of no use without its key, and shows nothing', async () => {
    const store = folderStore(folder);
    const { name } = await take(store);
    const other = randomBytes(32).toString('hex');
    await expect(verifyBackup(store, name, other)).rejects.toThrow(BackupBroken);
    const bytes = await readFile(join(folder, name));
    for (const text of ['guest@test.example', 'orders', 'shop']) expect(bytes.includes(text)).toBe(false);
  });

  test('is as it was at one moment, whatever is written meanwhile', async () => {
    const store = folderStore(folder);
    const seen: string[] = [];
    const writer = postgres(databaseUrl, { max: 1, onnotice: () => {} });
    const writing: Promise<unknown>[] = [];
    const { name } = await takeBackup(
      { databaseUrl, key: KEY, store },
      {
        keep: 50,
        onProgress: (what) => {
          seen.push(what);
          writing.push(
            writer`insert into inbox (consumer, event_id) values ('late', gen_random_uuid())`.execute(),
          );
        },
      },
    );
    await Promise.all(writing);
    expect(seen.length).toBeGreaterThan(20);
    await withEmpty(async ({ url }) => {
      await restoreBackup({ store, name, key: KEY }, { databaseUrl: url, fieldKeys }, quiet);
      const client = postgres(url, { max: 1, onnotice: () => {} });
      const [row] = await client`select count(*)::int as late from inbox where consumer = 'late'`;
      await client.end();
      expect(row?.['late']).toBe(0);
    });
    await writer`delete from inbox where consumer = 'late'`;
    await writer.end();
  });

  test('of the time before addresses were sealed is put back, and they are sealed', async () => {
    const store = folderStore(folder);
    await withEmpty(async (old) => {
      await migrateUpTo(old.url, '0008_search_orders');
      const client = postgres(old.url, { max: 1, onnotice: () => {} });
      await client`
        with cart as (insert into carts (id, token_hash) values (gen_random_uuid(), '\\x01') returning id)
        insert into orders (id, cart_id, email, status, currency, subtotal_minor, total_minor, shipping_address,
                            placed_at, payment_deadline)
        select gen_random_uuid(), id, 'a@test.example', 'cancelled', 'USD', 1, 1, '{"name": "Ada"}', now(), now()
          from cart`;
      await client.end();
      const source = { databaseUrl: old.url, key: KEY, store };
      const { name } = await takeBackup(source, { keep: 50, onProgress: quiet });
      await withEmpty(async ({ url }) => {
        await restoreBackup({ store, name, key: KEY }, { databaseUrl: url, fieldKeys }, quiet);
        const restored = postgres(url, { max: 1, onnotice: () => {} });
        const [order] = await restored`select id, shipping_address as address from orders`;
        await restored.end();
        const text = createFieldCipher(fieldKeys).open('shippingAddress', order?.['id'], order?.['address']);
        expect(JSON.parse(text)).toEqual({ name: 'Ada' });
      });
    });
  });

  test('that does not open when it is read again costs no older one', async () => {
    const own = await mkdtemp(join(tmpdir(), 'hotshelf-backups-'));
    const store = folderStore(own);
    const { name } = await take(store);
    const forgetful = { ...store, read: () => inOne(new Uint8Array()) };
    await expect(take(forgetful, 1)).rejects.toThrow(BackupBroken);
    expect((await store.list()).map((each) => each.name)).toContain(name);
    await rm(own, { recursive: true });
  });

  test('of which there are too many loses the oldest, and nothing that is not a backup', async () => {
    const own = await mkdtemp(join(tmpdir(), 'hotshelf-backups-'));
    await writeFile(join(own, 'notes.backup'), 'mine');
    const store = folderStore(own);
    const names: string[] = [];
    for (let round = 0; round < 3; round += 1) names.push((await take(store, 50)).name);
    const { name, removed } = await take(store, 2);
    expect(removed.length).toBe(2);
    expect((await store.list()).length).toBe(2);
    expect((await store.list()).some((each) => each.name === name)).toBe(true);
    expect((await readdir(own)).includes('notes.backup')).toBe(true);
    await rm(own, { recursive: true });
  });
});

test('a migration that waits behind a backup lets the shop by, gives up in time, and is done once it has ended', async () => {
  await withEmpty(async ({ url }) => {
    await migrateUpTo(url, '0027_product_views');
    const [backup, shop] = [1, 2].map(() =>
      postgres(url, { max: 1, onnotice: () => {}, connection: { statement_timeout: 5_000 } }),
    );
    if (backup === undefined || shop === undefined) throw new Error('two clients were asked for');
    const said: string[] = [];
    const patience = { lockWaitMs: 200, pauseMs: 10, say: (what: string) => void said.push(what) };
    let migrating: Promise<void> | undefined;
    await backup.begin(async (tx) => {
      await tx`select from products`;
      const inVain = migrate(url, fieldKeys, { ...patience, tries: 2 });
      await expect(inVain).rejects.toThrow('0028_commerce was not done');
      migrating = migrate(url, fieldKeys, { ...patience, tries: 100 });
      await eventually('the migration waits', async () => {
        const [waiting] = await shop`select from pg_locks where not granted and locktype = 'relation'`;
        return waiting !== undefined;
      });
      await shop`select from products`;
    });
    await migrating;
    expect(said[0]).toContain('0028_commerce waits');
    const [column] = await shop`select price_changes_at from products limit 0`.then(({ columns }) => columns);
    expect(column?.name).toBe('price_changes_at');
    await Promise.all([backup.end(), shop.end()]);
  });
});

test('a migrated database without rows counts as empty', async () => {
  const store = folderStore(folder);
  const { name } = await take(store, 50);
  await withEmpty(async ({ url }) => {
    await migrate(url);
    await restoreBackup({ store, name, key: KEY }, { databaseUrl: url, fieldKeys }, quiet);
    expect(await digestOf(url)).toEqual(await digestOf(databaseUrl));
  });
});
