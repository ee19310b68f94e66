/** Carts of customers and guests. Nothing here reserves stock: that is for checkout. */

import { randomBytes } from 'node:crypto';
import type { Queryable, Transaction } from '#db/client.ts';
import { after, DAY_MS } from '#lib/clock.ts';
import type { CartId, CartItemId, ProductId, VariantId } from '#lib/ids.ts';
import { minor, SHOP_CURRENCY } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller } from '#origin/http/auth.ts';
import { NO_RULES } from '#origin/pricing/service.ts';
import { type AddedLine, addLines, type Refusal } from './add-lines.ts';
import { quote, type ShownCart, toCart } from './answer.ts';
import { deleteLeft } from './left-store.ts';
import type { Cart, CartItemChange, NewCartItem } from './model.ts';
import { changeLines, hashToken, isOwn, pricedCart, requireOwn, shownCart } from './own-cart.ts';
import { listedAs, type PricedLine, priceCart } from './pricing.ts';
import type { CartQuote } from './quote-model.ts';
import { findContents } from './saved-store.ts';
import * as store from './store.ts';

export { quote } from './answer.ts';
export { mergeAtLogin } from './merge.ts';
export { lockForCheckout } from './own-cart.ts';
export {
  type PricedCart,
  type PricedLine,
  requireChargeable,
  requirePlace,
  requireShipping,
} from './pricing.ts';
export { MAX_QUOTE_LENGTH, type Quote } from './quote.ts';

const TOKEN_BYTES = 32;
const FIRST_VERSION = 1;
export const GUESTS_CART_KEPT_MS = 90 * DAY_MS;

/** A new cart; a guest's comes with the token that opens it. */
export async function createCart(deps: Deps, caller: Caller): Promise<Cart> {
  const cart = await insertCart(deps, caller);
  deps.metrics.count('carts_created_total', {});
  return cart;
}

