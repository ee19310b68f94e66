/** A bad row is reported with its file, line and reason, and the rest is imported. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { FileError } from '#db/import/rows.ts';
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

const FIRST_ROWS: readonly (readonly [what: string, changes: CsvRow, reason: RegExp])[] = [
  ['without a title', { Title: ' ' }, /^Title is missing/],
  ['with an over-long title', { Title: 'x'.repeat(501) }, /^Title is longer than 500 characters/],
  ['with a handle that is no slug', { Handle: 'two words' }, /^Handle 'two words' is not letters/],
  ['with a handle like an id', { Handle: '01890A5D-ac96-774b-bcce-b302099a8090' }, /^Handle .* like an id/],
  ['without a handle', { Handle: '' }, /^Handle is missing/],
  ['without a price', { 'Variant Price': '' }, /^Variant Price is missing/],
  ['with a price in words', { 'Variant Price': 'ten' }, /^Variant Price 'ten' is no decimal number/],
  ['with a comma in its price', { 'Variant Price': '9,99' }, /^Variant Price '9,99' is no decimal number/],
  ['with a negative price', { 'Variant Price': '-1.00' }, /^Variant Price '-1.00' is negative/],
  ['with too many decimals', { 'Variant Price': '1.999' }, /^Variant Price '1.999' has more than 2 decimals/],
  ['with a price past all bounds', { 'Variant Price': '9'.repeat(20) }, /is too large/],
  ['with a bad compare-at price', { 'Variant Compare At Price': 'x' }, /^Variant Compare At Price 'x' is no/],
  ['with a negative quantity', { 'Variant Inventory Qty': '-3' }, /^Variant Inventory Qty '-3' is negative/],
  ['with half a unit', { 'Variant Inventory Qty': '1.5' }, /^Variant Inventory Qty '1.5' is no whole number/],
  ['with a quantity past all bounds', { 'Variant Inventory Qty': '3000000000' }, /is too large/],
  ['with a bad weight', { 'Variant Grams': 'heavy' }, /^Variant Grams 'heavy' is no weight/],
  ['with an option without its value', { 'Option1 Value': '' }, /^Option1 Value is missing \(Size\)/],
  ['with a value without its option', { 'Option2 Value': 'Red' }, /^Option2 Value is given but/],
  ['with an option after a nameless one', { 'Option3 Name': 'Cut' }, /^an option is named after one/],
  ['with two options of one name', { 'Option2 Name': 'Size' }, /^two options have the same name/],
  ['with an unknown status', { Status: 'asleep' }, /^Status 'asleep' is not known/],
  ['neither published nor not', { Published: 'perhaps' }, /^Published 'perhaps' is neither true nor false/],
  [
    'in another currency',
    { 'Hotshelf Currency': 'JPY' },
    /^Hotshelf Currency 'JPY' is not the shop's, which is USD/,
  ],
  ['in a category too deep', { Type: 'a/b/c/d/e/f/g/h/i' }, /^Type is deeper than 8 levels/],
  ['that is not UTF-8', { Vendor: '\uFFFD' }, /^is not UTF-8/],
  ['with a NUL character', { Vendor: 'a\0b' }, /^contains a NUL character/],
];

test.each(FIRST_ROWS)('a product %s is refused by line and the others arrive', async (_, changes, reason) => {
  const rows = [goodRow('before'), { ...goodRow('bad'), ...changes }, goodRow('after')];
  const { summary, refusals } = await importTexts(database.url, [toCsv(rows, '\r\n')]);
  expect(refusals).toEqual([{ file: 'a.csv', line: 3, reason: expect.stringMatching(reason) }]);
  expect(summary).toMatchObject({ refused: 1, products: { created: 2 } });
  expect((await shop.products()).map(({ slug }) => slug)).toEqual(['after', 'before']);
});

const VARIANT_ROWS: readonly (readonly [what: string, row: CsvRow, reason: RegExp])[] = [
  ['a bad price', nextRow('mug', 'Two', { 'Variant Price': 'free' }), /^Variant Price 'free'/],
  ['the options of another', nextRow('mug', 'One'), /^the variant One is already in line 2$/],
  [
    'the SKU of another',
    nextRow('mug', 'Two', { 'Variant SKU': 'M1' }),
    /^Variant SKU 'M1' is already in line 2$/,
  ],
  [
    'an over-long SKU',
    nextRow('mug', 'Two', { 'Variant SKU': 'x'.repeat(256) }),
    /longer than 255 characters/,
  ],
  ['nothing to add', { Handle: 'mug' }, /^has neither a variant nor an image$/],
];

test.each(VARIANT_ROWS)('a variant row with %s costs that variant only', async (_, row, reason) => {
  const rows = [goodRow('mug', { 'Variant SKU': 'M1' }), row, nextRow('mug', 'Three')];
  const { refusals } = await importTexts(database.url, [toCsv(rows)]);
  expect(refusals).toEqual([{ file: 'a.csv', line: 3, reason: expect.stringMatching(reason) }]);
  expect((await shop.variants()).map(({ options }) => options)).toEqual([['One'], ['Three']]);
});

test('an image without a web address costs that image only', async () => {
  const rows = [
    goodRow('mug', { 'Image Src': 'javascript:alert(1)' }),
    nextRow('mug', 'Two', { 'Image Src': 'https://a.example/b.jpg' }),
  ];
  const { refusals } = await importTexts(database.url, [toCsv(rows)]);
  expect(refusals).toEqual([
    { file: 'a.csv', line: 2, reason: expect.stringMatching(/^Image Src .* is no http/) },
  ]);
  expect((await shop.images('mug')).map(({ url }) => url)).toEqual(['https://a.example/b.jpg']);
});

test('each row of a product whose first row is bad is accounted for', async () => {
  const rows = [goodRow('mug', { 'Variant Price': '' }), nextRow('mug', 'Two'), goodRow('cup')];
  const { refusals } = await importTexts(database.url, [toCsv(rows)]);
  expect(refusals.map(({ line }) => line)).toEqual([2, 3]);
  expect((await shop.products()).map(({ slug }) => slug)).toEqual(['cup']);
});

test('a SKU that an earlier product of the import has is refused to a later one, across files too', async () => {
  const one = toCsv([goodRow('mug', { 'Variant SKU': 'M1' })]);
  const two = toCsv([
    goodRow('cup', { 'Variant SKU': 'M1' }),
    nextRow('cup', 'Two', { 'Variant SKU': 'C2' }),
  ]);
  const { refusals } = await importTexts(database.url, [one, two]);
  expect(refusals).toEqual([{ file: 'b.csv', line: 2, reason: "Variant SKU 'M1' is already in a.csv:2" }]);
  expect((await shop.variants()).map(({ sku }) => sku)).toEqual(['C2', 'M1']);
});

test('a SKU that another product of the shop has is refused', async () => {
  await importTexts(database.url, [toCsv([goodRow('mug', { 'Variant SKU': 'M1' })])]);
  const { refusals } = await importTexts(database.url, [toCsv([goodRow('cup', { 'Variant SKU': 'M1' })])]);
  expect(refusals).toEqual([
    { file: 'a.csv', line: 2, reason: "Variant SKU 'M1' belongs to the product 'mug' in the shop" },
  ]);
});

test('a handle that comes back later is refused with the place of its first rows', async () => {
  const { refusals } = await importTexts(database.url, [
    toCsv([goodRow('mug'), goodRow('cup'), goodRow('mug', { Title: 'Another' })]),
  ]);
  expect(refusals).toEqual([
    { file: 'a.csv', line: 4, reason: expect.stringMatching(/^Handle 'mug' has been imported from a.csv:2/) },
  ]);
  expect((await shop.products()).map(({ name }) => name)).toEqual(['Title of cup', 'Title of mug']);
});

test('a row with too few or too many fields is refused', async () => {
  const csv = `${toCsv([goodRow('mug')])}cup,Cup\nplate,Plate,Size,One,,5.00,1,extra\n`;
  const { refusals } = await importTexts(database.url, [csv]);
  expect(refusals.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
    '3: has 2 fields where the header has 7',
    '4: has 8 fields where the header has 7',
  ]);
});

test('lines are counted as an editor counts them: quoted line ends, empty lines, CRLF and a BOM', async () => {
  const rows = [goodRow('mug', { 'Body (HTML)': 'one\r\ntwo\r\nthree' }), goodRow('bad', { Title: '' })];
  const csv = `\uFEFF${toCsv(rows, '\r\n').replace('\r\nbad', '\r\n\r\n\r\nbad')}`;
  const { refusals } = await importTexts(database.url, [csv]);
  expect(csv.split('\n').findIndex((line) => line.startsWith('bad')) + 1).toBe(7);
  expect(refusals.map(({ line }) => line)).toEqual([7]);
});

test('a quote that is never closed is reported where it opens, and what came before is imported', async () => {
  const csv = `${toCsv([goodRow('mug')])}cup,"Cup,Size,One,,5.00,1\nplate,Plate,Size,One,,5.00,1\n`;
  const { refusals } = await importTexts(database.url, [csv]);
  expect(refusals).toEqual([
    { file: 'a.csv', line: 3, reason: expect.stringMatching(/^a quote is opened and never/) },
  ]);
  expect((await shop.products()).map(({ slug }) => slug)).toEqual(['mug']);
});

describe('a row that is refused withdraws no variant of its product:', () => {
  const [small, medium, large] = [goodRow('tee'), nextRow('tee', 'Two'), nextRow('tee', 'Three')];
  const after = goodRow('tub');
  const good = toCsv([small, medium, large, after]);
  const [header = '', first = '', second = '', third = '', last = ''] = good.split('\n');
  const lines = (...texts: string[]) => [header, ...texts].map((text) => `${text}\n`).join('');
  const latin1 = (text: string) => new Uint8Array(Buffer.from(text.replace('Two', 'Tw\xF6'), 'latin1'));

  test.each<[what: string, ...files: (string | Uint8Array)[]]>([
    ['a bad price', lines(first, second.replace('9.99', 'x'), third, last)],
    ['nothing to add', lines(first, 'tee,,,,,,', third, last)],
    ['a stray comma', lines(first, second.replace('Two', 'Two,'), third, last)],
    [
      'a stray comma in the first row',
      lines(first.replace('One', 'One,'), second.replace('tee,,,', 'tee,Tee,Size,'), third),
    ],
    ['a byte of Latin-1', latin1(good)],
    ['a quote that is never closed', lines(first, second.replace('Two', '"Two'), third, last)],
    ['no handle', lines(first, second.replace('tee', ''), third, last)],
    ['rows that do not stand together', lines(first, second, last, third)],
    ['rows apart, of which one is broken', lines(first, third, last, second.replace('Two', 'Two,'))],
    ['rows in two files', lines(first, second), lines(third, last)],
  ])('%s', async (_, ...files) => {
    await importTexts(database.url, [good]);
    const { summary } = await importTexts(database.url, files);
    expect(summary.refused).toBeGreaterThan(0);
    expect(summary.variants.withdrawn).toBe(0);
    const options = (await shop.variants()).map(({ slug, options }) => `${slug} ${options}`);
    expect(options.toSorted()).toEqual(['tee One', 'tee Three', 'tee Two', 'tub One']);
  });
});

describe('a file that is no product export is refused as a whole, before anything is written', () => {
  const good = toCsv([goodRow('mug')]);
  test.each([
    ['empty', '', /b\.csv: is empty$/],
    ['without mandatory columns', 'Handle,Price\na,1\n', /lacks Title$/],
    ['prose', 'Dear all,\nhello\n', /lacks Handle, Title, Variant Price$/],
    ['binary', new Uint8Array([0x89, 0, 1, 2, 0, 10]), /is no CSV but binary/],
  ] as const)('%s', async (_, content, message) => {
    const failure = await importTexts(database.url, [good, content]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FileError);
    expect((failure as FileError).message).toMatch(message);
    expect(await shop.products()).toEqual([]);
  });
});

test('a strict import writes nothing when one row is bad, and everything when none is', async () => {
  const before = await shop.snapshot();
  const bad = toCsv([goodRow('mug'), goodRow('cup', { Title: '' })]);
  const refused = await importTexts(database.url, [bad], { strict: true });
  expect(refused.summary).toMatchObject({ refused: 1, written: false });
  expect(await shop.snapshot()).toBe(before);
  const { summary } = await importTexts(database.url, [toCsv([goodRow('mug')])], { strict: true });
  expect(summary).toMatchObject({ refused: 0, written: true });
  expect(await shop.products()).toHaveLength(1);
});

test('a dry run reports what an import would and writes nothing', async () => {
  const csv = toCsv([
    goodRow('mug'),
    goodRow('cup', { Type: 'New/Category' }),
    goodRow('bad', { Title: '' }),
  ]);
  const before = await shop.snapshot();
  const dry = await importTexts(database.url, [csv], { dryRun: true });
  expect(await shop.snapshot()).toBe(before);
  const wet = await importTexts(database.url, [csv]);
  expect(dry.refusals).toEqual(wet.refusals);
  expect(dry.summary).toEqual({ ...wet.summary, written: false });
});
