/** Carts over HTTP: a guest's is opened by its `Cart-Token`, a customer's by their access token. */

import { Elysia } from 'elysia';
import type { CartId, CartItemId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { operation } from '#origin/http/openapi.ts';
import {
  Cart,
  CartChange,
  CartItemChange,
  CartItemParams,
  CartParams,
  CartQuote,
  CodeEntry,
  CodeParams,
  NewCartItem,
  ShippingEstimates,
} from './model.ts';
import * as carts from './service.ts';
import * as terms from './terms.ts';

const CART = { status: 200, description: 'The cart.', schema: Cart };
const CHANGE_FAILURES = [
  'unauthenticated',
  'cart_not_found',
  'cart_completed',
  'total_not_chargeable',
] as const;

export function cartRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'cart', prefix: '/api/v1/carts', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .post(
      '',
      async ({ caller, set }) => {
        set.status = 201;
        return carts.createCart(deps, caller);
      },
      {
        access: 'anyone',
        detail: operation({
          id: 'createCart',
          summary: 'Take a cart',
          description:
            "A customer's is theirs alone; a guest keeps the `token`, and sends it as `Cart-Token` from then on.",
          tag: 'Cart',
          success: { status: 201, description: 'The cart, with a token for a guest.', schema: Cart },
          failures: ['unauthenticated'],
        }),
      },
    )
    .get('/:id', async ({ caller, params }) => carts.readCart(deps, caller, params.id as CartId), {
      access: 'anyone',
      params: CartParams,
      detail: operation({
        id: 'getCart',
        summary: 'A cart at the prices of now',
        description: 'With its quote, and a notice on each line that has changed since it was put in.',
        tag: 'Cart',
        success: CART,
        failures: ['unauthenticated', 'cart_not_found', 'total_not_chargeable'],
      }),
    })
    .use(itemRoutes(deps, tokens))
    .use(termRoutes(deps, tokens));
}

function itemRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false })
    .use(auth(tokens))
    .post(
      '/:id/items',
      async ({ body, caller, params }) => carts.addItem(deps, caller, params.id as CartId, body),
      {
        access: 'anyone',
        params: CartParams,
        body: NewCartItem,
        detail: operation({
          id: 'addCartItem',
          summary: 'Put a variant into the cart',
          description: 'Once more adds to what is there. Nothing is reserved before checkout.',
          tag: 'Cart',
          success: CART,
          failures: [...CHANGE_FAILURES, 'variant_unavailable', 'cart_full'],
        }),
      },
    )
    .patch(
      '/:id/items/:itemId',
      async ({ body, caller, params }) => carts.changeItem(deps, caller, itemOf(params), body.quantity),
      {
        access: 'anyone',
        params: CartItemParams,
        body: CartItemChange,
        detail: operation({
          id: 'changeCartItem',
          summary: 'Change how many',
          description: 'The line then has that many.',
          tag: 'Cart',
          success: CART,
          failures: [...CHANGE_FAILURES, 'cart_item_not_found'],
        }),
      },
    )
    .delete(
      '/:id/items/:itemId',
      async ({ caller, params }) => carts.removeItem(deps, caller, itemOf(params)),
      {
        access: 'anyone',
        params: CartItemParams,
        detail: operation({
          id: 'removeCartItem',
          summary: 'Take a line out of the cart',
          description: 'The answer is the cart without it, priced anew.',
          tag: 'Cart',
          success: CART,
          failures: [...CHANGE_FAILURES, 'cart_item_not_found'],
        }),
      },
    );
}

function termRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false })
    .use(auth(tokens))
    .get('/:id/quote', async ({ caller, params }) => carts.readQuote(deps, caller, params.id as CartId), {
      access: 'anyone',
      params: CartParams,
      detail: operation({
        id: 'getCartQuote',
        summary: 'What the cart costs, every part of it',
        description: 'Checkout charges what the `token` says, or answers 409 with what has changed since.',
        tag: 'Cart',
        success: { status: 200, description: 'The quote.', schema: CartQuote },
        failures: ['unauthenticated', 'cart_not_found', 'total_not_chargeable'],
      }),
    })
    .get(
      '/:id/shipping',
      async ({ caller, params }) => terms.readShipping(deps, caller, params.id as CartId),
      {
        access: 'anyone',
        params: CartParams,
        detail: operation({
          id: 'listCartShipping',
          summary: 'The ways to ship the cart, and what each would cost',
          description:
            'First tell the destination by `changeCart`; the method that is chosen goes there, too.',
          tag: 'Cart',
          success: {
            status: 200,
            description: 'Those that serve its destination.',
            schema: ShippingEstimates,
          },
          failures: ['unauthenticated', 'cart_not_found', 'total_not_chargeable'],
        }),
      },
    )
    .patch(
      '/:id',
      async ({ body, caller, params }) => terms.changeCart(deps, caller, params.id as CartId, body),
      {
        access: 'anyone',
        params: CartParams,
        body: CartChange,
        detail: operation({
          id: 'changeCart',
          summary: 'Say where the cart goes, how, and in which currency',
          description:
            'The destination is for tax and shipping. `listCartShipping` has the methods to choose from.',
          tag: 'Cart',
          success: CART,
          failures: [
            ...CHANGE_FAILURES,
            ...(['cart_not_empty', 'currency_not_sold', 'destination_required'] as const),
            ...(['shipping_zone_missing', 'shipping_method_not_found', 'weight_missing'] as const),
          ],
        }),
      },
    )
    .use(codeRoutes(deps, tokens));
}

function codeRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false })
    .use(auth(tokens))
    .post(
      '/:id/codes',
      async ({ body, caller, params }) => terms.addCode(deps, caller, params.id as CartId, body.code),
      {
        access: 'anyone',
        params: CartParams,
        body: CodeEntry,
        detail: operation({
          id: 'addCartCode',
          summary: 'Enter the code of a discount',
          description:
            'Refused with the reason where it is not for this cart. One that another outdoes stays, for later.',
          tag: 'Cart',
          success: CART,
          failures: [
            ...CHANGE_FAILURES,
            ...(['code_unknown', 'code_not_in_force', 'code_used_up', 'code_not_for_you'] as const),
            ...(['code_not_applicable', 'code_minimum_missed', 'codes_full'] as const),
          ],
        }),
      },
    )
    .delete(
      '/:id/codes/:code',
      async ({ caller, params }) => terms.removeCode(deps, caller, params.id as CartId, params.code),
      {
        access: 'anyone',
        params: CodeParams,
        detail: operation({
          id: 'removeCartCode',
          summary: 'Take a code out of the cart',
          description: 'One that the cart does not have is gone already.',
          tag: 'Cart',
          success: CART,
          failures: CHANGE_FAILURES,
        }),
      },
    );
}

function itemOf({ id, itemId }: { readonly id: string; readonly itemId: string }) {
  return { cartId: id as CartId, itemId: itemId as CartItemId };
}
