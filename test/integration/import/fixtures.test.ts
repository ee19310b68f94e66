/** Product files arrive in the shop without loss: the project's own, and the shared ones where they are present. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import {
  FIXTURES,
  importPaths,
  openShop,
  type Shop,
  sharedFiles,
} from '#test/support/fixtures/product-files.ts';
import { createTestDatabase, type TestDatabase } from '#test/support/stack.ts';

setDefaultTimeout(60_000);

if (sharedFiles.length === 0) {
  process.stdout.write('import: no shared product files here; the same is checked over the fixtures only\n');
}

let database: TestDatabase;
let shop: Shop;
beforeAll(async () => {
  database = await createTestDatabase();
  shop = openShop(database.url);
});
afterEach(() => shop.clear());
afterAll(async () => {
  await shop.close();
  await database.drop();
});

/** Reads a product export in the plainest way, apart from all of the import's code. */
async function readPlainly(path: string) {
  const rows = parse(await readFile(path), { columns: true, bom: true }) as Record<string, string>[];
  const minor = (text = ''): number | null => (text === '' ? null : Math.round(Number(text) * 100));
  const single = (text: string): boolean => text === '' || text === 'Default Title';
  const variants = rows
    .filter((row) => row['Variant Price'] !== '')
    .map((row) => ({
      slug: row['Handle'],
      sku: row['Variant SKU'] || null,
      options: [row['Option1 Value'], row['Option2 Value'], row['Option3 Value']].filter(
        (value = '') => !single(value),
      ),
      price: minor(row['Variant Price']),
      compareAt: minor(row['Variant Compare At Price']),
      stock: Number(row['Variant Inventory Qty']),
    }));
  const products = rows
    .filter((row) => row['Title'] !== '')
    .map((row) => ({
      slug: row['Handle'],
      name: row['Title']?.trim(),
      vendor: row['Vendor'],
      names: [row['Option1 Name'], row['Option2 Name'], row['Option3 Name']].filter(
        (name) => name !== '' && name !== 'Title',
      ),
      tags: [...new Set((row['Tags'] ?? '').split(',').map((tag) => tag.trim()))].filter((tag) => tag !== ''),
      price: Math.min(
        ...variants.filter(({ slug }) => slug === row['Handle']).map(({ price }) => price ?? 0),
      ),
    }));
  const images = rows
    .map((row) => ({ slug: row['Handle'], url: row['Image Src'] }))
    .filter(({ url }) => url !== '');
  return { rows, products, variants, images };
}

const byKey = (one: object, other: object): number => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);

describe.each([join(FIXTURES, 'product-export.csv'), ...sharedFiles])('%s', (path) => {
  test('arrives without loss, and a second import changes nothing', async () => {
    const file = await readPlainly(path);
    const { summary, refusals } = await importPaths(database.url, [path]);
    expect(refusals).toEqual([]);
    expect(summary.rows).toBe(file.rows.length);
    const products = (await shop.products()).map(({ slug, name, vendor, names, tags, price }) => ({
      ...{ slug, name, vendor, names, tags, price },
    }));
    expect(products.toSorted(byKey)).toEqual(file.products.toSorted(byKey) as typeof products);
    const variants = (await shop.variants()).map(({ slug, sku, options, price, compareAt, stock }) => ({
      ...{ slug, sku, options, price, compareAt, stock },
    }));
    expect(variants.toSorted(byKey)).toEqual(file.variants.toSorted(byKey) as typeof variants);
    const images = await shop.sql<{ slug: string; url: string }[]>`
      select slug, url from product_images i join products p on p.id = i.product_id`;
    expect([...images].toSorted(byKey)).toEqual(
      file.images.toSorted(byKey) as { slug: string; url: string }[],
    );
    expect(await shop.unexplainedStock()).toEqual([]);

    const before = await shop.snapshot();
    const second = await importPaths(database.url, [path]);
    expect(second.summary.products).toMatchObject({ created: 0, changed: 0 });
    expect(await shop.snapshot()).toBe(before);
  });
});

test('descriptions keep their text and lose what could run', async () => {
  await importPaths(database.url, [join(FIXTURES, 'product-export.csv')]);
  const smock = (await shop.products()).find(({ slug }) => slug === 'harbour-smock');
  expect(smock?.html).toBe('<p>Heavy drill, cut wide.</p>\r\n<p>Two pockets &amp; a "storm" collar.</p>');
});

test('a type becomes a path of categories, and without one the product category does', async () => {
  await importPaths(database.url, [join(FIXTURES, 'product-export.csv')]);
  const categories = Object.fromEntries(
    (await shop.products()).map(({ slug, category }) => [slug, category]),
  );
  expect(categories).toEqual({
    'desk-arm': 'Office',
    'gift-voucher': 'Vouchers',
    'harbour-smock': 'Men/Tops/Smocks & Shirts',
    'old-lamp': null,
    'tide-clock': 'Home & Garden/Decor/Clocks',
    'winter-hat-draft': 'Men/Hats',
  });
  const slugs = await shop.sql<{ slug: string }[]>`select slug from categories where name like 'Smocks%'`;
  expect(slugs[0]?.slug).toBe('men-tops-smocks-shirts');
});

test('images come in their order and know the first variant that names them', async () => {
  await importPaths(database.url, [join(FIXTURES, 'product-export.csv')]);
  expect(await shop.images('harbour-smock')).toEqual([
    {
      url: 'https://images.example/smock-clay.jpg',
      alt: 'In clay, "worn"',
      position: 1,
      options: ['S', 'Clay'],
    },
    { url: 'https://images.example/smock-moss.jpg', alt: 'In moss', position: 2, options: ['S', 'Moss'] },
    { url: 'https://images.example/smock-back.jpg', alt: '', position: 3, options: null },
  ]);
});

test('products that are not for sale are imported as withdrawn, and the summary says how many', async () => {
  const { summary } = await importPaths(database.url, [join(FIXTURES, 'product-export.csv')]);
  const withdrawn = (await shop.products()).filter(({ onSale }) => !onSale).map(({ slug }) => slug);
  expect(withdrawn).toEqual(['old-lamp', 'winter-hat-draft']);
  expect(summary.notOnSale).toBe(2);
  const events = (await shop.events()).filter(({ slug }) => withdrawn.includes(slug));
  expect(events.map(({ name }) => name)).toEqual(['product.withdrawn', 'product.withdrawn']);
});

test('columns that the shop has no place for are named', async () => {
  const { summary } = await importPaths(database.url, [join(FIXTURES, 'product-export.csv')]);
  expect([...summary.unreadColumns].toSorted()).toEqual(['Gift Card', 'SEO Title']);
});

test("the columns of Shopify's newer template are understood", async () => {
  const { summary, refusals } = await importPaths(database.url, [join(FIXTURES, 'product-template.csv')]);
  expect(refusals).toEqual([]);
  expect(summary.products.created).toBe(2);
  const [stove, valve] = await shop.products();
  expect(stove).toMatchObject({
    ...{
      name: 'Field Stove',
      vendor: 'Cairn Kit',
      category: 'Camp/Stoves',
      tags: ['camp', 'gas'],
      onSale: true,
    },
    ...{ html: '<p>Boils a litre\nin four minutes.</p>', price: 6499, compareAt: 7999 },
  });
  expect(valve).toMatchObject({ slug: 'spare-valve', names: [], onSale: false, price: 750 });
  expect((await shop.variants())[0]).toMatchObject({
    ...{ sku: 'FS-RED', barcode: '900101', options: ['Red'], grams: 310, stock: 12 },
  });
});
