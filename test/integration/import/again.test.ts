/** Importing again changes what has changed, and nothing else; stock is always explained by its ledger. */

import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  type CsvRow,
  goodRow,
  importTexts,
  nextRow,
  openShop,
  type Shop,
  toCsv,
} from '#test/support/fixtures/product-files.ts';
import { createTestDatabase, type TestDatabase } from '#test/support/stack.ts';
import { renewCategory } from '#workers/handlers/renew-category.ts';

let database: TestDatabase;
let shop: Shop;
beforeAll(async () => {
  database = await createTestDatabase();
  shop = openShop(database.url);
});
afterEach(async () => {
  expect(await shop.unexplainedStock()).toEqual([]);
  await shop.clear();
});
afterAll(async () => {
  await shop.close();
  await database.drop();
});

const importRows = (rows: readonly CsvRow[], options = {}) =>
  importTexts(database.url, [toCsv(rows)], options);

test('a changed product alone gets a new version and one event', async () => {
  await importRows([goodRow('mug'), goodRow('cup')]);
  const { summary } = await importRows([goodRow('mug', { 'Variant Price': '8.50' }), goodRow('cup')]);
  expect(summary).toMatchObject({
    products: { changed: 1, unchanged: 1 },
    variants: { changed: 1, unchanged: 1 },
  });
  expect((await shop.products()).map(({ slug, version, price }) => [slug, version, price])).toEqual([
    ['cup', 1, 999],
    ['mug', 2, 850],
  ]);
  expect((await shop.events()).slice(2)).toEqual([{ name: 'product.changed', slug: 'mug', version: 2 }]);
});

test('a product costs what its cheapest variant on sale costs', async () => {
  const rows = [
    goodRow('mug', { 'Variant Price': '12.00', 'Variant Compare At Price': '20' }),
    nextRow('mug', 'Two', { 'Variant Price': '7.00', 'Variant Compare At Price': '8.00' }),
  ];
  await importRows(rows);
  expect((await shop.products())[0]).toMatchObject({ price: 700, compareAt: 800 });
  await importRows(rows.slice(0, 1));
  expect((await shop.products())[0]).toMatchObject({ price: 1200, compareAt: 2000, version: 2 });
});

test('a variant that is gone is withdrawn and kept, and comes back as itself', async () => {
  const rows = [goodRow('mug'), nextRow('mug', 'Two')];
  await importRows(rows);
  const ids = await shop.sql`select id from variants order by position`;
  const { summary } = await importRows(rows.slice(0, 1));
  expect(summary.variants).toMatchObject({ withdrawn: 1 });
  expect(await shop.variants()).toHaveLength(1);
  expect(await shop.sql`select id from variants order by position`).toEqual(ids);
  await importRows(rows);
  expect(await shop.variants()).toHaveLength(2);
  expect(await shop.sql`select id from variants order by position`).toEqual(ids);
});

test('variants can swap their options and their SKUs', async () => {
  const rows = (one: string, two: string) => [
    goodRow('mug', { 'Variant SKU': 'A', 'Option1 Value': one }),
    nextRow('mug', two, { 'Variant SKU': 'B' }),
  ];
  await importRows(rows('Red', 'Blue'));
  const { refusals } = await importRows(rows('Blue', 'Red'));
  expect(refusals).toEqual([]);
  expect((await shop.variants()).map(({ sku, options }) => [sku, ...options])).toEqual([
    ['A', 'Blue'],
    ['B', 'Red'],
  ]);
});

test('two products can swap SKUs', async () => {
  await importRows([goodRow('mug', { 'Variant SKU': 'A' }), goodRow('cup', { 'Variant SKU': 'B' })]);
  const { refusals } = await importRows([
    goodRow('mug', { 'Variant SKU': 'B' }),
    goodRow('cup', { 'Variant SKU': 'A' }),
  ]);
  expect(refusals).toEqual([]);
  expect((await shop.variants()).map(({ slug, sku }) => [slug, sku])).toEqual([
    ['cup', 'A'],
    ['mug', 'B'],
  ]);
});

test('a withdrawn product says so by its event, and comes back', async () => {
  await importRows([goodRow('mug', { Status: 'active' })]);
  await importRows([goodRow('mug', { Status: 'archived' })]);
  await importRows([goodRow('mug', { Status: 'active' })]);
  expect((await shop.events()).map(({ name, version }) => [name, version])).toEqual([
    ['product.created', 1],
    ['product.withdrawn', 2],
    ['product.changed', 3],
  ]);
});

