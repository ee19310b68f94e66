/** Carts of customers and guests. Nothing here reserves stock: that is for checkout. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Queryable, Transaction } from '#db/client.ts';
import { MAX_LINE_QUANTITY } from '#db/schema/cart.ts';
import type { CartId, CartItemId, ProductId, VariantId } from '#lib/ids.ts';
import { money } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller } from '#origin/http/auth.ts';
import type { Cart, CartQuote, NewCartItem } from './model.ts';
import { type PricedCart, type PricedLine, priceCart, quoteFor } from './pricing.ts';
import * as store from './store.ts';

export { type PricedCart, type PricedLine, requireChargeable } from './pricing.ts';
export { MAX_QUOTE_LENGTH, type Quote } from './quote.ts';

const TOKEN_BYTES = 32;
const FIRST_VERSION = 1;
const MAX_LINES = 100;

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
    return toCart(deps, priceCart({ id, version: FIRST_VERSION }, []));
  }
  const token = `ct_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  await store.insertCart(deps.db, { id, userId: null, tokenHash: hashToken(token) });
  await deps.ownWrites.note({ kind: 'guest', cartToken: token });
  return { ...toCart(deps, priceCart({ id, version: FIRST_VERSION }, [])), token };
}

/** @throws {AppError} `cart_not_found`, also for somebody else's */
export async function readCart(deps: Deps, caller: Caller, id: CartId): Promise<Cart> {
  return toCart(deps, await deps.ownWrites.read(caller, (db) => pricedCart(db, caller, id)));
}

async function pricedCart(db: Queryable, caller: Caller, id: CartId): Promise<PricedCart> {
  const cart = requireOwn(caller, await store.findCart(db, id));
  return priceCart(cart, await store.findLines(db, id));
}

export interface AddedItem extends NewCartItem {
  /** What goes with it, or neither happens: where it comes from loses it. */
  readonly alongside?: (tx: Transaction) => Promise<void>;
}

/** @throws {AppError} `cart_not_found`, `cart_completed`, `cart_full`, `variant_unavailable`, `invalid_input` */
export async function addItem(deps: Deps, caller: Caller, id: CartId, item: AddedItem): Promise<Cart> {
  const variantId = item.variantId as VariantId;
  const cart = await changeCart(deps, caller, id, async (tx) => {
    const line = { id: deps.ids.next<CartItemId>(), cartId: id, variantId, quantity: item.quantity };
    const limits = { maxLines: MAX_LINES, maxQuantity: MAX_LINE_QUANTITY };
    const [isAdded, lines] = await Promise.all([store.addLine(tx, line, limits), store.findLines(tx, id)]);
    if (!isAdded) throw refusalOf(line, lines);
    await item.alongside?.(tx);
    return lines;
  });
  if (cart.version === FIRST_VERSION + 1) deps.metrics.count('carts_filled_total', {});
  return cart;
}

/** @throws {AppError} `cart_not_found`, `cart_completed`, `cart_item_not_found` */
export async function changeItem(
  deps: Deps,
  caller: Caller,
  { cartId, itemId }: { readonly cartId: CartId; readonly itemId: CartItemId },
  quantity: number,
): Promise<Cart> {
  return changeCart(deps, caller, cartId, async (tx) => {
    const found = await store.setQuantity(tx, cartId, itemId, quantity);
    if (!found) throw new AppError('cart_item_not_found');
    return store.findLines(tx, cartId);
  });
}

