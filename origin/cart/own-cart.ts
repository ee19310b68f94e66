/** The caller's cart: whose it is, and how it is read and changed as a whole. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Queryable, Transaction } from '#db/client.ts';
import type { CartId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller } from '#origin/http/auth.ts';
import { type CartRules, loadRules, type Place, placeOf } from '#origin/pricing/service.ts';
import type { ShownCart } from './answer.ts';
import { type PricedCart, priceCart } from './pricing.ts';
import { type CartContents, findSaved } from './saved-store.ts';
import * as store from './store.ts';

/** @throws {AppError} `cart_not_found`, also for somebody else's; `total_not_chargeable` */
export async function pricedCart(deps: Deps, db: Queryable, caller: Caller, id: CartId): Promise<PricedNow> {
  return priceNow(deps, db, requireOwn(caller, await store.findCart(db, id)));
}

/** @throws {AppError} as {@link pricedCart} */
export async function shownCart(deps: Deps, db: Queryable, caller: Caller, id: CartId): Promise<ShownCart> {
  const [{ cart }, saved] = await Promise.all([pricedCart(deps, db, caller, id), findSaved(db, id)]);
  return { cart, saved };
}

export interface PricedNow {
  readonly cart: PricedCart;
  readonly rules: CartRules;
}

/** As the database has it now. */
export async function priceNow(deps: Deps, db: Queryable, cart: store.CartRow): Promise<PricedNow> {
  const at = deps.clock.now();
  const [lines, rules] = await Promise.all([
    store.findLines(db, cart.id, at),
    loadRules(deps.taxes, db, { cartId: cart.id, place: placeOf(cart), at }),
  ]);
  return { cart: priceCart(cart, lines, rules), rules };
}

/**
 * Locks the caller's cart for checkout, and tells what it costs there from then on. What is sent right behind runs under
 * the lock.
 * @throws {AppError} `cart_not_found`, `cart_completed`, `cart_merged`, `cart_empty`, `total_not_chargeable`
 */
export async function lockForCheckout(
  deps: Deps,
  tx: Transaction,
  caller: Caller,
  { id, place }: { readonly id: CartId; readonly place: Place },
): Promise<PricedCart> {
  const at = deps.clock.now();
  const [locked, lines, rules] = await Promise.all([
    store.lockCart(tx, id),
    store.findLines(tx, id, at),
    loadRules(deps.taxes, tx, { cartId: id, place, at }),
  ]);
  const cart = requireOpen(requireOwn(caller, locked));
  if (lines.length === 0) throw new AppError('cart_empty');
  return priceCart(cart, lines, rules);
}

/**
 * Not while the cart is being paid for: what came in would be in no order, and in a cart that is over.
 * @throws {AppError} `cart_not_found`, `cart_completed`, `cart_merged`, `checkout_in_progress`, `total_not_chargeable`
 */
export async function changeLines(
  deps: Deps,
  caller: Caller,
  id: CartId,
  /** Returns what is in the cart then. */
  change: (tx: Transaction, at: Date, rules: Promise<CartRules>) => Promise<CartContents>,
): Promise<ShownCart> {
  const changed = await deps.db.transaction(async (tx) => {
    const at = deps.clock.now();
    // The next version is also the lock, and is taken back with the rest when the change may not be.
    const [touched, isPaid] = await Promise.all([store.touchCart(tx, id, at), store.isBeingPaid(tx, id)]);
    const cart = requireOpen(requireOwn(caller, touched));
    if (isPaid) throw new AppError('checkout_in_progress');
    const place = placeOf(cart);
    const loading = loadRules(deps.taxes, tx, { cartId: id, place, at });
    const [rules, { lines, saved }] = await Promise.all([loading, change(tx, at, loading)]);
    // Priced before it is committed: a change that cannot be priced does not happen.
    return { cart: priceCart(cart, lines, rules), saved };
  });
  await deps.ownWrites.note(caller);
  return changed;
}

/** @throws {AppError} as {@link changeLines}, and what `terms` and `judge` do */
export async function changeTerms(
  deps: Deps,
  caller: Caller,
  id: CartId,
  {
    terms,
    judge = () => {},
  }: {
    readonly terms: (cart: store.CartRow) => store.CartTerms;
    /** Refuses the cart as it would be, with how it would be. */
    readonly judge?: (cart: PricedCart) => void;
  },
): Promise<ShownCart> {
  const shown = await deps.db.transaction(async (tx) => {
    const found = requireOpen(requireOwn(caller, await store.touchCart(tx, id, deps.clock.now())));
    const row = await store.setTerms(tx, id, terms(found));
    const [{ cart: changed }, saved] = await Promise.all([priceNow(deps, tx, row), findSaved(tx, id)]);
    judge(changed);
    return { cart: changed, saved };
  });
  await deps.ownWrites.note(caller);
  return shown;
}

/** @throws {AppError} `cart_completed`, `cart_merged` */
export function requireOpen(cart: store.CartRow): store.CartRow {
  if (cart.mergedAt !== null) throw new AppError('cart_merged');
  if (cart.completedAt !== null) throw new AppError('cart_completed');
  return cart;
}

export function requireOwn(caller: Caller, cart: store.CartRow | undefined): store.CartRow {
  if (cart === undefined) throw new AppError('cart_not_found');
  if (!isOwn(caller, cart)) throw new AppError('cart_not_found', {}, OF_ANOTHER);
  return cart;
}

export function isOwn(caller: Caller, cart: store.CartRow | undefined): boolean {
  if (cart === undefined) return false;
  if (cart.userId !== null) return caller.kind === 'user' && caller.userId === cart.userId;
  if (caller.kind !== 'guest' || caller.cartToken === null || cart.tokenHash === null) return false;
  return timingSafeEqual(hashToken(caller.cartToken), cart.tokenHash);
}

export function hashToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}
