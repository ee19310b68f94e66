/** The queries of the category tree. */

import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import { belongsTo } from '#db/category-tree.ts';
import type { Queryable, Transaction } from '#db/client.ts';
import { categories, products } from '#db/schema/catalog.ts';
import type { CategoryId, ProductId } from '#lib/ids.ts';

export type CategoryRow = typeof categories.$inferSelect;

/** The whole tree, which nobody else changes until the transaction ends; products go on naming its categories. */
export async function lockTree(tx: Transaction): Promise<CategoryRow[]> {
  await tx.execute(sql`lock table ${categories} in share row exclusive mode`);
  return tx.select().from(categories);
}

export async function insertCategory(tx: Transaction, category: CategoryRow): Promise<void> {
  await tx.insert(categories).values(category);
}

export async function updateCategory(tx: Transaction, { id, ...values }: CategoryRow): Promise<void> {
  await tx.update(categories).set(values).where(eq(categories.id, id));
}

export async function deleteCategory(tx: Transaction, id: CategoryId): Promise<void> {
  await tx.delete(categories).where(eq(categories.id, id));
}

/** No more than the limit are counted. */
export async function countProducts(tx: Transaction, id: CategoryId, limit: number): Promise<number> {
  const found = await tx
    .select({ one: sql<number>`1` })
    .from(products)
    .where(eq(products.categoryId, id))
    .limit(limit);
  return found.length;
}

/** Those that were withdrawn, too: their orders go on naming them. */
export async function moveProducts(tx: Transaction, from: CategoryId, to: CategoryId): Promise<void> {
  await tx.update(products).set({ categoryId: to }).where(eq(products.categoryId, from));
}

/** Gives the next products on sale in a category, and below it, a new version. */
export async function renewProducts(
  tx: Transaction,
  { slug, after, limit }: { readonly slug: string; readonly after: ProductId | null; readonly limit: number },
  at: Date,
) {
  const next = tx
    .select({ id: products.id })
    .from(products)
    .where(
      and(
        eq(products.status, 'published'),
        belongsTo(slug),
        after === null ? undefined : gt(products.id, after),
      ),
    )
    .orderBy(asc(products.id))
    .limit(limit)
    .for('update');
  return tx
    .update(products)
    .set({ updatedAt: at, version: sql`${products.version} + 1` })
    .where(inArray(products.id, next))
    .returning({ id: products.id, slug: products.slug, version: products.version });
}

export async function findCategory(db: Queryable, id: CategoryId): Promise<CategoryRow | undefined> {
  const [category] = await db.select().from(categories).where(eq(categories.id, id));
  return category;
}
