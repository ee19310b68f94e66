/** What a cart is priced by, over HTTP: where it goes, how, and with which codes. */

import { Elysia } from 'elysia';
import type { CartId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth } from '#origin/http/auth.ts';
import { operation } from '#origin/http/openapi.ts';
import { changing, OWN_CART, OWN_CODE } from './documented.ts';
import { CartChange, CodeEntry, ShippingEstimates } from './model.ts';
import { CartQuote } from './quote-model.ts';
import * as carts from './service.ts';
import * as terms from './terms.ts';

export function termRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false })
    .use(auth(tokens))
    .get('/:id/quote', async ({ caller, params }) => carts.readQuote(deps, caller, params.id as CartId), {
      ...OWN_CART,
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
        ...OWN_CART,
        detail: operation({
          id: 'listCartShipping',
          summary: 'The ways to ship the cart, and what each would cost',
          description:
            'First tell the destination by `changeCart`; the method that is chosen goes there, too.',
          tag: 'Cart',
          success: { status: 200, description: 'Those that serve it.', schema: ShippingEstimates },
          failures: ['unauthenticated', 'cart_not_found', 'total_not_chargeable'],
        }),
      },
    )
    .patch(
      '/:id',
      async ({ body, caller, params }) => terms.changeCart(deps, caller, params.id as CartId, body),
      {
        ...OWN_CART,
        body: CartChange,
        detail: changing({
          id: 'changeCart',
          summary: 'Say where the cart goes, how, and in which currency',
          description:
            'The destination is for tax and shipping: where they go by region in its country, it needs one, by code (ISO ' +
            '3166-2, `NY`) or name; where by postal code, such a code. `listCartShipping` has the methods to choose from.',
          failures: [
            ...(['cart_not_empty', 'currency_not_sold', 'destination_required'] as const),
            ...(['region_required', 'postal_code_required', 'shipping_zone_missing'] as const),
            ...(['shipping_method_not_found', 'weight_missing'] as const),
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
        ...OWN_CART,
        body: CodeEntry,
        detail: changing({
          id: 'addCartCode',
          summary: 'Enter the code of a discount',
          description:
            'Refused with the reason where it is not for this cart. One that another outdoes stays, for later.',
          failures: [
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
        ...OWN_CODE,
        detail: changing({
          id: 'removeCartCode',
          summary: 'Take a code out of the cart',
          description: 'One that the cart does not have is gone already.',
        }),
      },
    );
}
