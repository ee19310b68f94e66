/** The queries of categories' rules, and of what they take in. */

import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { takesIn } from '#db/category-rules.ts';
import type { Queryable, Transaction } from '#db/client.ts';
import { attributes } from '#db/schema/attributes.ts';
import { categories, products } from '#db/schema/catalog.ts';
import { type CategoryCondition, categoryMembers, categoryRules } from '#db/schema/category-rules.ts';
import type { CategoryId, ProductId } from '#lib/ids.ts';

export type RuleRow = typeof categoryRules.$inferSelect;
export type StoredRule = Pick<RuleRow, 'match' | 'conditions'>;

export async function findRule(db: Queryable, id: CategoryId): Promise<RuleRow | undefined> {
  const [rule] = await db.select().from(categoryRules).where(eq(categoryRules.categoryId, id));
  return rule;
}

/** Nobody takes the category away until the transaction ends. */
export async function holdCategory(tx: Transaction, id: CategoryId): Promise<boolean> {
  const rows = await tx
    .select({ id: categories.id })
    .from(categories)
    .where(eq(categories.id, id))
    .for('key share');
  return rows.length > 0;
}

export async function countRulesBeside(tx: Transaction, id: CategoryId): Promise<number> {
  return tx.$count(categoryRules, sql`${categoryRules.categoryId} <> ${id}`);
}

export async function upsertRule(
  tx: Transaction,
  categoryId: CategoryId,
  rule: StoredRule,
  updatedAt: Date,
): Promise<RuleRow | undefined> {
  const [saved] = await tx
    .insert(categoryRules)
    .values({ categoryId, ...rule, updatedAt })
    .onConflictDoUpdate({
      target: categoryRules.categoryId,
      set: { ...rule, updatedAt, version: sql`${categoryRules.version} + 1` },
    })
    .returning();
  return saved;
}

export async function deleteRule(tx: Transaction, id: CategoryId): Promise<boolean> {
  const rows = await tx
    .delete(categoryRules)
    .where(eq(categoryRules.categoryId, id))
    .returning({ id: categoryRules.categoryId });
  return rows.length > 0;
}

/** Those of the keys that no attribute has. */
export async function unknownAttributes(tx: Transaction, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const rows = await tx
    .select({ key: attributes.key })
    .from(attributes)
    .where(inArray(attributes.key, [...keys]));
  return keys.filter((key) => rows.every((row) => row.key !== key));
}

const RULE = { match: sql`r.match`, conditions: sql`r.conditions` };

/** Whether the category's rule takes in the product of the row, as both are now. */
const belongs = (id: CategoryId, product: SQL) => sql`coalesce((
  select ${takesIn(RULE, product)} from ${categoryRules} r where r.category_id = ${id}), false)`;

const isMember = (id: CategoryId, product: SQL) => sql`exists (
  select 1 from ${categoryMembers} m where m.category_id = ${id} and m.product_id = ${product}.id)`;

export interface Window {
  readonly after: ProductId | null;
  /** Products that one statement looks at. */
  readonly size: number;
  /** Of these, as many as it takes at most. */
  readonly limit: number;
}

/**
 * Locks the next products that are in the category by its rule and should not be, or the other way round. `last` is
 * where to go on; null after the last product.
 */
export async function lockMisplaced(
  tx: Transaction,
  id: CategoryId,
  { after, size, limit }: Window,
): Promise<{ readonly ids: readonly ProductId[]; readonly last: ProductId | null }> {
  const beyond = after === null ? sql`true` : sql`p.id > ${after}::uuid`;
  const [end] = await tx.execute<{ last: ProductId | null; looked: number }>(sql`
    select max(id::text)::uuid as last, count(*)::int as looked
      from (select p.id from ${products} p where ${beyond} order by p.id limit ${size}) looked`);
  const last = end?.last ?? null;
  if (last === null) return { ids: [], last: null };
  const p = sql`p`;
  const rows = await tx.execute<{ id: ProductId }>(sql`
    select p.id from ${products} p
     where ${beyond} and p.id <= ${last}::uuid and ${belongs(id, p)} <> ${isMember(id, p)}
     order by p.id limit ${limit} for update of p`);
  const ids = rows.map((row) => row.id);
  if (ids.length === limit) return { ids, last: ids.at(-1) ?? null };
  return { ids, last: (end?.looked ?? 0) < size ? null : last };
}

