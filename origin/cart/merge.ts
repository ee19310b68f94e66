/**
 * A guest's cart at its owner's log-in. What is in it goes into the customer's own cart: the one that they have changed
 * last, unless it is being paid for, has another currency, or could not hold the two of them. Then, and where they have
 * none, the guest's cart becomes theirs as it is, beside any other: nobody loses a line, and nothing is priced anew in a
 * currency that they did not choose.
 */

import type { Transaction } from '#db/client.ts';
import type { CartId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import type { Guest, SignedIn } from '#origin/http/auth.ts';
import { MAX_LINES } from './add-lines.ts';
import { type ShownCart, toCart } from './answer.ts';
import * as mergeStore from './merge-store.ts';
import type { Cart } from './model.ts';
import { hashToken, priceNow, requireOpen, requireOwn } from './own-cart.ts';
import { MAX_SAVED } from './saved.ts';
import { findSaved } from './saved-store.ts';
import * as store from './store.ts';
import { MAX_CODES } from './terms.ts';

interface GuestCart {
  readonly id: CartId;
  /** Null where none was sent: then it can only be the customer's already. */
  readonly cartToken: string | null;
}

/**
 * Can be repeated: of a cart that has been merged, or is theirs, it answers the customer's.
 * @throws {AppError} `cart_not_found`, also for somebody else's; `cart_merged` where it went to somebody else;
 * `cart_completed`, `checkout_in_progress`, `total_not_chargeable`. Then nothing has changed.
 */
export async function mergeCart(deps: Deps, customer: SignedIn, cart: GuestCart): Promise<Cart> {
  return toCart(deps, await merge(deps, customer, cart));
}

/**
 * Whatever becomes of it, the log-in is not to fail by it.
 * @returns the customer's cart; null where there was nothing to be merged, or it could not be
 */
export async function mergeAtLogin(
  deps: Deps,
  customer: SignedIn,
  cartToken: string | null,
): Promise<CartId | null> {
  if (cartToken === null) return null;
  try {
    const id = await mergeStore.findByToken(deps.db, hashToken(cartToken));
    return id === undefined ? null : (await merge(deps, customer, { id, cartToken })).cart.id;
  } catch (error) {
    if (!(error instanceof AppError)) deps.log.warn('a cart was not merged at log-in', { error });
    return null;
  }
}

async function merge(deps: Deps, customer: SignedIn, guestCart: GuestCart): Promise<ShownCart> {
  const { userId } = customer;
  const { shown, isFolded } = await deps.db.transaction(async (tx) => {
    // Of one customer one at a time: of two guests' carts at once the second finds what became of the first.
    await mergeStore.takeTurn(tx, userId);
    const outcome = await settle(deps, tx, userId, guestCart);
    const [{ cart }, saved] = await Promise.all([
      priceNow(deps, tx, outcome.row),
      findSaved(tx, outcome.row.id),
    ]);
    return { shown: { cart, saved }, isFolded: outcome.isFolded };
  });
  if (isFolded) deps.metrics.count('carts_merged_total', {});
  const { cartToken } = guestCart;
  await deps.ownWrites.note(customer);
  if (cartToken !== null) await deps.ownWrites.note({ kind: 'guest', cartToken });
  return shown;
}

interface Outcome {
  /** The customer's. */
  readonly row: store.CartRow;
  /** Two carts with something in them are one. */
  readonly isFolded: boolean;
}

async function settle(
  deps: Deps,
  tx: Transaction,
  userId: UserId,
  { id, cartToken }: GuestCart,
): Promise<Outcome> {
  const target = await mergeStore.findTarget(tx, userId, id);
  const locked = await mergeStore.lockInOrder(tx, target === undefined ? [id] : [id, target]);
  const found = locked.find((cart) => cart.id === id);
  if (found !== undefined && found.userId === userId) return { row: found, isFolded: false };
  const asGuest: Guest = { kind: 'guest', cartToken };
  const guest = requireOwn(asGuest, found);
  if (guest.mergedInto !== null)
    return { row: await mergedBefore(tx, userId, guest.mergedInto), isFolded: false };
  requireOpen(guest);
  if (await store.isBeingPaid(tx, id)) throw new AppError('checkout_in_progress');
  const at = deps.clock.now();
  const into = locked.find((cart) => cart.id === target);
  if (into === undefined || !(await holdsBoth(tx, userId, { guest, into }))) {
    return { row: await mergeStore.adopt(tx, { id, userId, at }), isFolded: false };
  }
  const isFolded = await mergeStore.areFilled(tx, [id, into.id]);
  await mergeStore.moveContents(tx, id, into.id);
  await store.touchCart(tx, into.id, at);
  const row = await store.setTerms(tx, into.id, termsOfBoth(into, guest));
  await mergeStore.endMerged(tx, { id, into: into.id, at });
  return { row, isFolded };
}

/** @throws {AppError} `cart_merged` */
async function mergedBefore(tx: Transaction, userId: UserId, into: CartId): Promise<store.CartRow> {
  const cart = await store.findCart(tx, into);
  if (cart === undefined || cart.userId !== userId) throw new AppError('cart_merged');
  return cart;
}

interface Both {
  readonly guest: store.CartRow;
  readonly into: store.CartRow;
}

/** Asked once both are locked: what was found before may have changed. */
async function holdsBoth(tx: Transaction, userId: UserId, { guest, into }: Both): Promise<boolean> {
  const isTheirs = into.userId === userId && into.completedAt === null && into.currency === guest.currency;
  if (!isTheirs || (await store.isBeingPaid(tx, into.id))) return false;
  const { lines, saved } = await mergeStore.countTogether(tx, guest.id, into.id);
  return lines <= MAX_LINES && saved <= MAX_SAVED;
}

/** What the customer's cart says of itself stays; the guest's says what it does not. */
function termsOfBoth(into: store.CartRow, guest: store.CartRow): store.CartTerms {
  const codes = [...new Set([...into.codes, ...guest.codes])].slice(0, MAX_CODES);
  if (into.country !== null) return { codes };
  const { country, region, postalCode } = guest;
  const shippingMethodId = into.shippingMethodId ?? guest.shippingMethodId;
  return { codes, country, region, postalCode, shippingMethodId };
}
