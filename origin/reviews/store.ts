/** Every query of reviews. */

import { and, asc, desc, eq, inArray, isNull, ne, type SQL, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { products } from '#db/schema/catalog.ts';
import { productRatings, reviewReports, reviews } from '#db/schema/reviews.ts';
import { present } from '#lib/assert.ts';
import type { ProductId, ReviewId, UserId } from '#lib/ids.ts';
import type { ReviewSort } from './model.ts';

export type ReviewRow = typeof reviews.$inferSelect;
export type NewReviewRow = typeof reviews.$inferInsert;

/** Whether there is such a product on sale. */
export async function isOnSale(db: Queryable, id: ProductId): Promise<boolean> {
  return (await db.$count(products, and(eq(products.id, id), isNull(products.withdrawnAt)))) > 0;
}

/** Undefined when its author has one of the product already. */
export async function insertReview(tx: Transaction, review: NewReviewRow): Promise<ReviewRow | undefined> {
  const [row] = await tx
    .insert(reviews)
    .values(review)
    .onConflictDoNothing({ target: [reviews.productId, reviews.authorId] })
    .returning();
  return row;
}

export async function lockOfAuthor(
  tx: Transaction,
  productId: ProductId,
  authorId: UserId,
): Promise<ReviewRow | undefined> {
  const [row] = await tx
    .select()
    .from(reviews)
    .where(and(eq(reviews.productId, productId), eq(reviews.authorId, authorId)))
    .for('update');
  return row;
}

export async function lockReview(tx: Transaction, id: ReviewId): Promise<ReviewRow | undefined> {
  const [row] = await tx.select().from(reviews).where(eq(reviews.id, id)).for('update');
  return row;
}

export async function sellerOf(tx: Transaction, id: ProductId): Promise<UserId | null> {
  const [row] = await tx.select({ sellerId: products.sellerId }).from(products).where(eq(products.id, id));
  return row?.sellerId ?? null;
}

type ReviewUpdate = Partial<Omit<NewReviewRow, 'id' | 'productId' | 'authorId' | 'version'>>;

/** Under the next version, which it returns with the rest. */
export async function updateReview(tx: Transaction, id: ReviewId, update: ReviewUpdate): Promise<ReviewRow> {
  const [row] = await tx
    .update(reviews)
    .set({ ...update, version: sql`${reviews.version} + 1` })
    .where(eq(reviews.id, id))
    .returning();
  return present(row, `review ${id}`);
}

export async function setReply(
  tx: Transaction,
  id: ReviewId,
  reply: { readonly reply: string; readonly repliedAt: Date | null },
): Promise<void> {
  await tx.update(reviews).set(reply).where(eq(reviews.id, id));
}

/** False when the reporter has complained of it already. */
export async function insertReport(
  tx: Transaction,
  report: typeof reviewReports.$inferInsert,
): Promise<boolean> {
  const rows = await tx.insert(reviewReports).values(report).onConflictDoNothing().returning();
  if (rows.length === 0) return false;
  await tx
    .update(reviews)
    .set({ openReports: sql`${reviews.openReports} + 1` })
    .where(eq(reviews.id, report.reviewId));
  return true;
}

/** The text is another now: whoever complained of the one before may do so again. */
export async function deleteReports(tx: Transaction, reviewId: ReviewId): Promise<void> {
  await tx.delete(reviewReports).where(eq(reviewReports.reviewId, reviewId));
}

export interface Position {
  readonly value: number | string;
  readonly id: string;
}

interface PublishedQuery {
  readonly productId: ProductId;
  readonly sort: ReviewSort;
  readonly rating: number | undefined;
  readonly limit: number;
  readonly after: Position | undefined;
}

/** `type`: what a cursor's value is compared as. */
const SORTS = {
  newest: { column: reviews.publishedAt, direction: desc, type: 'timestamptz' },
  rating: { column: reviews.rating, direction: asc, type: 'bigint' },
  '-rating': { column: reviews.rating, direction: desc, type: 'bigint' },
} as const;

export async function listPublished(db: Queryable, query: PublishedQuery): Promise<ReviewRow[]> {
  const { productId, sort, rating, limit, after } = query;
  const { column, direction } = SORTS[sort];
  return db
    .select()
    .from(reviews)
    .where(
      and(
        eq(reviews.productId, productId),
        // Spelled as the partial indexes are, to use them.
        sql`${reviews.status} = 'published'`,
        rating === undefined ? undefined : eq(reviews.rating, rating),
        after && beyond(sort, after),
      ),
    )
    .orderBy(direction(column), direction(reviews.id))
    .limit(limit);
}

function beyond(sort: ReviewSort, { value, id }: Position): SQL {
  const { column, direction, type } = SORTS[sort];
  const row = sql`(${column}, ${reviews.id})`;
  const last = sql`(${value}::${sql.raw(type)}, ${id}::uuid)`;
  return direction === asc ? sql`${row} > ${last}` : sql`${row} < ${last}`;
}

interface PageQuery {
  readonly limit: number;
  readonly after: Position | undefined;
}

/** The newest first. What is withdrawn says nothing any more. */
export async function listOfAuthor(
  db: Queryable,
  authorId: UserId,
  { limit, after }: PageQuery,
): Promise<ReviewRow[]> {
  const older = after && sql`${reviews.id} < ${after.id}::uuid`;
  return db
    .select()
    .from(reviews)
    .where(and(eq(reviews.authorId, authorId), ne(reviews.status, 'withdrawn'), older))
    .orderBy(desc(reviews.id))
    .limit(limit);
}

/** What waits for a moderator, the oldest first. Spelled as the index `reviews_queue` is. */
export async function listQueue(db: Queryable, { limit, after }: PageQuery): Promise<ReviewRow[]> {
  const later =
    after && sql`(${reviews.changedAt}, ${reviews.id}) > (${after.value}::timestamptz, ${after.id}::uuid)`;
  const isOpen = sql`(${reviews.status} = 'pending'
    or (${reviews.status} = 'published' and ${reviews.openReports} > 0))`;
  return db
    .select()
    .from(reviews)
    .where(and(isOpen, later))
    .orderBy(asc(reviews.changedAt), asc(reviews.id))
    .limit(limit);
}

/** Of what kinds the complaints of these are. */
export async function complaintsOf(db: Queryable, ids: readonly ReviewId[]) {
  if (ids.length === 0) return [];
  return db
    .selectDistinct({ reviewId: reviewReports.reviewId, complaint: reviewReports.complaint })
    .from(reviewReports)
    .where(inArray(reviewReports.reviewId, [...ids]));
}

/** How many gave each number of stars; undefined where there is no such product on sale. */
export async function findRatings(db: Queryable, id: ProductId) {
  const [row] = await db
    .select({ counts: productRatings.counts })
    .from(products)
    .leftJoin(productRatings, eq(productRatings.productId, products.id))
    .where(and(eq(products.id, id), isNull(products.withdrawnAt)));
  return row;
}

/** Counts of a product take turns: whoever comes second sees all that the first one saw. */
export async function lockProduct(tx: Transaction, id: ProductId): Promise<void> {
  await tx.select({ id: products.id }).from(products).where(eq(products.id, id)).for('update');
}

/** False when they were so before. */
export async function countRatings(tx: Transaction, id: ProductId): Promise<boolean> {
  const rows = await tx.execute(sql`
    insert into product_ratings as kept (product_id, counts)
    select ${id}::uuid, counted.counts from (
      select array[
               count(*) filter (where rating = 1), count(*) filter (where rating = 2),
               count(*) filter (where rating = 3), count(*) filter (where rating = 4),
               count(*) filter (where rating = 5)]::int[] as counts
        from reviews where product_id = ${id} and status = 'published') counted
     where counted.counts <> '{0,0,0,0,0}' or exists (
       select from product_ratings where product_id = ${id})
    on conflict (product_id) do update set counts = excluded.counts where kept.counts <> excluded.counts
    returning 1`);
  return rows.length === 1;
}

/**
 * A decision settles all complaints so far, and they stay: open are as many as are counted, the latest. One that is
 * settled is not taken off the count, for what is counted is somebody else's.
 */
async function deleteReportsBy(tx: Transaction, userId: UserId): Promise<void> {
  // What counts is a statement of its own, so that it sees all that came before the locks.
  await tx.execute(sql`
    select from reviews
     where id in (select review_id from review_reports where reporter_id = ${userId}) order by id for update`);
  await tx.execute(sql`
    with gone as (delete from review_reports where reporter_id = ${userId} returning review_id, reported_at)
    update reviews set open_reports = open_reports - 1 from gone
     where reviews.id = gone.review_id and open_reports > (
       select count(*) from review_reports later
        where later.review_id = gone.review_id and later.reported_at > gone.reported_at)`);
}

/** What somebody wrote and what they complained of goes with them. Returns what they wrote. */
export async function deleteOfPerson(tx: Transaction, userId: UserId) {
  await deleteReportsBy(tx, userId);
  return tx
    .delete(reviews)
    .where(eq(reviews.authorId, userId))
    .returning({ id: reviews.id, productId: reviews.productId });
}

export async function recordsOfPerson(db: Queryable, userId: UserId) {
  const [written, reported] = await Promise.all([
    db.select().from(reviews).where(eq(reviews.authorId, userId)),
    db.select().from(reviewReports).where(eq(reviewReports.reporterId, userId)),
  ]);
  return { written, reported };
}
