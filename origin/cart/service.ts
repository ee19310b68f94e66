/** Carts of customers and guests. Nothing here reserves stock: that is for checkout. */

import { randomBytes } from 'node:crypto';
import type { Queryable, Transaction } from '#db/client.ts';
import { MAX_LINE_QUANTITY } from '#db/schema/cart.ts';
import type { CartId, CartItemId, ProductId, VariantId } from '#lib/ids.ts';
import { money, SHOP_CURRENCY } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller } from '#origin/http/auth.ts';
import { NO_RULES } from '#origin/pricing/service.ts';
import type { Cart, CartQuote, NewCartItem } from './model.ts';
import { changeLines, hashToken, isOwn, pricedCart, requireOwn } from './own-cart.ts';
import { type PricedCart, type PricedLine, priceCart } from './pricing.ts';
import { quoteFor } from './promise.ts';
import * as store from './store.ts';

export { lockForCheckout } from './own-cart.ts';
export { type PricedCart, type PricedLine, requireChargeable, requireShipping } from './pricing.ts';
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
    return toCart(deps, newCart(id));
  }
  const token = `ct_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  await store.insertCart(deps.db, { id, userId: null, tokenHash: hashToken(token) });
  await deps.ownWrites.note({ kind: 'guest', cartToken: token });
  return { ...toCart(deps, newCart(id)), token };
}

function newCart(id: CartId): PricedCart {
  return priceCart({ id, version: FIRST_VERSION, currency: SHOP_CURRENCY }, [], NO_RULES);
}

/** @throws {AppError} `cart_not_found`, also for somebody else's */
export async function readCart(deps: Deps, caller: Caller, id: CartId): Promise<Cart> {
  const { cart } = await deps.ownWrites.read(caller, (db) => pricedCart(deps, db, caller, id));
  return toCart(deps, cart);
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

/** @throws {AppError} `cart_not_found`, `cart_completed`, `cart_full`, `variant_unavailable`, `invalid_input` */
export async function addItem(deps: Deps, caller: Caller, id: CartId, item: AddedItem): Promise<Cart> {
  const variantId = item.variantId as VariantId;
  const cart = await changeLines(deps, caller, id, async (tx, at) => {
    const line = { id: deps.ids.next<CartItemId>(), cartId: id, variantId, quantity: item.quantity, at };
    const limits = { maxLines: MAX_LINES, maxQuantity: MAX_LINE_QUANTITY };
    const [isAdded, lines] = await Promise.all([
      store.addLine(tx, line, limits),
      store.findLines(tx, id, at),
    ]);
    if (!isAdded) throw refusalOf(line, lines);
    await item.alongside?.(tx);
    return lines;
  });
  if (cart.version === FIRST_VERSION + 1) deps.metrics.count('carts_filled_total', {});
  return toCart(deps, cart);
}

/** @throws {AppError} `cart_not_found`, `cart_completed`, `cart_item_not_found` */
export async function changeItem(
  deps: Deps,
  caller: Caller,
  { cartId, itemId }: { readonly cartId: CartId; readonly itemId: CartItemId },
  quantity: number,
): Promise<Cart> {
  const cart = await changeLines(deps, caller, cartId, async (tx, at) => {
    const found = await store.setQuantity(tx, { cartId, itemId, quantity, at });
    if (!found) throw new AppError('cart_item_not_found');
    return store.findLines(tx, cartId, at);
  });
  return toCart(deps, cart);
}

/** @throws {AppError} `cart_not_found`, `cart_completed`, `cart_item_not_found` */
export async function removeItem(
  deps: Deps,
  caller: Caller,
  { cartId, itemId }: { readonly cartId: CartId; readonly itemId: CartItemId },
): Promise<Cart> {
  const cart = await changeLines(deps, caller, cartId, async (tx, at) => {
    const found = await store.deleteLine(tx, cartId, itemId);
    if (!found) throw new AppError('cart_item_not_found');
    return store.findLines(tx, cartId, at);
  });
  return toCart(deps, cart);
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

/** One that is an order from its first moment, and takes no changes: nobody has filled it. */
export async function openCompletedCart(
  { clock }: Deps,
  tx: Transaction,
  cart: Parameters<typeof store.insertCart>[1],
): Promise<void> {
  await store.insertCart(tx, cart);
  await store.completeCart(tx, cart.id, clock.now());
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

/** What the cart costs, signed: good for a checkout of the cart as it is. */
export function quote({ quotes, clock }: Deps, cart: PricedCart): CartQuote {
  return quoteFor(quotes, cart, clock.now());
}

export function toCart(deps: Deps, cart: PricedCart): Cart {
  const { currency, place } = cart;
  return {
    id: cart.id,
    currency,
    destination: place.country === null ? null : { ...place, country: place.country },
    items: cart.lines.map((line) => ({
      id: line.id,
      variantId: line.variantId,
      productId: line.productId,
      name: line.name,
      options: line.optionValues,
      quantity: line.quantity,
      unitPrice: money(line.priceMinor, currency),
      lineTotal: money(line.lineTotalMinor, currency),
      notice: line.notice,
    })),
    subtotal: money(cart.subtotalMinor, currency),
    quote: quote(deps, cart),
    version: cart.version,
  };
}
