/** What shoppers put aside for later, out of the cart and back: neither priced nor bought meanwhile. */

import type { CartId, CartItemId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller } from '#origin/http/auth.ts';
import { addLines } from './add-lines.ts';
import { toCart } from './answer.ts';
import type { Cart } from './model.ts';
import { changeLines } from './own-cart.ts';
import * as store from './saved-store.ts';

export const MAX_SAVED = 100;

interface ItemPlace {
  readonly cartId: CartId;
  readonly itemId: CartItemId;
}

/**
 * All of a line. What is put aside of the same variant already takes it in.
 * @throws {AppError} what every change of lines may; `cart_item_not_found`, `saved_items_full`
 */
export async function saveItem(deps: Deps, caller: Caller, place: ItemPlace): Promise<Cart> {
  const { cartId } = place;
  const changed = await changeLines(deps, caller, cartId, async (tx, at) => {
    const [isSaved, contents] = await Promise.all([
      store.saveLine(tx, place, at),
      store.findContents(tx, cartId, at),
    ]);
    if (!isSaved) throw new AppError('cart_item_not_found');
    if (contents.saved.length > MAX_SAVED) throw new AppError('saved_items_full', { maxItems: MAX_SAVED });
    return contents;
  });
  return toCart(deps, changed);
}

/**
 * As if it was added at the prices of now: where it cannot be, it stays put aside.
 * @throws {AppError} what every change of lines may; `cart_item_not_found`, `cart_full`,
 * `variant_unavailable`, `invalid_input`
 */
export async function restoreItem(deps: Deps, caller: Caller, place: ItemPlace): Promise<Cart> {
  const { cartId, itemId } = place;
  const changed = await changeLines(deps, caller, cartId, async (tx, at) => {
    const taken = await store.takeSaved(tx, place);
    if (taken === undefined) throw new AppError('cart_item_not_found');
    const { contents, refusals } = await addLines(tx, cartId, [{ ...taken, id: itemId }], at);
    const [refusal] = refusals;
    if (refusal !== undefined) throw refusal.problem;
    return contents;
  });
  return toCart(deps, changed);
}

/** @throws {AppError} what every change of lines may; `cart_item_not_found` */
export async function dropSaved(deps: Deps, caller: Caller, place: ItemPlace): Promise<Cart> {
  const { cartId } = place;
  const changed = await changeLines(deps, caller, cartId, async (tx, at) => {
    const [taken, contents] = await Promise.all([
      store.takeSaved(tx, place),
      store.findContents(tx, cartId, at),
    ]);
    if (taken === undefined) throw new AppError('cart_item_not_found');
    return contents;
  });
  return toCart(deps, changed);
}
