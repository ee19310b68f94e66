/** Backups in S3: every request is signed, what is kept is encrypted there once more, and failures leave nothing. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { restoreBackup, takeBackup, verifyBackup } from '#ops/backup/backup.ts';
import { s3Store } from '#ops/backup/s3-store.ts';
import { type BackupStore, StoreError } from '#ops/backup/store.ts';
import { S3_CREDENTIALS, startS3Double } from '#test/support/s3-double.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '#test/support/stack.ts';

const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const KEY = randomBytes(32).toString('hex');

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  // More than a driver takes in at once.
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await sql`
    insert into media_files (name, content_type, body)
    select 'picture-' || n, 'image/png', decode(repeat(md5(n::text), 500), 'hex') from generate_series(1, 1000) n`;
  await sql`insert into inbox (consumer, event_id) select 'bulk', gen_random_uuid() from generate_series(1, 50000)`;
  await sql.end();
});
afterAll(() => database.drop());

const take = (store: BackupStore, keep = 5) =>
  takeBackup({ databaseUrl: database.url, key: KEY, store }, { keep, onProgress: () => {} });

const placeOf = (url: string) => ({
  ...{ endpoint: url, region: 'eu-central-1', bucket: 'shop-backups', prefix: 'daily' },
  ...S3_CREDENTIALS,
});

test('takes, lists, gives back and loses backups, encrypted there once more', async () => {
  const double = startS3Double();
  const store = s3Store(placeOf(double.url));
  const first = await take(store, 2);
  const second = await take(store, 2);
  expect([...double.encryption.values()]).toEqual(['AES256', 'AES256']);
  expect((await verifyBackup(store, second.name, KEY)).tables).toBeGreaterThan(20);
  const third = await take(store, 1);
  expect(third.removed.toSorted()).toEqual([first.name, second.name].toSorted());
  expect([...double.objects.keys()]).toEqual([`daily/${third.name}`]);
  await double.stop();
});

test('gives back all of a large shop', async () => {
  const double = startS3Double();
  const store = s3Store(placeOf(double.url));
  const { name } = await take(store);
  const empty = await createEmptyDatabase();
  const target = { databaseUrl: empty.url, fieldKeys: undefined };
  const { rows } = await restoreBackup({ store, name, key: KEY }, target, () => {});
  expect(rows).toBe(51_000);
  const digest = async (url: string) => {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    const [row] = await sql`select md5(string_agg(body::text, '' order by name)) as digest from media_files`;
    await sql.end();
    return row?.['digest'];
  };
  expect(await digest(empty.url)).toBe(await digest(database.url));
  await empty.drop();
  await double.stop();
});

test('sends what is larger than a part in parts, whole', async () => {
  const double = startS3Double();
  const store = s3Store(placeOf(double.url));
  const bytes = randomBytes(20 * 1024 ** 2);
  const name = 'hotshelf-20260101T000000000Z-00000000.backup';
  await store.write(
    name,
    (async function* () {
      for (let at = 0; at < bytes.length; at += 999_999) yield bytes.subarray(at, at + 999_999);
    })(),
  );
  expect(double.objects.get(`daily/${name}`)?.equals(bytes)).toBe(true);
  await double.stop();
});

test('with a wrong secret, a refused part or no encryption of its own leaves nothing behind', async () => {
  const double = startS3Double();
  const stranger = s3Store({ ...placeOf(double.url), secretAccessKey: 'another' });
  await expect(take(stranger)).rejects.toThrow('SignatureDoesNotMatch');
  double.refuseNextPart();
  const store = s3Store(placeOf(double.url));
  await expect(take(store)).rejects.toThrow('QuotaExceeded');
  double.forgetEncryption();
  await expect(take(store)).rejects.toThrow(StoreError);
  expect([double.objects.size, double.open.size]).toEqual([0, 0]);
  await double.stop();
  await expect(store.list()).rejects.toThrow('cannot be reached');
});
