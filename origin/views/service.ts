/**
 * What signed-in shoppers have looked at. Product pages come from the edge's cache, which tells nobody: it is the
 * shopper's client that says so, for whom it is a list to go back to, and the shop learns what is looked at together.
 */

import type { Transaction } from '#db/client.ts';
import { after, DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import type { ProductId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { readCards } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import type { Views, ViewsQuery } from './model.ts';
import * as store from './store.ts';

/** Of one shopper. */
const MAX_VIEWS = 100;
const KEPT_MS = 90 * DAY_MS;
/** A shopper counts once in so long for what they look at, however often they do. */
const COUNTED_EVERY_MS = DAY_MS;
/** One visit. */
const TOGETHER_WITHIN_MS = 30 * MINUTE_MS;
const MOST_BEFORE = 5;

/** Once more moves it to the front. @throws {AppError} `product_not_found` */
export async function noteView(deps: Deps, viewer: SignedIn, productId: ProductId): Promise<void> {
  const { userId } = viewer;
  const seenAt = deps.clock.now();
  await deps.db.transaction(async (tx) => {
    const countedBefore = after(seenAt, -COUNTED_EVERY_MS);
    if (!(await store.upsertView(tx, { userId, productId, seenAt }, countedBefore))) {
      throw new AppError('product_not_found');
    }
    await store.trimViews(tx, userId, MAX_VIEWS);
  });
  await deps.ownWrites.note(viewer);
}

export async function listViews(
  deps: Deps,
  viewer: SignedIn,
  { limit = DEFAULT_PAGE_SIZE }: ViewsQuery,
): Promise<Views> {
  const ids = await deps.ownWrites.read(viewer, (db) => store.findViewed(db, viewer.userId, MAX_VIEWS));
  const { cards } = await readCards(deps, ids);
  return { items: cards.slice(0, limit) };
}

/** All of them. Can be repeated. */
export async function forgetViews(deps: Deps, viewer: SignedIn): Promise<void> {
  await store.deleteViewsOf(deps.db, viewer.userId);
  await deps.ownWrites.note(viewer);
}

/** The last one first. */
export const productsSeenBy = store.findViewed;
export const eraseViewsOf = store.deleteViewsOf;
export const viewRecordsOf = store.recordsOfPerson;

/** So many views at most are counted from now on; each with what was looked at shortly before. */
export async function takeSeenTogether({ clock }: Deps, tx: Transaction, limit: number) {
  const bounds = { withinMs: TOGETHER_WITHIN_MS, mostBefore: MOST_BEFORE };
  return store.takeUnlearnt(tx, { now: clock.now(), limit, ...bounds });
}

export async function forgetOldViews({ db, clock }: Deps): Promise<void> {
  await store.deleteOld(db, after(clock.now(), -KEPT_MS));
}
