/** Every query of wish lists. */

import { and, asc, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { products, variants } from '#db/schema/catalog.ts';
import { inventory } from '#db/schema/inventory.ts';
import { wishListItems, wishLists } from '#db/schema/wish-lists.ts';
import type { UserId, VariantId, WishListId } from '#lib/ids.ts';
import type { Minor } from '#lib/money.ts';
import { listPriceOf } from '#origin/pricing/service.ts';

export type WishListRow = typeof wishLists.$inferSelect;
export type WishRow = Awaited<ReturnType<typeof findItems>>[number];

/** By its name on the list of lists, so that the default one is made once however many want it at once. */
export async function insertList(
  tx: Transaction,
  list: typeof wishLists.$inferInsert,
): Promise<WishListRow | undefined> {
  const [row] = await tx.insert(wishLists).values(list).onConflictDoNothing().returning();
  return row;
}

/** Lists of one user are made and counted one after the other: until the transaction ends, nobody else makes one. */
export async function lockLists(tx: Transaction, userId: UserId): Promise<WishListRow[]> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`wish-lists:${userId}`}, 0))`);
  return tx.select().from(wishLists).where(eq(wishLists.userId, userId));
}

export async function findList(db: Queryable, id: WishListId): Promise<WishListRow | undefined> {
  const [row] = await db.select().from(wishLists).where(eq(wishLists.id, id));
  return row;
}

/** Changes of one list take turns. */
export async function lockList(tx: Transaction, id: WishListId): Promise<WishListRow | undefined> {
  const [row] = await tx.select().from(wishLists).where(eq(wishLists.id, id)).for('update');
  return row;
}

export async function findShared(db: Queryable, shareHash: Uint8Array): Promise<WishListRow | undefined> {
  const [row] = await db.select().from(wishLists).where(eq(wishLists.shareHash, shareHash));
  return row;
}

/** The default one first. */
export async function listsOf(db: Queryable, userId: UserId) {
  return db
    .select({
      list: wishLists,
      count: sql<number>`(
        select count(*)::int from ${wishListItems} item where item.list_id = ${sql`wish_lists.id`})`,
    })
    .from(wishLists)
    .where(eq(wishLists.userId, userId))
    .orderBy(desc(wishLists.isDefault), asc(wishLists.id));
}

export async function updateList(
  tx: Transaction,
  id: WishListId,
  change: Partial<Pick<WishListRow, 'name' | 'shareHash'>>,
): Promise<void> {
  await tx.update(wishLists).set(change).where(eq(wishLists.id, id));
}

export async function deleteList(tx: Transaction, id: WishListId): Promise<void> {
  await tx.delete(wishLists).where(eq(wishLists.id, id));
}

/** What one of a variant costs a guest: as a card shows it, and as whoever gets a link to a list would pay. */
function shownPrice(at: Date): SQL {
  return listPriceOf({
    ...{ currency: products.currency, userId: sql`null::uuid`, quantity: sql`1` },
    at: sql`${at.toISOString()}`,
  });
}

/** With what the catalogue says of them at that time; the newest first. */
export async function findItems(db: Queryable, id: WishListId, at: Date) {
  return db
    .select({
      variantId: wishListItems.variantId,
      productId: variants.productId,
      slug: products.slug,
      name: products.name,
      optionValues: variants.optionValues,
      priceMinor: sql<Minor>`${shownPrice(at)}`.mapWith(variants.priceMinor),
      currency: products.currency,
      addedPriceMinor: wishListItems.priceMinor,
      addedCurrency: wishListItems.currency,
      isWithdrawn: sql<boolean>`${variants.withdrawnAt} is not null`,
      available: sql<boolean>`coalesce(${inventory.onHand} > ${inventory.reserved}, false)`,
      addedAt: wishListItems.addedAt,
    })
    .from(wishListItems)
    .innerJoin(variants, eq(variants.id, wishListItems.variantId))
    .innerJoin(products, eq(products.id, variants.productId))
    .leftJoin(inventory, eq(inventory.variantId, variants.id))
    .where(eq(wishListItems.listId, id))
    .orderBy(desc(wishListItems.addedAt), desc(wishListItems.variantId));
}

export async function hasItem(tx: Transaction, listId: WishListId, variantId: VariantId): Promise<boolean> {
  const isIt = and(eq(wishListItems.listId, listId), eq(wishListItems.variantId, variantId));
  return (await tx.$count(wishListItems, isIt)) > 0;
}

export async function countItems(tx: Transaction, listId: WishListId): Promise<number> {
  return tx.$count(wishListItems, eq(wishListItems.listId, listId));
}

/** At the price of then. False when the variant is not on sale. */
export async function insertItem(
  tx: Transaction,
  { listId, variantId, addedAt }: Pick<typeof wishListItems.$inferSelect, 'listId' | 'variantId' | 'addedAt'>,
): Promise<boolean> {
  const rows = await tx.execute(sql`
    insert into wish_list_items (list_id, variant_id, added_at, price_minor, currency)
    select ${listId}::uuid, ${variants.id}, ${addedAt.toISOString()}::timestamptz,
           ${shownPrice(addedAt)}, ${products.currency}
      from ${variants} join ${products} on ${products.id} = ${variants.productId}
     where ${variants.id} = ${variantId} and ${variants.withdrawnAt} is null and ${products.withdrawnAt} is null
    returning 1`);
  return rows.length === 1;
}

/** False when it is not on the list. */
export async function deleteItem(
  tx: Transaction,
  listId: WishListId,
  variantId: VariantId,
): Promise<boolean> {
  const rows = await tx
    .delete(wishListItems)
    .where(and(eq(wishListItems.listId, listId), eq(wishListItems.variantId, variantId)))
    .returning({ variantId: wishListItems.variantId });
  return rows.length === 1;
}

export async function deleteListsOf(tx: Transaction, userId: UserId): Promise<void> {
  await tx.delete(wishLists).where(eq(wishLists.userId, userId));
}

export async function recordsOfPerson(db: Queryable, userId: UserId) {
  const lists = await db.select().from(wishLists).where(eq(wishLists.userId, userId));
  const ids = lists.map(({ id }) => id);
  const items =
    ids.length === 0 ? [] : await db.select().from(wishListItems).where(inArray(wishListItems.listId, ids));
  return lists.map(({ shareHash, userId: _user, ...list }) => ({
    ...list,
    isShared: shareHash !== null,
    items: items.filter(({ listId }) => listId === list.id),
  }));
}