/** @throws {AppError} `cart_not_found`, `cart_completed`, `cart_item_not_found` */
export async function removeItem(
  deps: Deps,
  caller: Caller,
  { cartId, itemId }: { readonly cartId: CartId; readonly itemId: CartItemId },
): Promise<Cart> {
  return changeCart(deps, caller, cartId, async (tx) => {
    const found = await store.deleteLine(tx, cartId, itemId);
    if (!found) throw new AppError('cart_item_not_found');
    return store.findLines(tx, cartId);
  });
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

/**
 * Locks the caller's cart for checkout, and tells what it costs from then on. What is sent right behind runs under the
 * lock.
 * @throws {AppError} `cart_not_found`, `cart_completed`, `cart_empty`
 */
export async function lockForCheckout(tx: Transaction, caller: Caller, id: CartId): Promise<PricedCart> {
  const [locked, lines] = await Promise.all([store.lockCart(tx, id), store.findLines(tx, id)]);
  const cart = requireOpen(requireOwn(caller, locked));
  if (lines.length === 0) throw new AppError('cart_empty');
  return priceCart(cart, lines);
}

/** The shopper has been told of these prices: the next checkout may charge them. */
export async function acknowledgePrices(
  deps: Deps,
  id: CartId,
  told: readonly Pick<PricedLine, 'variantId' | 'priceMinor'>[],
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    for (const { variantId, priceMinor } of told) {
      await store.acknowledgePrice(tx, { cartId: id, variantId, priceMinor });
    }
  });
}

/** The cart has become a paid order. */
export async function completeCart(tx: Transaction, id: CartId, at: Date): Promise<void> {
  await store.completeCart(tx, id, at);
}

async function changeCart(
  deps: Deps,
  caller: Caller,
  id: CartId,
  /** Returns the lines as they are then. */
  change: (tx: Transaction) => Promise<readonly store.CartLineRow[]>,
): Promise<Cart> {
  const cart = await deps.db.transaction(async (tx) => {
    // The next version is also the lock, and is taken back with the rest when the change may not be.
    const { version } = requireOpen(requireOwn(caller, await store.touchCart(tx, id, deps.clock.now())));
    // Priced before it is committed: a change that cannot be priced does not happen.
    return priceCart({ id, version }, await change(tx));
  });
  await deps.ownWrites.note(caller);
  return toCart(deps, cart);
}

/** Why nothing was added to a cart with these lines. */
function refusalOf(
  { variantId, quantity }: Pick<store.NewLine, 'variantId' | 'quantity'>,
  lines: readonly store.CartLineRow[],
): AppError {
  const line = lines.find((each) => each.variantId === variantId);
  if (line === undefined && lines.length >= MAX_LINES) {
    return new AppError('cart_full', { maxLines: MAX_LINES });
  }
  if ((line?.quantity ?? 0) + quantity > MAX_LINE_QUANTITY) {
    const message = `the cart would hold more than ${MAX_LINE_QUANTITY} of the variant`;
    return new AppError('invalid_input', { errors: [{ path: '/quantity', message }] });
  }
  return new AppError('variant_unavailable', { variantId });
}

function requireOpen(cart: store.CartRow): store.CartRow {
  if (cart.completedAt !== null) throw new AppError('cart_completed');
  return cart;
}

function requireOwn(caller: Caller, cart: store.CartRow | undefined): store.CartRow {
  if (cart === undefined) throw new AppError('cart_not_found');
  if (!isOwn(caller, cart)) throw new AppError('cart_not_found', {}, OF_ANOTHER);
  return cart;
}

function isOwn(caller: Caller, cart: store.CartRow | undefined): boolean {
  if (cart === undefined) return false;
  if (cart.userId !== null) return caller.kind === 'user' && caller.userId === cart.userId;
  if (caller.kind !== 'guest' || caller.cartToken === null || cart.tokenHash === null) return false;
  return timingSafeEqual(hashToken(caller.cartToken), cart.tokenHash);
}

function hashToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}

/** What the cart costs, signed: good for a checkout of the cart as it is. */
export function quote({ quotes, clock }: Deps, cart: PricedCart): CartQuote {
  return quoteFor(quotes, cart, clock.now());
}

function toCart(deps: Deps, cart: PricedCart): Cart {
  return {
    id: cart.id,
    items: cart.lines.map((line) => ({
      id: line.id,
      variantId: line.variantId,
      productId: line.productId,
      name: line.name,
      options: line.optionValues,
      quantity: line.quantity,
      unitPrice: money(line.priceMinor, line.currency),
      lineTotal: money(line.lineTotalMinor, line.currency),
      notice: line.notice,
    })),
    subtotal: money(cart.subtotalMinor, cart.currency),
    quote: quote(deps, cart),
    version: cart.version,
  };
}
