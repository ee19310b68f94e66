/** The queries of slugs, of now and of before: `origin/catalog/slugs.ts` has their rules. */

import { and, desc, eq, isNull, notInArray, or, sql } from 'drizzle-orm';
import type { ProductId } from '#lib/ids.ts';
import type { Queryable, Transaction } from './client.ts';
import { kept, type Slots } from './kept.ts';
import { products } from './schema/catalog.ts';
import { productSlugs } from './schema/product-slugs.ts';

/** Under the constraint that no two products have one. */
export async function updateSlug(tx: Transaction, id: ProductId, slug: string): Promise<void> {
  await tx.update(products).set({ slug }).where(eq(products.id, id));
}

/** A product's own old slug, and one that leads to nothing any more, may be taken. */
export async function releaseSlug(tx: Transaction, id: ProductId, slug: string): Promise<void> {
  const isOver = sql`exists (
    select 1 from ${products} p where p.id = ${productSlugs.productId} and p.status = 'withdrawn')`;
  await tx
    .delete(productSlugs)
    .where(and(eq(productSlugs.slug, slug), or(eq(productSlugs.productId, id), isOver)));
}

export async function isRedirect(tx: Transaction, slug: string): Promise<boolean> {
  return (await tx.$count(productSlugs, eq(productSlugs.slug, slug))) > 0;
}

/** So many slugs of before still lead to a product; the oldest is forgotten for the next. */
const MAX_OLD_SLUGS = 50;

export async function retireSlug(tx: Transaction, old: typeof productSlugs.$inferInsert): Promise<void> {
  const { productId, retiredAt } = old;
  // An import names a product by any handle: one that leads elsewhere leads to who had it last.
  await tx
    .insert(productSlugs)
    .values(old)
    .onConflictDoUpdate({ target: productSlugs.slug, set: { productId, retiredAt } });
  const newest = tx
    .select({ slug: productSlugs.slug })
    .from(productSlugs)
    .where(eq(productSlugs.productId, productId))
    .orderBy(desc(productSlugs.retiredAt), desc(productSlugs.slug))
    .limit(MAX_OLD_SLUGS);
  await tx
    .delete(productSlugs)
    .where(and(eq(productSlugs.productId, productId), notInArray(productSlugs.slug, newest)));
}

const MOVED_BY_SLUG = kept((db, { slug }: Slots<{ slug: string }>) =>
  db
    .select({ id: products.id, slug: products.slug })
    .from(productSlugs)
    .innerJoin(products, eq(products.id, productSlugs.productId))
    .where(and(isNull(products.withdrawnAt), eq(productSlugs.slug, slug))),
);

export async function findMoved(db: Queryable, slug: string) {
  const [product] = await MOVED_BY_SLUG(db, { slug });
  return product;
}
