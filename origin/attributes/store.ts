/** The queries of attributes. */

import { and, asc, eq, notInArray } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { attributes, productAttributes } from '#db/schema/attributes.ts';
import { categories } from '#db/schema/catalog.ts';

export type AttributeRow = typeof attributes.$inferSelect;

export async function listAttributes(db: Queryable): Promise<AttributeRow[]> {
  return db.select().from(attributes).orderBy(asc(attributes.key));
}

export async function countAttributes(tx: Transaction): Promise<number> {
  return tx.$count(attributes);
}

/** Locked until the transaction ends: nobody gives a product a value of it meanwhile. */
export async function lockAttribute(tx: Transaction, key: string): Promise<AttributeRow | undefined> {
  const [attribute] = await tx.select().from(attributes).where(eq(attributes.key, key)).for('update');
  return attribute;
}

/** False where there is one with the key. */
export async function insertAttribute(tx: Transaction, attribute: AttributeRow): Promise<boolean> {
  const rows = await tx
    .insert(attributes)
    .values(attribute)
    .onConflictDoNothing()
    .returning({ key: attributes.key });
  return rows.length === 1;
}

export async function updateAttribute(tx: Transaction, { key, name, choices }: AttributeRow): Promise<void> {
  await tx.update(attributes).set({ name, choices }).where(eq(attributes.key, key));
}

export async function deleteAttribute(tx: Transaction, key: string): Promise<void> {
  await tx.delete(attributes).where(eq(attributes.key, key));
}

/** Whether a product has a value of it that is none of these. */
export async function isUsedBeside(
  tx: Transaction,
  key: string,
  values: readonly string[],
): Promise<boolean> {
  const beside = values.length === 0 ? undefined : notInArray(productAttributes.value, [...values]);
  const rows = await tx
    .select({ key: productAttributes.key })
    .from(productAttributes)
    .where(and(eq(productAttributes.key, key), beside))
    .limit(1);
  return rows.length > 0;
}

export async function findCategory(tx: Transaction, slug: string) {
  const [category] = await tx.select({ id: categories.id }).from(categories).where(eq(categories.slug, slug));
  return category;
}
