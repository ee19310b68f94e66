/** What shoppers say of a cart beside what is in it: currency, destination, way of shipping, codes. */

import type { CartId, ShippingMethodId } from '#lib/ids.ts';
import { type Currency, currency as currencyOf, money } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller } from '#origin/http/auth.ts';
import { type CodeObstacle, estimateShipping } from '#origin/pricing/service.ts';
import { toCart } from './answer.ts';
import type { Cart, CartChange, ShippingEstimates } from './model.ts';
import { changeTerms, pricedCart } from './own-cart.ts';
import { type PricedCart, requirePlace, requireShipping, toBasketLine } from './pricing.ts';
import type { CartTerms } from './store.ts';

/** Beyond them none is taken. */
export const MAX_CODES = 5;

/**
 * @throws {AppError} `cart_not_found`, `cart_completed`, `cart_merged`, `cart_not_empty`, `currency_not_sold`, `destination_required`,
 * `region_required`, `postal_code_required`, `shipping_zone_missing`, `shipping_method_not_found`, `weight_missing`
 */
export async function changeCart(deps: Deps, caller: Caller, id: CartId, change: CartChange): Promise<Cart> {
  const cart = await changeTerms(deps, caller, id, {
    terms: () => termsOf(change),
    judge: (priced) => {
      if (!priced.isCurrencySold) throw new AppError('currency_not_sold', { currency: priced.currency });
      if (change.currency !== undefined && priced.lines.length > 0) throw new AppError('cart_not_empty');
      if (change.destination !== undefined) requirePlace(priced);
      if (typeof change.shippingMethodId === 'string') requireChosen(priced);
    },
  });
  return toCart(deps, cart);
}

/** @throws {AppError} where the way that was chosen is none for the cart */
function requireChosen(cart: PricedCart): void {
  if (cart.shippingNeed === 'method') throw new AppError('shipping_method_not_found');
  requireShipping(cart);
}

function termsOf({ currency, destination, shippingMethodId }: CartChange): CartTerms {
  return {
    ...(currency === undefined ? {} : { currency: currencyOf(currency) }),
    ...(destination === undefined ? {} : placed(destination)),
    ...(shippingMethodId === undefined
      ? {}
      : { shippingMethodId: shippingMethodId as ShippingMethodId | null }),
  };
}

function placed({ country, region, postalCode }: NonNullable<CartChange['destination']>) {
  return { country, region: region ?? null, postalCode: postalCode ?? null };
}

/** @throws {AppError} `cart_not_found`, `cart_completed`, `cart_merged`, `codes_full`, and why the code is not for the cart */
export async function addCode(deps: Deps, caller: Caller, id: CartId, entered: string): Promise<Cart> {
  const code = spelled(entered);
  const cart = await changeTerms(deps, caller, id, {
    terms: ({ codes }) => ({ codes: [...new Set([...codes, code])] }),
    judge: ({ codes, currency }) => {
      if (codes.length > MAX_CODES) throw new AppError('codes_full', { maxCodes: MAX_CODES });
      const obstacle = codes.find((state) => state.code === code)?.obstacle ?? null;
      if (obstacle !== null) refuse(code, obstacle, currency);
    },
  });
  return toCart(deps, cart);
}

/** One that the cart does not have is gone already. @throws {AppError} `cart_not_found`, `cart_completed`, `cart_merged` */
export async function removeCode(deps: Deps, caller: Caller, id: CartId, entered: string): Promise<Cart> {
  const code = spelled(entered);
  const cart = await changeTerms(deps, caller, id, {
    terms: ({ codes }) => ({ codes: codes.filter((each) => each !== code) }),
  });
  return toCart(deps, cart);
}

function spelled(code: string): string {
  return code.trim().toUpperCase();
}

/** One that another discount outdoes stays in the cart: it may be worth more later. */
function refuse(code: string, obstacle: CodeObstacle, currency: Currency): void {
  switch (obstacle.kind) {
    case 'unknown':
      throw new AppError('code_unknown', { discountCode: code });
    case 'not_in_force':
      throw new AppError('code_not_in_force', { discountCode: code });
    case 'used_up':
      throw new AppError('code_used_up', { discountCode: code });
    case 'group':
    case 'first_order':
    case 'currency':
      throw new AppError('code_not_for_you', { discountCode: code, reason: obstacle.kind });
    case 'nothing_eligible':
      throw new AppError('code_not_applicable', { discountCode: code });
    case 'minimum':
      throw new AppError('code_minimum_missed', {
        discountCode: code,
        missing: money(obstacle.missingMinor, currency),
      });
    case 'outdone':
      return;
  }
}

/** What each way of shipping would cost the cart. @throws {AppError} `cart_not_found`, `destination_required` */
export async function readShipping(deps: Deps, caller: Caller, id: CartId): Promise<ShippingEstimates> {
  const { cart, estimates } = await deps.ownWrites.read(caller, async (db) => {
    const { cart, rules } = await pricedCart(deps, db, caller, id);
    const lines = cart.lines.map(toBasketLine);
    return { cart, estimates: await estimateShipping(db, { lines, rules, currency: cart.currency }) };
  });
  return {
    items: estimates.map(({ method, priceMinor }) => ({
      id: method.id,
      name: method.name,
      isPickup: method.kind === 'pickup',
      price: priceMinor === null ? null : money(priceMinor, cart.currency),
    })),
  };
}