test('a file without a column leaves what it would say as it is', async () => {
  await importRows([goodRow('mug', { Vendor: 'Quay', Tags: 'a, b', Type: 'Cups', 'Variant Grams': '5' })]);
  const { summary } = await importRows([goodRow('mug')]);
  expect(summary.products.unchanged).toBe(1);
  expect((await shop.products())[0]).toMatchObject({ vendor: 'Quay', tags: ['a', 'b'], category: 'Cups' });
});

test('a file without what it says of pictures leaves their texts and variants as they are, wherever they stand', async () => {
  const picture = (name: string) => ({ 'Image Src': `https://a.example/${name}.jpg` });
  const said = (name: string) => ({ 'Image Alt Text': name, 'Variant Image': picture(name)['Image Src'] });
  const two = goodRow('mug', { ...picture('one'), ...said('one') });
  await importRows([two, nextRow('mug', 'Two', { ...picture('two'), ...said('two') })]);
  const before = await shop.images('mug');
  expect(before.map(({ alt, options }) => [alt, options])).toEqual([
    ['one', ['One']],
    ['two', ['Two']],
  ]);
  const again = await importRows([goodRow('mug', picture('one')), nextRow('mug', 'Two', picture('two'))]);
  expect(again.summary.products.unchanged).toBe(1);
  await importRows([goodRow('mug', picture('two')), nextRow('mug', 'Two', picture('one'))]);
  expect(await shop.images('mug')).toEqual(
    before.toReversed().map((image, index) => ({ ...image, position: index + 1 })),
  );
});

test('units sold since the export are not put back by importing it again', async () => {
  await importRows([goodRow('mug')]);
  await shop.sql`update inventory set on_hand = on_hand - 2`;
  await shop.sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta)
    select variant_id, 'sale', -2, 0 from inventory`;
  const { summary } = await importRows([goodRow('mug')]);
  expect(summary.products.unchanged).toBe(1);
  expect((await shop.variants())[0]?.stock).toBe(3);
});

test('--stock set overwrites what is on hand through a correction, once', async () => {
  await importRows([goodRow('mug')]);
  const rows = [goodRow('mug', { 'Variant Inventory Qty': '9' })];
  const { summary } = await importRows(rows, { stockMode: 'set' });
  expect(summary).toMatchObject({ stockChanges: 1, products: { changed: 1 } });
  const again = await importRows(rows, { stockMode: 'set' });
  expect(again.summary.products.unchanged).toBe(1);
  const ledger =
    await shop.sql`select movement::text, on_hand_delta, reserved_delta from stock_ledger order by id`;
  expect([...ledger].map((row) => Object.values(row))).toEqual([
    ['receipt', 5, 0],
    ['correction', 4, 0],
  ]);
});

test('--stock set never goes below what orders have reserved', async () => {
  await importRows([goodRow('mug')]);
  await shop.sql`update inventory set reserved = 4`;
  await shop.sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta)
    select variant_id, 'reservation', 0, 4 from inventory`;
  const { refusals } = await importRows([goodRow('mug', { 'Variant Inventory Qty': '3' })], {
    stockMode: 'set',
  });
  expect(refusals).toEqual([
    { file: 'a.csv', line: 2, reason: expect.stringContaining('less than the 4 that') },
  ]);
  expect((await shop.variants())[0]?.stock).toBe(5);
});

test('--stock set leaves what lies at other locations than the default one', async () => {
  await importRows([goodRow('mug')]);
  const id = '01890a5d-ac96-774b-bcce-b302099a8090';
  await shop.sql`insert into stock_locations (id, name) values (${id}, 'Elsewhere')`;
  await shop.sql`update inventory set elsewhere = 4`;
  await shop.sql`insert into location_stock (variant_id, location_id, on_hand)
    select variant_id, ${id}, 4 from inventory`;
  const setTo = (quantity: string) =>
    importRows([goodRow('mug', { 'Variant Inventory Qty': quantity })], { stockMode: 'set' });
  expect((await setTo('3')).refusals).toEqual([
    { file: 'a.csv', line: 2, reason: expect.stringContaining('less than the 4 at other') },
  ]);
  expect((await setTo('4')).refusals).toEqual([]);
  expect((await shop.variants())[0]?.stock).toBe(4);
});

