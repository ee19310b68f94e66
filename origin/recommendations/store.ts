/** Every query of recommendations. */

import { and, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm';
import { belongsTo } from '#db/category-tree.ts';
import type { Queryable, Transaction } from '#db/client.ts';
import { categories, products } from '#db/schema/catalog.ts';
import { productPairs } from '#db/schema/recommendations.ts';
import type { ProductId } from '#lib/ids.ts';
import type { Pair } from './heat.ts';

/** A category's trending products are looked for among so many of the hottest. */
const MAX_TRENDS_READ = 2_000;

const idArray = (ids: readonly ProductId[]): SQL =>
  sql`array[${sql.join(
    ids.map((id) => sql`${id}`),
    sql`, `,
  )}]::uuid[]`;

/** The heat of both together. What is colder by sixty half-lives no longer counts. */
const HEATED = sql`heat = greatest(kept.heat, excluded.heat)
  + ln(1 + exp(-ln(2::float8) * least(abs(kept.heat - excluded.heat), 60))) / ln(2::float8)`;

/** In the order of their ids, so that of two who heat the same rows neither waits for the other in turn. */
export async function heatTrends(tx: Transaction, ids: readonly ProductId[], heat: number): Promise<void> {
  await tx.execute(sql`
    insert into product_trends as kept (product_id, heat)
    select id, ${heat}::float8 from unnest(${idArray(ids)}) id order by id
    on conflict (product_id) do update set ${HEATED}`);
}

/** None twice. Of every product no more than `maxPairs` stay, the hottest. */
export async function heatPairs(tx: Transaction, pairs: readonly Pair[], maxPairs: number): Promise<void> {
  const given = sql`jsonb_to_recordset(${JSON.stringify(pairs)}::text::jsonb)
    as given("productId" uuid, "otherId" uuid, heat float8)`;
  await tx.execute(sql`
    insert into product_pairs as kept (product_id, other_id, heat)
    select "productId", "otherId", heat from ${given} order by "productId", "otherId"
    on conflict (product_id, other_id) do update set ${HEATED}`);
  await tx.execute(sql`
    delete from product_pairs pair using (select distinct "productId" as id from ${given}) one, lateral (
      select product_id, other_id from product_pairs where product_id = one.id
       order by heat desc, other_id desc offset ${maxPairs}::int) surplus
     where pair.product_id = surplus.product_id and pair.other_id = surplus.other_id`);
}

export async function findPairs(db: Queryable, ids: readonly ProductId[]): Promise<Pair[]> {
  return db
    .select()
    .from(productPairs)
    .where(inArray(productPairs.productId, [...ids]));
}

/** The hottest of what is on sale. */
export async function hottest(
  db: Queryable,
  { category, limit }: { readonly category: string | undefined; readonly limit: number },
): Promise<ProductId[]> {
  const within = category === undefined ? sql`true` : belongsTo(category);
  const rows = await db.execute<{ id: ProductId }>(sql`
    select products.id from (
      select product_id, heat from product_trends
       order by heat desc, product_id desc limit ${MAX_TRENDS_READ}) trend
      join products on products.id = trend.product_id
     where products.withdrawn_at is null and ${within}
     order by trend.heat desc, trend.product_id desc limit ${limit}`);
  return rows.map(({ id }) => id);
}

/** A product on sale, and the category that it is in; undefined where there is no such product. */
export async function findPlace(
  db: Queryable,
  id: ProductId,
): Promise<{ readonly category: string | null } | undefined> {
  const [place] = await db
    .select({ category: categories.slug })
    .from(products)
    .leftJoin(categories, eq(categories.id, products.categoryId))
    .where(and(eq(products.id, id), isNull(products.withdrawnAt)));
  return place;
}
