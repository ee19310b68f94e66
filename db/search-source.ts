/** What the search index is made from: products on sale with everything that they are found by. */

import { and, asc, desc, inArray, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import type { CategoryId, ProductId } from '#lib/ids.ts';
import type { Database, Queryable } from './client.ts';
import { products } from './schema/catalog.ts';

const productId = sql`${products}.${sql.identifier(products.id.name)}`;

const onSaleVariants = sql`variants v where v.product_id = ${productId} and v.withdrawn_at is null`;

const sourceColumns = {
  productId: products.id,
  version: products.version,
  name: products.name,
  vendor: products.vendor,
  categoryId: products.categoryId,
  /** Those that it is in by their rules. */
  takenInBy: sql<CategoryId[]>`(
    select coalesce(json_agg(m.category_id order by m.category_id), '[]')
      from category_members m where m.product_id = ${productId})`,
  tags: products.tags,
  optionNames: products.optionNames,
  descriptionText: sql<string>`left(regexp_replace(${products.descriptionHtml}, '<[^>]*>|&[a-z]+;|&#[0-9]+;', ' ', 'gi'), 20000)`,
  priceMinor: products.priceMinor,
  popularity: products.popularity,
  createdAt: products.createdAt,
  /** The values of each variant, in the order of the options' names. */
  optionValues: sql<string[][]>`(select coalesce(json_agg(v.option_values), '[]') from ${onSaleVariants})`,
  skus: sql<string[]>`(select coalesce(json_agg(v.sku), '[]') from ${onSaleVariants} and v.sku is not null)`,
  /** An aggregate, for PostgreSQL may answer `exists` by a hash of the whole inventory, once for each page. */
  available: sql<boolean>`(
    select coalesce(bool_or(i.on_hand > i.reserved), false)
      from inventory i, ${onSaleVariants} and i.variant_id = v.id)`,
};

export type SearchSource = Awaited<ReturnType<typeof findSources>>[number];

/** Without what is not on sale. */
export async function findSources(db: Queryable, ids: readonly ProductId[]) {
  return readSources(db, inArray(products.id, [...ids]), ids.length);
}

export interface PopularityPosition {
  readonly popularity: number;
  readonly productId: ProductId;
}

/** All products on sale, the most popular first, a page at a time. */
export async function listSources(db: Queryable, limit: number, after: PopularityPosition | null) {
  const { popularity, id } = products;
  const beyond = after && sql`(${popularity}, ${id}) < (${after.popularity}, ${after.productId}::uuid)`;
  return readSources(db, beyond ?? undefined, limit);
}

/** In the order of `products_popular`, read backwards: with `nulls last` it would not be of use. */
function readSources(db: Queryable, condition: SQL | undefined, limit: number) {
  return db
    .select(sourceColumns)
    .from(products)
    .where(and(isNull(products.withdrawnAt), condition))
    .orderBy(desc(products.popularity), desc(products.id))
    .limit(limit);
}

export async function listWithdrawn(db: Queryable, limit: number, after: ProductId | null) {
  const rows = await db
    .select({ id: products.id })
    .from(products)
    .where(and(isNotNull(products.withdrawnAt), beyond(after)))
    .orderBy(asc(products.id))
    .limit(limit);
  return rows.map(({ id }) => id);
}

/** Products on sale that the index does not have, as after a migration that began it anew. */
export async function listUnindexed(db: Queryable, limit: number, after: ProductId | null) {
  const isIndexed = sql`exists (select 1 from search_documents d where d.product_id = ${productId})`;
  const rows = await db
    .select({ id: products.id })
    .from(products)
    .where(and(isNull(products.withdrawnAt), sql`not ${isIndexed}`, beyond(after)))
    .orderBy(asc(products.id))
    .limit(limit);
  return rows.map(({ id }) => id);
}

const COMPARE_TIMEOUT_MS = 60_000;

/**
 * Products on sale whose popularity is not what the index has; every product is compared, in one pass over both
 * tables and not by a look at each document. For a chore: it takes seconds in a large shop.
 */
export async function listChangedPopularity(db: Database, limit: number) {
  return db.transaction(async (tx) => {
    await tx.execute(sql`
      select set_config('statement_timeout', ${String(COMPARE_TIMEOUT_MS)}, true),
             set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true)`);
    return tx.execute<{ productId: ProductId; popularity: number }>(sql`
      select p.id as "productId", p.popularity
        from ${products} p join search_documents d on d.product_id = p.id
       where p.withdrawn_at is null and p.popularity <> d.popularity limit ${limit}`);
  });
}

function beyond(after: ProductId | null): SQL | undefined {
  return after === null ? undefined : sql`${products.id} > ${after}`;
}

export interface CategoryRow {
  readonly id: CategoryId;
  readonly slug: string;
  readonly name: string;
  readonly parentId: CategoryId | null;
}

export async function listCategoryRows(db: Queryable): Promise<CategoryRow[]> {
  return db.execute<{ id: CategoryId; slug: string; name: string; parentId: CategoryId | null }>(
    sql`select id, slug, name, parent_id as "parentId" from categories`,
  );
}
