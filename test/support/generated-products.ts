/** Any products that the shop could hold, whoever put them there, straight into the database. */

import fc from 'fast-check';
import type postgres from 'postgres';
import { sanitizeHtml } from '#db/import/html.ts';

/** What spreadsheets, CSV and the import itself would trip over, beside any other text. */
const trouble = fc.constantFrom(
  ...[
    '=1+1',
    '+1',
    '-1',
    '@x',
    '\t',
    "'",
    "''",
    "'=",
    ' x ',
    'x ',
    ' ',
    '"',
    ',',
    '\\',
    '\\,',
    '/',
    ' /',
    '\r\n',
    '\n',
    '\r',
  ],
  ...[
    'Title',
    'Default Title',
    '\uFFFD',
    '\u00A0',
    '\uFEFF',
    'ä',
    '日本',
    '😀',
    '</p>',
    '&amp;',
    '<b>',
    ';',
    '>',
    'null',
    '0',
  ],
);
const text = (maxLength = 4) =>
  fc
    .array(fc.oneof(trouble, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 })), {
      minLength: 1,
      maxLength,
    })
    .map((parts) => parts.join('').replaceAll('\0', '').slice(0, 100).toWellFormed())
    .filter((joined) => joined !== '');
const optional = fc.option(text());

const variant = fc.record({
  sku: optional,
  barcode: optional,
  price: fc.nat(9_999_999),
  compareAt: fc.option(fc.nat(9_999_999)),
  grams: fc.option(fc.nat(90_000)),
  shipped: fc.boolean(),
  taxable: fc.boolean(),
  stock: fc.nat(500),
  picture: fc.option(fc.nat(3)),
});

const product = fc
  .record({
    name: text(),
    vendor: fc.oneof(fc.constant(''), text()),
    html: fc.oneof(fc.constant(''), text(8)),
    tags: fc.array(text(2), { maxLength: 4 }),
    category: fc.array(text(2), { maxLength: 3 }),
    optionNames: fc.uniqueArray(text(2), { maxLength: 3 }),
    values: fc.uniqueArray(text(2), { minLength: 4, maxLength: 4 }),
    variants: fc.array(variant, { minLength: 1, maxLength: 4 }),
    images: fc.array(text(2), { maxLength: 4 }),
    firstPosition: fc.nat(1),
    status: fc.constantFrom('draft', 'scheduled', 'published', 'withdrawn'),
    publishAt: fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
  })
  .map((made) => ({
    ...made,
    // Without options there is nothing to tell two variants apart.
    variants: made.optionNames.length === 0 ? made.variants.slice(0, 1) : made.variants,
  }));

export type GeneratedProduct = typeof product extends fc.Arbitrary<infer Made> ? Made : never;
export const generatedProducts = fc.array(product, { minLength: 1, maxLength: 5 });

export async function insertGenerated(
  sql: postgres.Sql,
  products: readonly GeneratedProduct[],
): Promise<void> {
  const categories = new Map<string, string>();
  const skus = new Set<string>();
  for (const [index, made] of products.entries()) {
    const id = Bun.randomUUIDv7();
    const cheapest = made.variants.toSorted((one, next) => one.price - next.price)[0];
    await sql`insert into products ${sql({
      ...{ id, slug: `p-${index}`, name: made.name, vendor: made.vendor, currency: 'USD' },
      ...{ description_html: sanitizeHtml(made.html), tags: made.tags, option_names: made.optionNames },
      ...{ price_minor: cheapest?.price ?? 0, compare_at_minor: cheapest?.compareAt ?? null },
      category_id: await reachCategory(sql, made.category, categories),
      status: made.status,
      publish_at: made.status === 'scheduled' ? made.publishAt : null,
      withdrawn_at: made.status === 'published' ? null : new Date(),
    })}`;
    await insertImages(sql, id, { made, variantIds: await insertVariants(sql, id, { made, skus }) });
  }
}

/** @returns their ids, in order */
async function insertVariants(
  sql: postgres.Sql,
  productId: string,
  { made, skus }: { readonly made: GeneratedProduct; readonly skus: Set<string> },
): Promise<string[]> {
  const ids: string[] = [];
  for (const [place, offer] of made.variants.entries()) {
    const id = Bun.randomUUIDv7();
    const sku = offer.sku === null || skus.has(offer.sku) ? null : offer.sku;
    if (sku !== null) skus.add(sku);
    const values = made.optionNames.map((_, option) => made.values[option === 0 ? place : option] ?? '');
    await sql`insert into variants ${sql({
      ...{ id, product_id: productId, sku, barcode: offer.barcode, price_minor: offer.price },
      ...{ compare_at_minor: offer.compareAt, grams: offer.grams, requires_shipping: offer.shipped },
      ...{ taxable: offer.taxable, option_values: values, position: made.firstPosition + place },
    })}`;
    await sql`insert into inventory ${sql({ variant_id: id, on_hand: offer.stock })}`;
    await sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta)
      select ${id}, 'receipt', ${offer.stock}, 0 where ${offer.stock} > 0`;
    ids.push(id);
  }
  return ids;
}

async function insertImages(
  sql: postgres.Sql,
  productId: string,
  { made, variantIds }: { readonly made: GeneratedProduct; readonly variantIds: readonly string[] },
): Promise<void> {
  for (const [place, alt] of made.images.entries()) {
    const url = place === 3 ? '/media/a.b-c.svg' : `https://pictures.example/${place}?a=%20,"`;
    const variantId = variantIds[made.variants.findIndex(({ picture }) => picture === place)] ?? null;
    await sql`insert into product_images ${sql({
      ...{ id: Bun.randomUUIDv7(), product_id: productId, variant_id: variantId, url, alt },
      position: made.firstPosition + 2 * place,
    })}`;
  }
}

/** By names, as the import does. */
async function reachCategory(
  sql: postgres.Sql,
  path: readonly string[],
  known: Map<string, string>,
): Promise<string | null> {
  let parent: string | null = null;
  for (const name of path) {
    const key = JSON.stringify([parent, name]);
    const found = known.get(key);
    const id: string = found ?? Bun.randomUUIDv7();
    if (found === undefined)
      await sql`insert into categories ${sql({ id, slug: id, name, parent_id: parent })}`;
    known.set(key, id);
    parent = id;
  }
  return parent;
}
