/** Carts over HTTP: a guest's is opened by its `Cart-Token`, a customer's by their access token. */

import { Elysia } from 'elysia';
import { DAY_MS } from '#lib/clock.ts';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import type { CartId, CartItemId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { CART, changing, OWN_CART, OWN_ITEM } from './documented.ts';
import { mergeCart } from './merge.ts';
import { Cart, CartItemChange, CartParams, MergeHeaders, NewCartItem, NewCartItems } from './model.ts';
import * as saved from './saved.ts';
import * as carts from './service.ts';
import { termRoutes } from './terms-routes.ts';

const GUESTS_CART_KEPT_DAYS = carts.GUESTS_CART_KEPT_MS / DAY_MS;

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
          description: `A customer's is theirs alone; a guest keeps the \`token\`, and sends it as \`Cart-Token\` from then on, until nothing was changed in the cart for ${GUESTS_CART_KEPT_DAYS} days.`,
          tag: 'Cart',
          success: { status: 201, description: 'The cart, with a token for a guest.', schema: Cart },
          failures: ['unauthenticated'],
        }),
      },
    )
    .get('/:id', async ({ caller, params }) => carts.readCart(deps, caller, params.id as CartId), {
      ...OWN_CART,
      detail: operation({
        id: 'getCart',
        summary: 'A cart at the prices of now',
        description: 'With its quote, and a notice on each line that has changed since it was put in.',
        tag: 'Cart',
        success: CART,
        failures: ['unauthenticated', 'cart_not_found', 'total_not_chargeable'],
      }),
    })
    .use(mergeRoute(deps, tokens))
    .use(itemRoutes(deps, tokens))
    .use(savedRoutes(deps, tokens))
    .use(termRoutes(deps, tokens));
}

function mergeRoute(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false }).use(auth(tokens)).post(
    '/:id/merge',
    async ({ caller, headers, params, request }) => {
      const guests = { id: params.id as CartId, cartToken: headers[CART_TOKEN_HEADER] ?? null };
      return mergeCart(forRequest(deps, request), signedIn(caller), guests);
    },
    {
      access: 'user',
      params: CartParams,
      headers: MergeHeaders,
      detail: changing({
        id: 'mergeCart',
        summary: 'Put a guest’s cart into your own',
        description:
          'Log-in with its `Cart-Token` does the same. Lines of one variant become one, up to 999 of it; what is put aside, ' +
          'codes and destination come along as far as they fit. Where you have none, or yours is being paid for, has ' +
          'another currency or would hold too much, the guest’s becomes yours beside it. Can be repeated.',
      }),
    },
  );
}

function itemRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false })
    .use(auth(tokens))
    .post(
      '/:id/items',
      async ({ body, caller, params }) => carts.addItem(deps, caller, params.id as CartId, body),
      {
        ...OWN_CART,
        body: NewCartItem,
        detail: changing({
          id: 'addCartItem',
          summary: 'Put a variant into the cart',
          description: 'Once more adds to what is there. Nothing is reserved before checkout.',
          failures: ['variant_unavailable', 'cart_full'],
        }),
      },
    )
    .post(
      '/:id/items/bulk',
      async ({ body, caller, params }) => carts.addItems(deps, caller, params.id as CartId, body.items),
      {
        ...OWN_CART,
        body: NewCartItems,
        detail: changing({
          id: 'addCartItems',
          summary: 'Put several variants into the cart: all of them, or none',
          description: 'Of `cart_items_refused`, `items` names each that cannot be, by its index, and why.',
          failures: ['cart_items_refused'],
        }),
      },
    )
    .patch(
      '/:id/items/:itemId',
      async ({ body, caller, params }) => carts.changeItem(deps, caller, itemOf(params), body),
      {
        ...OWN_ITEM,
        body: CartItemChange,
        detail: changing({
          id: 'changeCartItem',
          summary: 'Change how many, or agree to the price of now',
          description: 'The line then has that many.',
          failures: ['cart_item_not_found'],
        }),
      },
    )
    .delete(
      '/:id/items/:itemId',
      async ({ caller, params }) => carts.removeItem(deps, caller, itemOf(params)),
      {
        ...OWN_ITEM,
        detail: changing({
          id: 'removeCartItem',
          summary: 'Take a line out of the cart',
          description: 'The answer is the cart without it, priced anew.',
          failures: ['cart_item_not_found'],
        }),
      },
    );
}

function savedRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false })
    .use(auth(tokens))
    .post(
      '/:id/items/:itemId/save',
      async ({ caller, params }) => saved.saveItem(deps, caller, itemOf(params)),
      {
        ...OWN_ITEM,
        detail: changing({
          id: 'saveCartItem',
          summary: 'Put a line aside for later',
          description: 'It is shown with the cart, and neither priced nor charged.',
          failures: ['cart_item_not_found', 'saved_items_full'],
        }),
      },
    )
    .post(
      '/:id/saved/:itemId/cart',
      async ({ caller, params }) => saved.restoreItem(deps, caller, itemOf(params)),
      {
        ...OWN_ITEM,
        detail: changing({
          id: 'restoreCartItem',
          summary: 'Put what was put aside back into the cart, at the price of now',
          description: 'Once more adds to what is there.',
          failures: ['cart_item_not_found', 'variant_unavailable', 'cart_full'],
        }),
      },
    )
    .delete(
      '/:id/saved/:itemId',
      async ({ caller, params }) => saved.dropSaved(deps, caller, itemOf(params)),
      {
        ...OWN_ITEM,
        detail: changing({
          id: 'dropSavedItem',
          summary: 'Forget what was put aside',
          description: 'The answer is the cart without it.',
          failures: ['cart_item_not_found'],
        }),
      },
    );
}

function itemOf({ id, itemId }: { readonly id: string; readonly itemId: string }) {
  return { cartId: id as CartId, itemId: itemId as CartItemId };
}
