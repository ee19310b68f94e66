/** Every query of notices of stock. */

import { and, asc, desc, eq, gt, inArray, isNull, lt, ne, or, sql } from 'drizzle-orm';
import { isActive } from '#db/active-users.ts';
import type { Queryable, Transaction } from '#db/client.ts';
import { deleteOldRows } from '#db/delete-old.ts';
import { users } from '#db/schema/accounts.ts';
import { products, variants } from '#db/schema/catalog.ts';
import { inventory } from '#db/schema/inventory.ts';
import { stockNotices } from '#db/schema/stock-notices.ts';
import type { StockNoticeId, UserId, VariantId } from '#lib/ids.ts';

export type NoticeRow = typeof stockNotices.$inferSelect;
type NewNotice = typeof stockNotices.$inferInsert;
type Indexes = readonly Uint8Array[];

/** Whose requests take turns. */
export async function takeTurn(tx: Transaction, whose: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`stock-notices:${whose}`}, 0))`);
}

export async function isOnSale(db: Queryable, id: VariantId): Promise<boolean> {
  const rows = await db
    .select({ id: variants.id })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(and(eq(variants.id, id), isNull(variants.withdrawnAt), isNull(products.withdrawnAt)));
  return rows.length === 1;
}

/** What is left to sell, and stays so until the transaction ends: whatever comes in is told of afterwards. */
export async function lockAvailable(tx: Transaction, id: VariantId): Promise<number> {
  const [row] = await tx
    .select({ available: sql<number>`${inventory.onHand} - ${inventory.reserved}` })
    .from(inventory)
    .where(eq(inventory.variantId, id))
    .for('share');
  return row?.available ?? 0;
}

/** Whom to write to; undefined where the account has gone. */
export async function findAddressee(db: Queryable, id: UserId) {
  const [row] = await db
    .select({ email: users.email, emailVerifiedAt: users.emailVerifiedAt })
    .from(users)
    .where(and(eq(users.id, id), isActive));
  return row;
}

/** False when there is one like it already. */
export async function insertNotice(tx: Transaction, notice: NewNotice): Promise<boolean> {
  const rows = await tx
    .insert(stockNotices)
    .values(notice)
    .onConflictDoNothing()
    .returning({ id: stockNotices.id });
  return rows.length === 1;
}

const isLive = ne(stockNotices.status, 'due');

export async function countLiveOfUser(tx: Transaction, userId: UserId): Promise<number> {
  return tx.$count(stockNotices, and(eq(stockNotices.userId, userId), isLive));
}

/** What was asked for under an address, by its blind indexes. */
export async function liveOfAddress(tx: Transaction, indexes: Indexes) {
  return tx
    .select({ variantId: stockNotices.variantId, status: stockNotices.status })
    .from(stockNotices)
    .where(and(inArray(stockNotices.emailIndex, [...indexes]), isLive));
}

export async function findNotice(db: Queryable, id: StockNoticeId): Promise<NoticeRow | undefined> {
  const [row] = await db.select().from(stockNotices).where(eq(stockNotices.id, id));
  return row;
}

/** What the mail tells of. */
export async function findSubject(db: Queryable, id: VariantId) {
  const [row] = await db
    .select({ name: products.name, slug: products.slug, optionValues: variants.optionValues })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(eq(variants.id, id));
  return row;
}

/** The mail that is being written has this token; one of a mail before it is worth nothing. */
export async function setToken(
  db: Queryable,
  id: StockNoticeId,
  token: Partial<Pick<NoticeRow, 'confirmHash' | 'stopHash'>>,
): Promise<void> {
  await db.update(stockNotices).set(token).where(eq(stockNotices.id, id));
}

/** Undefined where the token is none, was used, or is of a request from before then. */
export async function lockByConfirmToken(
  tx: Transaction,
  confirmHash: Uint8Array,
  notBefore: Date,
): Promise<NoticeRow | undefined> {
  const [row] = await tx
    .select()
    .from(stockNotices)
    .where(
      and(
        eq(stockNotices.confirmHash, confirmHash),
        eq(stockNotices.status, 'unconfirmed'),
        gt(stockNotices.askedAt, notBefore),
      ),
    )
    .for('update');
  return row;
}

export async function setWaiting(tx: Transaction, id: StockNoticeId, at: Date): Promise<void> {
  await tx
    .update(stockNotices)
    .set({ status: 'waiting', waitingSince: at, confirmHash: null })
    .where(eq(stockNotices.id, id));
}

export async function setDue(tx: Transaction, ids: readonly StockNoticeId[], at: Date): Promise<void> {
  await tx
    .update(stockNotices)
    .set({ status: 'due', dueAt: at })
    .where(inArray(stockNotices.id, [...ids]));
}

/** Those who wait longest. */
export async function lockNext(tx: Transaction, variantId: VariantId, limit: number) {
  return tx
    .select({ id: stockNotices.id })
    .from(stockNotices)
    .where(and(eq(stockNotices.variantId, variantId), eq(stockNotices.status, 'waiting')))
    .orderBy(asc(stockNotices.waitingSince), asc(stockNotices.id))
    .limit(limit)
    .for('update');
}

export async function findByStopToken(tx: Transaction, stopHash: Uint8Array): Promise<NoticeRow | undefined> {
  const [row] = await tx.select().from(stockNotices).where(eq(stockNotices.stopHash, stopHash));
  return row;
}

/** All of a person's: of their account, and under an address that is theirs. */
export async function deleteOf(
  tx: Transaction,
  { userId, indexes }: { readonly userId: UserId | null; readonly indexes: Indexes },
): Promise<void> {
  if (userId !== null) await tx.delete(stockNotices).where(eq(stockNotices.userId, userId));
  if (indexes.length > 0) {
    await tx.delete(stockNotices).where(inArray(stockNotices.emailIndex, [...indexes]));
  }
}

/** False when there is no such notice of the user's. */
export async function deleteOwn(tx: Transaction, userId: UserId, id: StockNoticeId): Promise<boolean> {
  const rows = await tx
    .delete(stockNotices)
    .where(and(eq(stockNotices.id, id), eq(stockNotices.userId, userId)))
    .returning({ id: stockNotices.id });
  return rows.length === 1;
}

/** The newest first. */
export async function listOfUser(db: Queryable, userId: UserId, limit: number) {
  return db
    .select({
      ...{ id: stockNotices.id, variantId: stockNotices.variantId, productId: variants.productId },
      ...{ name: products.name, options: variants.optionValues },
      ...{ status: stockNotices.status, askedAt: stockNotices.askedAt },
    })
    .from(stockNotices)
    .innerJoin(variants, eq(variants.id, stockNotices.variantId))
    .innerJoin(products, eq(products.id, variants.productId))
    .where(eq(stockNotices.userId, userId))
    .orderBy(desc(stockNotices.id))
    .limit(limit);
}

export async function recordsOf(
  db: Queryable,
  { userId, indexes }: { readonly userId: UserId; readonly indexes: Indexes },
): Promise<NoticeRow[]> {
  const underAddress = indexes.length === 0 ? undefined : inArray(stockNotices.emailIndex, [...indexes]);
  return db
    .select()
    .from(stockNotices)
    .where(or(eq(stockNotices.userId, userId), underAddress));
}

/** What is older than each of these. */
export async function deleteOld(
  db: Queryable,
  ages: { readonly unconfirmed: Date; readonly waiting: Date; readonly due: Date },
): Promise<void> {
  const { status, askedAt, waitingSince, dueAt } = stockNotices;
  const isOld = or(
    and(eq(status, 'unconfirmed'), lt(askedAt, ages.unconfirmed)),
    and(eq(status, 'waiting'), lt(waitingSince, ages.waiting)),
    and(eq(status, 'due'), lt(dueAt, ages.due)),
  );
  await deleteOldRows(db, stockNotices, isOld);
}
