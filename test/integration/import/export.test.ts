/** What is exported comes back: into an empty shop to the byte, and into the same shop as no change at all. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { exportFile } from '#db/export/export-file.ts';
import {
  FIXTURES,
  goodRow,
  importPaths,
  importTexts,
  nextRow,
  openShop,
  type Shop,
  sharedFiles,
  toCsv,
} from '#test/support/fixtures/product-files.ts';
import {
  type GeneratedProduct,
  generatedProducts,
  insertGenerated,
} from '#test/support/generated-products.ts';
import { createTestDatabase, type TestDatabase } from '#test/support/stack.ts';

setDefaultTimeout(120_000);
/** A failure is made small for no longer, so that it is told before the test is given up. */
const PROPERTY_MS = 90_000;

let folder: string;
let one: { readonly database: TestDatabase; readonly shop: Shop };
let other: typeof one;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hotshelf-export-'));
  const open = async () => {
    const database = await createTestDatabase();
    return { database, shop: openShop(database.url) };
  };
  [one, other] = await Promise.all([open(), open()]);
});
afterEach(async () => {
  await Promise.all([one.shop.clear(), other.shop.clear()]);
});
afterAll(async () => {
  for (const { database, shop } of [one, other]) {
    await shop.close();
    await database.drop();
  }
  await rm(folder, { recursive: true });
});

const exported = async ({ database }: typeof one, name: string) => {
  const path = join(folder, name);
  await exportFile(database.url, { path, sellerId: undefined }, () => undefined);
  return { path, text: await readFile(path, 'utf8') };
};

const rowsOf = (text: string) => parse(text, { columns: true }) as Record<string, string>[];

/** @returns the file, once it has come back in both ways */
async function expectRoundTrip(): Promise<string> {
  const first = await exported(one, 'first.csv');
  const before = await one.shop.snapshot();
  const same = await importPaths(one.database.url, [first.path], { stockMode: 'set' });
  expect(same.refusals).toEqual([]);
  expect(same.summary.products).toMatchObject({ created: 0, changed: 0 });
  expect(await one.shop.snapshot()).toBe(before);
  const fresh = await importPaths(other.database.url, [first.path]);
  expect(fresh.refusals).toEqual([]);
  const second = await exported(other, 'second.csv');
  expect(second.text).toBe(first.text);
  return first.text;
}

describe.each([join(FIXTURES, 'product-export.csv'), join(FIXTURES, 'product-template.csv'), ...sharedFiles])(
  '%s',
  (path) => {
    test('comes back from the shop to the byte, and changes nothing where it came from', async () => {
      const { summary } = await importPaths(one.database.url, [path]);
      const text = await expectRoundTrip();
      const products = rowsOf(text).filter((row) => row['Title'] !== '');
      expect(products).toHaveLength(summary.products.created);
    });
  },
);

test('whatever the shop holds comes back: formulas, blanks, separators, any text', async () => {
  await fc.assert(
    fc
      .asyncProperty(generatedProducts, async (products: readonly GeneratedProduct[]) => {
        await insertGenerated(one.shop.sql, products);
        const text = await expectRoundTrip();
        const cells = (parse(text) as string[][]).flat();
        // A spreadsheet runs none of it.
        expect(cells.filter((cell) => /^[=+\-@\t\r\n]/.test(cell))).toEqual([]);
      })
      .afterEach(async () => {
        await Promise.all([one.shop.clear(), other.shop.clear()]);
      }),
    { numRuns: 30, interruptAfterTimeLimit: PROPERTY_MS },
  );
});

test('a file of somebody else is read as it is, apostrophes and backslashes with it', async () => {
  const rows = [
    goodRow('mug', {
      Title: "'Tis the mug",
      Vendor: "'=1+1",
      Tags: 'a\\,b',
      Type: 'AC\\DC',
      'Variant SKU': "'007",
    }),
    nextRow('mug', '=2'),
  ];
  await importTexts(one.database.url, [toCsv(rows)]);
  expect(await one.shop.products()).toMatchObject([
    { name: "'Tis the mug", vendor: "'=1+1", tags: ['a\\', 'b'], category: 'AC\\DC' },
  ]);
  expect((await one.shop.variants()).map(({ sku, options }) => [sku, ...options])).toEqual([
    ['007', 'One'],
    [null, '=2'],
  ]);
  await expectRoundTrip();
});

test('many products come in batches, none twice and none left out', async () => {
  const rows = Array.from({ length: 450 }, (_, index) => goodRow(`mug-${index}`));
  await importTexts(one.database.url, [toCsv(rows)]);
  const text = await expectRoundTrip();
  expect(rowsOf(text).map((row) => row['Handle'])).toEqual(rows.map((row) => row['Handle']));
});

test('a product that was taken off sale for good is left out; one that is not on sale yet is not', async () => {
  await importTexts(one.database.url, [
    toCsv(
      ['gone', 'draft', 'mug'].map((handle) =>
        goodRow(handle, { Status: handle === 'draft' ? 'draft' : 'active' }),
      ),
    ),
  ]);
  await one.shop
    .sql`update variants set withdrawn_at = now() where product_id in (select id from products where slug = 'gone')`;
  await one.shop.sql`update products set status = 'withdrawn', withdrawn_at = now() where slug = 'gone'`;
  const text = await expectRoundTrip();
  expect(rowsOf(text).map((row) => row['Handle'])).toEqual(['draft', 'mug']);
});

test('a file that cannot be written whole is not there', async () => {
  const path = join(folder, 'never.csv');
  const url = 'postgres://nobody@127.0.0.1:1/none';
  await expect(exportFile(url, { path, sellerId: undefined }, () => undefined)).rejects.toThrow();
  expect((await readdir(folder)).filter((name) => name.startsWith('never'))).toEqual([]);
});

describe('as a program', () => {
  const run = async (args: readonly string[]) => {
    const child = Bun.spawn([process.execPath, 'db/export/main.ts', ...args], {
      env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: one.database.url, INIT_CWD: folder },
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    return { code: await child.exited, output, errors };
  };

  test('it writes where the user is, and only a seller’s products where it is told so', async () => {
    await importTexts(one.database.url, [toCsv([goodRow('mug'), goodRow('cup')])]);
    const seller = Bun.randomUUIDv7();
    await one.shop
      .sql`insert into users (id, email, name, password_hash, role) values (${seller}, 's@x.example', 'S', 'x', 'seller')`;
    await one.shop.sql`update products set seller_id = ${seller} where slug = 'cup'`;
    expect(await run(['all.csv'])).toEqual({
      code: 0,
      output: 'export: 2 products in all.csv\n',
      errors: '',
    });
    expect(await run(['--seller', seller, 'own.csv'])).toMatchObject({
      code: 0,
      output: 'export: 1 products in own.csv\n',
    });
    expect(await readFile(join(folder, 'own.csv'), 'utf8')).toContain('\ncup,');
  });

  test.each([
    [[], 'Name one file.'],
    [['a.csv', 'b.csv'], 'Name one file.'],
    [['--seller', 'x', 'a.csv'], '--seller is an id.'],
    [['--fast'], '--fast'],
  ])('%j is refused with one clear message', async (args, message) => {
    expect(await run(args)).toMatchObject({ code: 2, output: '', errors: expect.stringContaining(message) });
  });

  test('--help tells what the last column is for', async () => {
    expect(await run(['--help'])).toMatchObject({
      code: 0,
      output: expect.stringContaining('Hotshelf Currency'),
    });
  });
});
