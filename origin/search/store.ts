/** The search index: reading it by relevance, and keeping one document in step with its product. */

import { and, desc, eq, gte, isNull, lt, lte, or, sql } from 'drizzle-orm';
import { inCategory } from '#db/category-tree.ts';
import type { Queryable } from '#db/client.ts';
import { categories, products, variants } from '#db/schema/catalog.ts';
import { searchDocuments } from '#db/schema/search.ts';
import type { ProductId } from '#lib/ids.ts';

export interface SearchRequest {
  readonly text: string;
  readonly category?: string;
  readonly minPrice?: number;
  readonly maxPrice?: number;
  readonly limit: number;
  readonly after?: { readonly score: number; readonly id: string };
}

/** By relevance, then by popularity: both in one score, so that one keyset pages through it. */
export async function findMatches(db: Queryable, request: SearchRequest) {
  const { text, category, minPrice, maxPrice, limit, after } = request;
  const query = sql`websearch_to_tsquery('english', ${text})`;
  const relevance = sql`ts_rank_cd(${searchDocuments.document}, ${query}, 1)`;
  const score = sql<number>`round((${relevance} * 1000000)::numeric)::bigint * 1000 + least(${products.popularity}, 999)`;
  const beyond =
    after && or(lt(score, after.score), and(eq(score, after.score), sql`${products.id} < ${after.id}::uuid`));
  return db
    .select({ id: products.id, score: score.mapWith(Number) })
    .from(searchDocuments)
    .innerJoin(products, eq(products.id, searchDocuments.productId))
    .where(
      and(
        sql`${searchDocuments.document} @@ ${query}`,
        isNull(products.withdrawnAt),
        category === undefined ? undefined : inCategory(products.categoryId, category),
        minPrice === undefined ? undefined : gte(products.priceMinor, sql`${minPrice}`),
        maxPrice === undefined ? undefined : lte(products.priceMinor, sql`${maxPrice}`),
        beyond,
      ),
    )
    .orderBy(desc(score), desc(products.id))
    .limit(limit);
}

/**
 * Builds the product's document from its rows as they are now. An older version never replaces a newer one,
 * and a withdrawn product's document goes.
 */
export async function indexProduct(db: Queryable, productId: ProductId): Promise<void> {
  const options = sql`(
    select coalesce(string_agg(array_to_string(${variants.optionValues}, ' ') || ' ' || coalesce(${variants.sku}, ''), ' '), '')
      from ${variants} where ${variants.productId} = ${products.id} and ${variants.withdrawnAt} is null)`;
  const plainDescription = sql`regexp_replace(${products.descriptionHtml}, '<[^>]*>', ' ', 'g')`;
  const document = sql`
    setweight(to_tsvector('english', ${products.name}), 'A') ||
    setweight(to_tsvector('english', ${products.vendor} || ' ' || coalesce(${categories.name}, '')), 'B') ||
    setweight(to_tsvector('english', array_to_string(${products.tags}, ' ') || ' ' || ${options}), 'C') ||
    setweight(to_tsvector('english', ${plainDescription}), 'D')`;
  await db.execute(sql`
    insert into ${searchDocuments} (product_id, version, document)
    select ${products.id}, ${products.version}, ${document}
      from ${products} left join ${categories} on ${categories.id} = ${products.categoryId}
     where ${products.id} = ${productId} and ${products.withdrawnAt} is null
    on conflict (product_id) do update set version = excluded.version, document = excluded.document
     where ${searchDocuments.version} < excluded.version`);
  const withdrawn = sql`exists (select 1 from ${products} where id = ${productId} and withdrawn_at is not null)`;
  await db.delete(searchDocuments).where(and(eq(searchDocuments.productId, productId), withdrawn));
}