test('two imports of one file at the same time write it once', async () => {
  const rows = Array.from({ length: 300 }, (_, index) =>
    goodRow(`mug-${index}`, { Type: `Cups/${index % 7}` }),
  );
  const [one, two] = await Promise.all([importRows(rows), importRows(rows)]);
  expect([one, two].map(({ summary }) => summary.products.created).toSorted()).toEqual([0, 300]);
  expect(one.summary.refused + two.summary.refused).toBe(0);
  const events = await shop.events();
  expect(events.filter(({ name }) => name === 'product.created')).toHaveLength(300);
  expect(events).toHaveLength(300 + 8);
});

test('of each category that an import makes an event tells once, and renews no product', async () => {
  const rows = [goodRow('mug', { Type: `Cups/${'x'.repeat(300)}` }), goodRow('cup', { Type: 'Cups' })];
  await importRows(rows);
  await importRows(rows);
  const events = await shop.sql`
    select c.name, length(c.slug) <= 200 as "canBeAskedFor", consumer
    from outbox o join categories c on c.id = (data->>'categoryId')::uuid join inbox on event_id = o.id
    where o.name = 'category.changed' order by length(c.slug)`;
  const told = { canBeAskedFor: true, consumer: renewCategory.name };
  expect([...events]).toEqual([
    { ...told, name: 'Cups' },
    { ...told, name: 'x'.repeat(300) },
  ]);
});

const word = fc.stringMatching(/^[A-Za-z0-9äß日,"'&;-]{1,12}$/).filter((text) => !text.startsWith("'"));
const amount = fc.integer({ min: 0, max: 9_999_999 });
const variant = fc.record({
  price: amount,
  compareAt: fc.option(amount),
  stock: fc.nat(1_000),
  grams: fc.nat(50_000),
  barcode: fc.option(word),
  shipped: fc.boolean(),
  taxable: fc.boolean(),
  hasSku: fc.boolean(),
});
const product = fc.record({
  title: word,
  vendor: fc.oneof(fc.constant(''), word),
  names: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
  variants: fc.array(variant, { minLength: 1, maxLength: 5 }),
});
const decimal = (minor: number): string => (minor / 100).toFixed(2);

type Drawn = typeof product extends fc.Arbitrary<infer Item> ? Item : never;

function rowsOf(drawn: readonly Drawn[]): CsvRow[] {
  return drawn.flatMap((item, number) =>
    item.variants.map((one, index) => ({
      Handle: `product-${number}`,
      Title: index === 0 ? item.title : '',
      Vendor: index === 0 ? item.vendor : '',
      ...Object.fromEntries(
        [0, 1, 2].flatMap((place) => [
          [`Option${place + 1} Name`, index === 0 ? (item.names[place] ?? '') : ''],
          [`Option${place + 1} Value`, place < item.names.length ? `${place}-${index}` : ''],
        ]),
      ),
      'Variant SKU': one.hasSku ? `SKU-${number}-${index}` : '',
      'Variant Price': decimal(one.price),
      'Variant Compare At Price': one.compareAt === null ? '' : decimal(one.compareAt),
      'Variant Inventory Qty': String(one.stock),
      'Variant Grams': String(one.grams),
      'Variant Barcode': one.barcode ?? '',
      'Variant Requires Shipping': String(one.shipped),
      'Variant Taxable': String(one.taxable),
    })),
  );
}

test('any catalogue that is written to a file is read back equal, and a second import changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(product, { minLength: 1, maxLength: 6 }), async (drawn) => {
      await shop.clear();
      const csv = toCsv(rowsOf(drawn), '\r\n');
      const { refusals } = await importTexts(database.url, [csv]);
      expect(refusals).toEqual([]);
      const products = (await shop.products()).map(({ name, vendor, names }) => ({ name, vendor, names }));
      expect(products).toEqual(drawn.map(({ title, vendor, names }) => ({ name: title, vendor, names })));
      expect(await shop.variants()).toEqual(
        drawn.flatMap((item, number) =>
          item.variants.map(({ hasSku, ...one }, index) => ({
            ...one,
            slug: `product-${number}`,
            sku: hasSku ? `SKU-${number}-${index}` : null,
            options: item.names.map((_, place) => `${place}-${index}`),
          })),
        ),
      );
      const before = await shop.snapshot();
      const { summary } = await importTexts(database.url, [csv]);
      expect(summary.products).toEqual({ created: 0, changed: 0, unchanged: drawn.length });
      expect(await shop.snapshot()).toBe(before);
    }),
    { numRuns: 25 },
  );
}, 60_000);