async function insertCart(deps: Deps, caller: Caller): Promise<Cart> {
  const id = deps.ids.next<CartId>();
  if (caller.kind === 'user') {
    await store.insertCart(deps.db, { id, userId: caller.userId, tokenHash: null });
    await deps.ownWrites.note(caller);
    return toCart(deps, newCart(id));
  }
  const token = `ct_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  await store.insertCart(deps.db, { id, userId: null, tokenHash: hashToken(token) });
  await deps.ownWrites.note({ kind: 'guest', cartToken: token });
  return { ...toCart(deps, newCart(id)), token };
}

function newCart(id: CartId): ShownCart {
  return {
    cart: priceCart({ id, version: FIRST_VERSION, currency: SHOP_CURRENCY }, [], NO_RULES),
    saved: [],
  };
}

/** @throws {AppError} `cart_not_found`, also for somebody else's */
export async function readCart(deps: Deps, caller: Caller, id: CartId): Promise<Cart> {
  return toCart(deps, await deps.ownWrites.read(caller, (db) => shownCart(deps, db, caller, id)));
}

/** Every part of what the cart costs. @throws {AppError} `cart_not_found`, also for somebody else's */
export async function readQuote(deps: Deps, caller: Caller, id: CartId): Promise<CartQuote> {
  const { cart } = await deps.ownWrites.read(caller, (db) => pricedCart(deps, db, caller, id));
  return quote(deps, cart);
}

export interface AddedItem extends NewCartItem {
  /** What goes with it, or neither happens: where it comes from loses it. */
  readonly alongside?: (tx: Transaction) => Promise<void>;
}

/**
 * @throws {AppError} what every change of lines may; `cart_full`, `variant_unavailable`, `invalid_input`
 */
export async function addItem(deps: Deps, caller: Caller, id: CartId, item: AddedItem): Promise<Cart> {
  const line = toLine(deps, item);
  const changed = await changeLines(deps, caller, id, async (tx, at) => {
    const { contents, refusals } = await addLines(tx, id, [line], at);
    const [refusal] = refusals;
    if (refusal !== undefined) throw refusal.problem;
    await item.alongside?.(tx);
    return contents;
  });
  countFilled(deps, changed);
  return toCart(deps, changed);
}

/**
 * All of them or none: of one that cannot be added every such one is named.
 * @throws {AppError} what every change of lines may; `cart_items_refused`
 */
export async function addItems(
  deps: Deps,
  caller: Caller,
  id: CartId,
  items: readonly NewCartItem[],
): Promise<Cart> {
  const lines = items.map((item) => toLine(deps, item));
  const changed = await changeLines(deps, caller, id, async (tx, at) => {
    const { contents, refusals } = await addLines(tx, id, lines, at);
    if (refusals.length > 0) throw new AppError('cart_items_refused', { items: refusals.map(toRefused) });
    return contents;
  });
  countFilled(deps, changed);
  return toCart(deps, changed);
}

function toLine({ ids }: Deps, { variantId, quantity }: NewCartItem): AddedLine {
  return { id: ids.next<CartItemId>(), variantId: variantId as VariantId, quantity };
}

function toRefused({ index, problem: { code, message } }: Refusal) {
  return { index, code, message };
}

function countFilled({ metrics }: Deps, { cart }: ShownCart): void {
  if (cart.version === FIRST_VERSION + 1) metrics.count('carts_filled_total', {});
}

interface ItemPlace {
  readonly cartId: CartId;
  readonly itemId: CartItemId;
}

/**
 * How many, and which price the shopper has been shown: where that is the price of now, the line has no notice of it
 * any more. What is charged is decided at checkout, by the database.
 * @throws {AppError} what every change of lines may; `cart_item_not_found`
 */
export async function changeItem(
  deps: Deps,
  caller: Caller,
  { cartId, itemId }: ItemPlace,
  { quantity, acceptedPrice }: CartItemChange,
): Promise<Cart> {
  const changed = await changeLines(deps, caller, cartId, async (tx, at, rules) => {
    const place = { cartId, itemId };
    const isFound = quantity === undefined || (await store.setQuantity(tx, { ...place, quantity, at }));
    if (!isFound) throw new AppError('cart_item_not_found');
    const contents = await findContents(tx, cartId, at);
    if (acceptedPrice === undefined) return contents;
    const line = contents.lines.find(({ id }) => id === itemId);
    if (line === undefined) throw new AppError('cart_item_not_found');
    const seenPriceMinor = listedAs(line, minor(acceptedPrice), await rules);
    await store.setSeenPrice(tx, { ...place, priceMinor: seenPriceMinor });
    const lines = contents.lines.map((each) => (each === line ? { ...line, seenPriceMinor } : each));
    return { ...contents, lines };
  });
  return toCart(deps, changed);
}

/** @throws {AppError} what every change of lines may; `cart_item_not_found` */
export async function removeItem(deps: Deps, caller: Caller, { cartId, itemId }: ItemPlace): Promise<Cart> {
  const changed = await changeLines(deps, caller, cartId, async (tx, at) => {
    const found = await store.deleteLine(tx, cartId, itemId);
    if (!found) throw new AppError('cart_item_not_found');
    return findContents(tx, cartId, at);
  });
  return toCart(deps, changed);
}

/** Whether the cart is the caller's: the door to a guest's order, too. */
export async function ownsCart(db: Queryable, caller: Caller, id: CartId): Promise<boolean> {
  return isOwn(caller, await store.findCart(db, id));
}

/** What is in the caller's carts, the newest first. */
export async function productsInCartOf(db: Queryable, caller: Caller, limit: number): Promise<ProductId[]> {
  if (caller.kind === 'user') return store.findProducts(db, { userId: caller.userId }, limit);
  const { cartToken } = caller;
  return cartToken === null ? [] : store.findProducts(db, { tokenHash: hashToken(cartToken) }, limit);
}

/** @throws {AppError} `cart_not_found`, also for somebody else's */
export async function requireOwnCart(db: Queryable, caller: Caller, id: CartId): Promise<void> {
  requireOwn(caller, await store.findCart(db, id));
}

/** The shopper has been told of these prices: the next checkout may charge them. */
export async function acknowledgePrices(
  deps: Deps,
  id: CartId,
  told: readonly Pick<PricedLine, 'variantId' | 'listPriceMinor'>[],
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    for (const { variantId, listPriceMinor: priceMinor } of told) {
      await store.acknowledgePrice(tx, { cartId: id, variantId, priceMinor });
    }
  });
}

/** The cart has become a paid order. */
export async function completeCart(tx: Transaction, id: CartId, at: Date): Promise<void> {
  await store.completeCart(tx, id, at);
}

/** A guest's of which nothing became, and that nobody has changed for so long: its token opens nothing any more. */
export async function forgetLeftCarts({ db, clock }: Deps): Promise<void> {
  await deleteLeft(db, after(clock.now(), -GUESTS_CART_KEPT_MS));
}

/** One that is an order from its first moment, and takes no changes: nobody has filled it. */
export async function openCompletedCart(
  { clock }: Deps,
  tx: Transaction,
  cart: Parameters<typeof store.insertCart>[1],
): Promise<void> {
  await store.insertCart(tx, cart);
  await store.completeCart(tx, cart.id, clock.now());
}
