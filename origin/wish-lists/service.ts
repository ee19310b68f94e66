/** What shoppers put aside: one list without asking, more by name, and a link for others to look at one. */

import { createHash, randomBytes } from 'node:crypto';
import type { Queryable, Transaction } from '#db/client.ts';
import { violatedConstraint } from '#db/failures.ts';
import type { CartId, VariantId, WishListId } from '#lib/ids.ts';
import { money } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import { addItem } from '#origin/cart/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import type { CartMove, SharedWishList, Sharing, Wish, WishList, WishLists } from './model.ts';
import * as store from './store.ts';

const MAX_LISTS = 20;
const MAX_ITEMS = 200;
const TOKEN_BYTES = 32;
const DEFAULT_NAME = 'Wish list';

/** A variant on a list. */
export interface Place {
  readonly id: WishListId;
  readonly variantId: VariantId;
}

/** All of them: nobody has more than fit into one page. */
export async function readLists(deps: Deps, owner: SignedIn): Promise<WishLists> {
  const rows = await deps.ownWrites.read(owner, (db) => store.listsOf(db, owner.userId));
  return { items: rows.map(({ list, count }) => toSummary(list, count)) };
}

/** @throws {AppError} `wish_list_not_found`, also for somebody else's */
export async function readList(deps: Deps, owner: SignedIn, id: WishListId): Promise<WishList> {
  return deps.ownWrites.read(owner, async (db) =>
    toList(deps, db, requireOwn(owner, await store.findList(db, id))),
  );
}

/** @throws {AppError} `wish_lists_full`, `wish_list_name_taken` */
export async function createList(deps: Deps, owner: SignedIn, name: string): Promise<WishList> {
  const list = await deps.db.transaction(async (tx) => {
    const lists = await store.lockLists(tx, owner.userId);
    return makeList(deps, tx, lists, { userId: owner.userId, name, isDefault: false });
  });
  await deps.ownWrites.note(owner);
  return { ...toSummary(list, 0), items: [] };
}

/** @throws {AppError} `wish_list_not_found`, `wish_list_name_taken` */
export async function renameList(
  deps: Deps,
  owner: SignedIn,
  id: WishListId,
  name: string,
): Promise<WishList> {
  return changeList(deps, owner, id, (tx) => takenName(() => store.updateList(tx, id, { name })));
}

/** @throws {AppError} `wish_list_not_found`, `wish_list_is_default` */
export async function deleteList(deps: Deps, owner: SignedIn, id: WishListId): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const { isDefault } = requireOwn(owner, await store.lockList(tx, id));
    if (isDefault) throw new AppError('wish_list_is_default');
    await store.deleteList(tx, id);
  });
  await deps.ownWrites.note(owner);
}

/** Onto the list; once more changes nothing. @throws {AppError} `wish_list_not_found`, `wish_list_full`, `variant_unavailable` */
export async function addWish(deps: Deps, owner: SignedIn, { id, variantId }: Place): Promise<WishList> {
  return changeList(deps, owner, id, (tx) => insertWish(deps, tx, { id, variantId }));
}

/** Onto the default list, which is made where there is none. @throws {AppError} as {@link addWish}; `wish_lists_full` */
export async function addToDefault(deps: Deps, owner: SignedIn, variantId: VariantId): Promise<WishList> {
  const list = await deps.db.transaction(async (tx) => {
    const lists = await store.lockLists(tx, owner.userId);
    const found = lists.find(({ isDefault }) => isDefault);
    const row =
      found ??
      (await makeList(deps, tx, lists, {
        ...{ userId: owner.userId, name: freeName(lists), isDefault: true },
      }));
    await insertWish(deps, tx, { id: row.id, variantId });
    return toList(deps, tx, row);
  });
  await deps.ownWrites.note(owner);
  return list;
}

/** Can be repeated. @throws {AppError} `wish_list_not_found` */
export async function removeWish(deps: Deps, owner: SignedIn, { id, variantId }: Place): Promise<WishList> {
  return changeList(deps, owner, id, (tx) => store.deleteItem(tx, id, variantId));
}

/**
 * Into the caller's cart and off the list, both or neither: a second time there is nothing left to be moved.
 * @throws {AppError} `wish_list_not_found`, `wish_list_item_not_found`, and what the cart refuses
 */
export async function moveToCart(
  deps: Deps,
  owner: SignedIn,
  { id, variantId }: Place,
  { cartId, quantity }: CartMove,
): Promise<WishList> {
  await addItem(deps, owner, cartId as CartId, {
    variantId,
    quantity,
    alongside: async (tx) => {
      requireOwn(owner, await store.lockList(tx, id));
      if (!(await store.deleteItem(tx, id, variantId))) throw new AppError('wish_list_item_not_found');
    },
  });
  return readList(deps, owner, id);
}

