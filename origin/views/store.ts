/** Every query of what shoppers have looked at. */

import { desc, eq, lt, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { deleteOldRows } from '#db/delete-old.ts';
import { productViews } from '#db/schema/views.ts';
import type { ProductId, UserId } from '#lib/ids.ts';

export type ViewRow = typeof productViews.$inferSelect;

/** False where there is no such product on sale. What was counted not long ago is not counted again. */
export async function upsertView(
  tx: Transaction,
  { userId, productId, seenAt }: Omit<ViewRow, 'learntAt'>,
  countedBefore: Date,
): Promise<boolean> {
  const rows = await tx.execute(sql`
    insert into product_views as kept (user_id, product_id, seen_at)
    select ${userId}::uuid, id, ${seenAt.toISOString()}::timestamptz from products
     where id = ${productId} and withdrawn_at is null
    on conflict (user_id, product_id) do update
       set seen_at = excluded.seen_at,
           learnt_at = case when kept.learnt_at < ${countedBefore.toISOString()}::timestamptz then null
                            else kept.learnt_at end
    returning 1`);
  return rows.length === 1;
}

/** All but the newest so many. */
export async function trimViews(tx: Transaction, userId: UserId, most: number): Promise<void> {
  await tx.execute(sql`
    delete from product_views v using (
      select product_id from product_views where user_id = ${userId}
       order by seen_at desc, product_id desc offset ${most}::int) surplus
     where v.user_id = ${userId} and v.product_id = surplus.product_id`);
}

/** The last one first. */
export async function findViewed(db: Queryable, userId: UserId, limit: number): Promise<ProductId[]> {
  const rows = await db
    .select({ id: productViews.productId })
    .from(productViews)
    .where(eq(productViews.userId, userId))
    .orderBy(desc(productViews.seenAt), desc(productViews.productId))
    .limit(limit);
  return rows.map(({ id }) => id);
}

export interface SeenTogether {
  readonly productId: ProductId;
  readonly otherId: ProductId;
  readonly seenAt: Date;
}

interface Batch {
  readonly now: Date;
  /** Views at most, the oldest first. */
  readonly limit: number;
  readonly withinMs: number;
  /** Of what was looked at before a view, the last so many. */
  readonly mostBefore: number;
}

/**
 * Marks views as counted. How many there were, and each with what the same shopper had looked at shortly before: of
 * those who have proven an email alone, for accounts are cheap. Whoever asks at the same time is given other ones.
 */
export async function takeUnlearnt(tx: Transaction, { now, limit, withinMs, mostBefore }: Batch) {
  const taken = await tx.execute<{ userId: string; productId: ProductId }>(sql`
    update product_views v set learnt_at = ${now.toISOString()}::timestamptz
      from (select user_id, product_id from product_views where learnt_at is null
             order by seen_at limit ${limit}::int for update skip locked) due
     where v.user_id = due.user_id and v.product_id = due.product_id
    returning v.user_id as "userId", v.product_id as "productId"`);
  const pairs = await tx.execute<{ productId: ProductId; otherId: ProductId; seenAtMs: number }>(sql`
    select v.product_id as "productId", before.product_id as "otherId",
           (extract(epoch from v.seen_at) * 1000)::float8 as "seenAtMs"
      from jsonb_to_recordset(${JSON.stringify(taken)}::text::jsonb) as due("userId" uuid, "productId" uuid)
      join product_views v on v.user_id = due."userId" and v.product_id = due."productId"
      join users u on u.id = v.user_id and u.email_verified_at is not null
     cross join lateral (
       select product_id from product_views b
        where b.user_id = v.user_id and b.product_id <> v.product_id
          and b.seen_at <= v.seen_at and b.seen_at > v.seen_at - ${withinMs}::float8 * interval '1 millisecond'
        order by b.seen_at desc limit ${mostBefore}::int) before`);
  const together = pairs.map(
    ({ seenAtMs, ...pair }): SeenTogether => ({ ...pair, seenAt: new Date(seenAtMs) }),
  );
  return { views: taken.length, together };
}

export async function deleteViewsOf(tx: Queryable, userId: UserId): Promise<void> {
  await tx.delete(productViews).where(eq(productViews.userId, userId));
}

export async function deleteOld(db: Queryable, before: Date): Promise<void> {
  await deleteOldRows(db, productViews, lt(productViews.seenAt, before));
}

export async function recordsOfPerson(db: Queryable, userId: UserId) {
  const rows = await db.select().from(productViews).where(eq(productViews.userId, userId));
  return rows.map(({ userId: _user, learntAt: _learnt, ...view }) => view);
}
