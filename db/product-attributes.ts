/** The queries of what products say of themselves. */

import { eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { CategoryId, ProductId } from '#lib/ids.ts';
import type { Transaction } from './client.ts';
import { attributes, productAttributes } from './schema/attributes.ts';
import { categories, products } from './schema/catalog.ts';

export type AttributeKind = (typeof attributes.$inferSelect)['kind'];

export interface StoredAttribute {
  readonly key: string;
  readonly kind: AttributeKind;
  readonly value: string;
}

const productId = sql`${products}.${sql.identifier(products.id.name)}`;

/** For the one statement that reads a product. */
export const attributesOfProduct = sql<StoredAttribute[]>`(
  select coalesce(json_agg(json_build_object('key', a.key, 'kind', a.kind, 'value', pa.value) order by a.key), '[]')
    from ${productAttributes} pa join ${attributes} a on a.key = pa.key where pa.product_id = ${productId})`;

export function hasAttribute({ key, value }: { readonly key: string; readonly value: string }): SQL {
  return sql`${productId} in (
    select pa.product_id from ${productAttributes} pa where pa.key = ${key} and pa.value = ${value})`;
}

/** Deeper trees are cut off here; it also ends a loop that bad data could make. */
const MAX_DEPTH = 10;

/** Of these, the attributes that there are, and whether a product of that category may have each. */
export async function findDefinitions(
  tx: Transaction,
  keys: readonly string[],
  categoryId: CategoryId | null,
) {
  if (keys.length === 0) return [];
  const above = sql`
    with recursive up(id, parent_id, depth) as (
      select id, parent_id, 1 from ${categories} where id = ${categoryId}
      union all
      select c.id, c.parent_id, up.depth + 1 from ${categories} c join up on c.id = up.parent_id
       where up.depth < ${MAX_DEPTH})
    select id from up`;
  return tx
    .select({
      key: attributes.key,
      kind: attributes.kind,
      choices: attributes.choices,
      applies: sql<boolean>`${attributes.categoryId} is null or ${attributes.categoryId} in (${above})`,
    })
    .from(attributes)
    .where(inArray(attributes.key, [...keys]))
    .for('share');
}

export async function replaceAttributes(
  tx: Transaction,
  productId: ProductId,
  values: readonly { readonly key: string; readonly value: string }[],
): Promise<void> {
  await tx.delete(productAttributes).where(eq(productAttributes.productId, productId));
  if (values.length > 0) {
    await tx.insert(productAttributes).values(values.map((each) => ({ ...each, productId })));
  }
}