/** A link that shows the list to whoever has it; one before it shows nothing any more. @throws {AppError} `wish_list_not_found` */
export async function shareList(deps: Deps, owner: SignedIn, id: WishListId): Promise<Sharing> {
  const token = `wl_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  await changeList(deps, owner, id, (tx) => store.updateList(tx, id, { shareHash: hashToken(token) }));
  return { token };
}

/** Can be repeated. @throws {AppError} `wish_list_not_found` */
export async function unshareList(deps: Deps, owner: SignedIn, id: WishListId): Promise<void> {
  await changeList(deps, owner, id, (tx) => store.updateList(tx, id, { shareHash: null }));
}

/** From the primary: a link that was revoked shows nothing from then on. @throws {AppError} `wish_list_not_found` */
export async function readShared(deps: Deps, token: string): Promise<SharedWishList> {
  const list = await store.findShared(deps.db, hashToken(token));
  if (list === undefined) throw new AppError('wish_list_not_found');
  const { name, items } = await toList(deps, deps.db, list);
  return { name, items };
}

export const eraseWishListsOf = store.deleteListsOf;
export const wishListRecordsOf = store.recordsOfPerson;

type NewList = Pick<store.WishListRow, 'userId' | 'name' | 'isDefault'>;

async function makeList(
  deps: Deps,
  tx: Transaction,
  lists: readonly store.WishListRow[],
  list: NewList,
): Promise<store.WishListRow> {
  if (lists.length >= MAX_LISTS) throw new AppError('wish_lists_full', { maxLists: MAX_LISTS });
  const row = { ...list, id: deps.ids.next<WishListId>(), createdAt: deps.clock.now() };
  const inserted = await store.insertList(tx, row);
  if (inserted === undefined) throw new AppError('wish_list_name_taken');
  return inserted;
}

/** A list that was named so by hand keeps its name. */
function freeName(lists: readonly Pick<store.WishListRow, 'name'>[]): string {
  const taken = new Set(lists.map(({ name }) => name));
  let name = DEFAULT_NAME;
  for (let number = 2; taken.has(name); number += 1) name = `${DEFAULT_NAME} ${number}`;
  return name;
}

async function insertWish({ clock }: Deps, tx: Transaction, { id, variantId }: Place): Promise<void> {
  if (await store.hasItem(tx, id, variantId)) return;
  if ((await store.countItems(tx, id)) >= MAX_ITEMS) {
    throw new AppError('wish_list_full', { maxItems: MAX_ITEMS });
  }
  const isInserted = await store.insertItem(tx, { listId: id, variantId, addedAt: clock.now() });
  if (!isInserted) throw new AppError('variant_unavailable', { variantId });
}

async function changeList(
  deps: Deps,
  owner: SignedIn,
  id: WishListId,
  change: (tx: Transaction) => Promise<unknown>,
): Promise<WishList> {
  const list = await deps.db.transaction(async (tx) => {
    requireOwn(owner, await store.lockList(tx, id));
    await change(tx);
    return toList(deps, tx, requireOwn(owner, await store.findList(tx, id)));
  });
  await deps.ownWrites.note(owner);
  return list;
}

async function takenName(change: () => Promise<void>): Promise<void> {
  try {
    await change();
  } catch (error) {
    throw violatedConstraint(error) === 'wish_lists_name' ? new AppError('wish_list_name_taken') : error;
  }
}

function requireOwn(owner: SignedIn, list: store.WishListRow | undefined): store.WishListRow {
  if (list === undefined) throw new AppError('wish_list_not_found');
  if (list.userId !== owner.userId) throw new AppError('wish_list_not_found', {}, OF_ANOTHER);
  return list;
}

/** The token has 256 random bits: a fast hash is enough to make a stolen table worthless. */
function hashToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}

async function toList({ clock }: Deps, db: Queryable, list: store.WishListRow): Promise<WishList> {
  const items = (await store.findItems(db, list.id, clock.now())).map(toWish);
  return { ...toSummary(list, items.length), items };
}

function toSummary({ id, name, isDefault, shareHash }: store.WishListRow, count: number) {
  return { id, name, isDefault, isShared: shareHash !== null, count };
}

function toWish(row: store.WishRow): Wish {
  const { variantId, productId, slug, name, optionValues, isWithdrawn, available } = row;
  return {
    ...{ variantId, productId, slug, name, options: optionValues },
    price: money(row.priceMinor, row.currency),
    priceWhenAdded: money(row.addedPriceMinor, row.addedCurrency),
    available: available && !isWithdrawn,
    notice: noticeOf(row),
    addedAt: row.addedAt.toISOString(),
  };
}

function noticeOf(row: store.WishRow): Wish['notice'] {
  if (row.isWithdrawn) return 'withdrawn';
  if (row.currency !== row.addedCurrency || row.priceMinor === row.addedPriceMinor) return null;
  return row.priceMinor < row.addedPriceMinor ? 'price_fell' : 'price_rose';
}
