/** Fills a migrated, empty database with a generated catalogue, a batch at a time. */

import type postgres from 'postgres';
import { createRandom } from '#db/seed/random.ts';
import type { CategoryId } from '#lib/ids.ts';
import { copyLine, copyRows } from './copy.ts';
import { type BenchProduct, drawProduct, ranksByNumber } from './products.ts';
import { DEPARTMENTS, SHELVES, slugOf } from './shelves.ts';

const BATCH = 20_000;
const CATEGORY_SEED = 7;

export interface FillOptions {
  readonly products: number;
  /** Told the number of products that are in. */
  readonly onProgress: (written: number) => void;
  readonly signal: AbortSignal;
}

export async function fillCatalogue(sql: postgres.Sql, options: FillOptions): Promise<void> {
  const { products, onProgress, signal } = options;
  // The rows are consistent by construction; checking each reference would take most of the time.
  await sql`set session_replication_role = replica`;
  await sql`set synchronous_commit = off`;
  const categoryIds = await writeCategories(sql);
  const ranks = ranksByNumber(products);
  for (let start = 0; start < products; start += BATCH) {
    signal.throwIfAborted();
    const end = Math.min(start + BATCH, products);
    const batch: BenchProduct[] = [];
    for (let number = start; number < end; number += 1) {
      batch.push(drawProduct(number, ranks[number] ?? products, products));
    }
    await writeBatch(sql, batch, categoryIds);
    onProgress(end);
  }
  await sql`set session_replication_role = origin`;
}

type CategoryIds = ReadonlyMap<string, CategoryId>;

async function writeCategories(sql: postgres.Sql): Promise<CategoryIds> {
  const random = createRandom(CATEGORY_SEED);
  const at = new Date(0);
  const ids = new Map<string, CategoryId>();
  const lines: string[] = [];
  DEPARTMENTS.forEach((department, position) => {
    const slug = slugOf(department.name);
    ids.set(slug, random.id<CategoryId>(at));
    lines.push(copyLine([ids.get(slug) ?? null, slug, department.name, null, position]));
  });
  SHELVES.forEach(({ department, leaf, categorySlug }, position) => {
    ids.set(categorySlug, random.id<CategoryId>(at));
    const parent = ids.get(slugOf(department.name)) ?? null;
    lines.push(copyLine([ids.get(categorySlug) ?? null, categorySlug, leaf.name, parent, position]));
  });
  await copyRows(sql, 'categories (id, slug, name, parent_id, position)', lines);
  return ids;
}

async function writeBatch(
  sql: postgres.Sql,
  batch: readonly BenchProduct[],
  categoryIds: CategoryIds,
): Promise<void> {
  await copyRows(
    sql,
    `products (id, slug, name, vendor, description_html, category_id, tags, option_names, currency, price_minor,
      popularity, created_at, updated_at)`,
    batch.map((product) => productLine(product, categoryIds)),
  );
  await copyRows(
    sql,
    'variants (id, product_id, sku, option_values, price_minor, grams, position)',
    batch.flatMap(({ id, variants }) =>
      variants.map((variant, index) =>
        copyLine([variant.id, id, variant.sku, variant.optionValues, variant.priceMinor, 400, index + 1]),
      ),
    ),
  );
  await copyRows(
    sql,
    'inventory (variant_id, on_hand, reserved)',
    batch.flatMap(({ variants }) => variants.map(({ id, onHand }) => copyLine([id, onHand, 0]))),
  );
  await copyRows(
    sql,
    'product_images (id, product_id, url, alt, position)',
    batch.map(({ id, imageId, slug, name }) => copyLine([imageId, id, `/media/${slug}.svg`, name, 1])),
  );
}

function productLine(product: BenchProduct, categoryIds: CategoryIds): string {
  const cheapest = Math.min(...product.variants.map(({ priceMinor }) => priceMinor));
  return copyLine([
    product.id,
    product.slug,
    product.name,
    product.vendor,
    product.descriptionHtml,
    categoryIds.get(product.shelf.categorySlug) ?? null,
    product.tags,
    [product.optionName],
    'USD',
    cheapest,
    product.popularity,
    product.createdAt,
    product.createdAt,
  ]);
}