/** Puts locked products into the category or out of it, as its rule says now; those that have moved. */
export async function placeAll(
  tx: Transaction,
  id: CategoryId,
  ids: readonly ProductId[],
): Promise<ProductId[]> {
  const among = sql`p.id in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`;
  const p = sql`p`;
  const rows = await tx.execute<{ id: ProductId }>(sql`
    with gone as (
      delete from ${categoryMembers} m using ${products} p
       where m.category_id = ${id} and m.product_id = p.id and ${among} and not ${belongs(id, p)}
      returning m.product_id),
    come as (
      insert into ${categoryMembers} (category_id, product_id)
      select ${id}::uuid, p.id from ${products} p where ${among} and ${belongs(id, p)}
      on conflict do nothing returning product_id)
    select product_id as id from gone union all select product_id from come`);
  return rows.map((row) => row.id);
}

/** The categories whose rules take in the product. */
const takers = (id: ProductId) => sql`
  select r.category_id from ${categoryRules} r join ${products} p on p.id = ${id} where ${takesIn(RULE, sql`p`)}`;

/** Whether the product is where the rules have it. */
export async function isPlaced(db: Queryable, id: ProductId): Promise<boolean> {
  const own = sql`select category_id from ${categoryMembers} where product_id = ${id}`;
  const [row] = await db.execute<{ placed: boolean }>(sql`
    with wanted as materialized (${takers(id)}), own as materialized (${own})
    select not exists (select * from wanted except select * from own)
       and not exists (select * from own except select * from wanted) as placed`);
  return row?.placed === true;
}

export async function lockProduct(tx: Transaction, id: ProductId): Promise<void> {
  await tx.select({ id: products.id }).from(products).where(eq(products.id, id)).for('update');
}

/** Puts a locked product where the rules have it. */
export async function place(tx: Transaction, id: ProductId): Promise<void> {
  await tx.execute(sql`
    with wanted as materialized (${takers(id)}),
    gone as (
      delete from ${categoryMembers}
       where product_id = ${id} and category_id not in (select category_id from wanted))
    insert into ${categoryMembers} (category_id, product_id)
    select category_id, ${id}::uuid from wanted on conflict do nothing`);
}

/** Gives products that are on sale their next version: where they are found has changed. */
export async function renew(tx: Transaction, ids: readonly ProductId[], at: Date) {
  if (ids.length === 0) return [];
  return tx
    .update(products)
    .set({ updatedAt: at, version: sql`${products.version} + 1` })
    .where(and(eq(products.status, 'published'), inArray(products.id, [...ids])))
    .returning({ id: products.id, slug: products.slug, version: products.version });
}

export interface PreviewRow {
  readonly matching: number;
  readonly looked: number;
  readonly ids: readonly ProductId[];
}

/** What a rule would take in, of the newest products on sale. */
export async function preview(
  db: Queryable,
  { match, conditions }: { readonly match: string; readonly conditions: readonly CategoryCondition[] },
  { looked, shown }: { readonly looked: number; readonly shown: number },
): Promise<PreviewRow> {
  const rule = { match: sql`${match}::text`, conditions: sql`${JSON.stringify(conditions)}::jsonb` };
  const [row] = await db.execute<{ matching: number; looked: number; ids: ProductId[] }>(sql`
    with looked as materialized (
      select p.id, p.created_at, ${takesIn(rule, sql`p`)} as taken from ${products} p
       where p.withdrawn_at is null order by p.created_at desc, p.id desc limit ${looked})
    select count(*) filter (where taken)::int as matching, count(*)::int as looked,
           (select coalesce(json_agg(id), '[]') from (
              select id from looked where taken order by created_at desc, id desc limit ${shown}) newest) as ids
      from looked`);
  return row ?? { matching: 0, looked: 0, ids: [] };
}
