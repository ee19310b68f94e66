/** Wish lists over HTTP: to their owners, and by a link to whoever has it. */

import { Elysia } from 'elysia';
import type { VariantId, WishListId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { operation } from '#origin/http/openapi.ts';
import {
  CartMove,
  NewWish,
  SharedParams,
  SharedWishList,
  Sharing,
  WishList,
  WishListName,
  WishListParams,
  WishLists,
  WishParams,
} from './model.ts';
import * as lists from './service.ts';

const CREATED = 201;
const NO_CONTENT = 204;
const LIST = { status: 200, description: 'The list as it is then.', schema: WishList };
const FAILURES = ['unauthenticated', 'wish_list_not_found'] as const;
const tag = 'Wish lists';

export function wishListRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'wish-lists', prefix: '/api/v1', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .use(
      new Elysia({ prefix: '/wish-lists', normalize: false })
        .use(listRoutes(deps, tokens))
        .use(changeRoutes(deps, tokens))
        .use(itemRoutes(deps, tokens))
        .use(sharingRoutes(deps, tokens)),
    )
    .get('/shared-wish-lists/:token', async ({ params }) => lists.readShared(deps, params.token), {
      access: 'public',
      params: SharedParams,
      detail: operation({
        id: 'getSharedWishList',
        summary: 'A wish list, by its link',
        description: 'For whoever has the link, until it is revoked.',
        tag,
        success: { status: 200, description: 'The list, and not whose it is.', schema: SharedWishList },
        failures: ['wish_list_not_found'],
      }),
    });
}

function listRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false })
    .use(auth(tokens))
    .get('', async ({ caller }) => lists.readLists(deps, signedIn(caller)), {
      access: 'user',
      detail: operation({
        id: 'listWishLists',
        summary: 'Your wish lists',
        description: 'Nobody has more of them than fit into this answer.',
        tag,
        success: { status: 200, description: 'All of them.', schema: WishLists },
        failures: ['unauthenticated'],
      }),
    })
    .post(
      '',
      async ({ body, caller, set }) => {
        set.status = CREATED;
        return lists.createList(deps, signedIn(caller), body.name);
      },
      {
        access: 'user',
        body: WishListName,
        detail: operation({
          id: 'createWishList',
          summary: 'Make a wish list of a name of its own',
          description: 'The default one, which takes what names no list, is made by itself.',
          tag,
          success: { ...LIST, status: CREATED },
          failures: ['unauthenticated', 'wish_lists_full', 'wish_list_name_taken'],
        }),
      },
    )
    .post(
      '/items',
      async ({ body, caller }) => lists.addToDefault(deps, signedIn(caller), body.variantId as VariantId),
      {
        access: 'user',
        body: NewWish,
        detail: operation({
          id: 'addWish',
          summary: 'Put a variant aside',
          description:
            'On your default list, which is made when it is first needed. Once more is as good as once.',
          tag,
          success: LIST,
          failures: ['unauthenticated', 'variant_unavailable', 'wish_list_full', 'wish_lists_full'],
        }),
      },
    );
}

function changeRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ prefix: '/:id', normalize: false })
    .use(auth(tokens))
    .get('', async ({ caller, params }) => lists.readList(deps, signedIn(caller), params.id as WishListId), {
      access: 'user',
      params: WishListParams,
      detail: operation({
        id: 'getWishList',
        summary: 'A wish list at the prices of now',
        description: 'Each thing with whether there is any of it.',
        tag,
        success: LIST,
        failures: FAILURES,
      }),
    })
    .patch(
      '',
      async ({ body, caller, params }) =>
        lists.renameList(deps, signedIn(caller), params.id as WishListId, body.name),
      {
        access: 'user',
        params: WishListParams,
        body: WishListName,
        detail: operation({
          id: 'renameWishList',
          summary: 'Call a wish list otherwise',
          description: 'A link to it stays good.',
          tag,
          success: LIST,
          failures: [...FAILURES, 'wish_list_name_taken'],
        }),
      },
    )
    .delete(
      '',
      async ({ caller, params, set }) => {
        await lists.deleteList(deps, signedIn(caller), params.id as WishListId);
        set.status = NO_CONTENT;
      },
      {
        access: 'user',
        params: WishListParams,
        detail: operation({
          id: 'deleteWishList',
          summary: 'Delete a wish list',
          description: 'The default one stays.',
          tag,
          success: { status: NO_CONTENT, description: 'It is gone, and what was on it.' },
          failures: [...FAILURES, 'wish_list_is_default'],
        }),
      },
    );
}

function itemRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ prefix: '/:id/items', normalize: false })
    .use(auth(tokens))
    .post(
      '',
      async ({ body, caller, params }) =>
        lists.addWish(deps, signedIn(caller), placeOf({ ...params, ...body })),
      {
        access: 'user',
        params: WishListParams,
        body: NewWish,
        detail: operation({
          id: 'addWishToList',
          summary: 'Put a variant on a wish list',
          description: 'Once more is as good as once.',
          tag,
          success: LIST,
          failures: [...FAILURES, 'variant_unavailable', 'wish_list_full'],
        }),
      },
    )
    .delete(
      '/:variantId',
      async ({ caller, params }) => lists.removeWish(deps, signedIn(caller), placeOf(params)),
      {
        access: 'user',
        params: WishParams,
        detail: operation({
          id: 'removeWish',
          summary: 'Take a variant off a wish list',
          description: 'One that is not on it is gone already.',
          tag,
          success: LIST,
          failures: FAILURES,
        }),
      },
    )
    .post(
      '/:variantId/cart',
      async ({ body, caller, params }) => lists.moveToCart(deps, signedIn(caller), placeOf(params), body),
      {
        access: 'user',
        params: WishParams,
        body: CartMove,
        detail: operation({
          id: 'moveWishToCart',
          summary: 'Move a variant from a wish list into your cart',
          description: 'Both or neither: it is off the list exactly when it is in the cart.',
          tag,
          success: LIST,
          failures: [
            ...FAILURES,
            ...(['wish_list_item_not_found', 'cart_not_found', 'cart_completed'] as const),
            ...(['cart_full', 'variant_unavailable', 'total_not_chargeable'] as const),
            'checkout_in_progress',
          ],
        }),
      },
    );
}

function sharingRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false })
    .use(auth(tokens))
    .post(
      '/:id/sharing',
      async ({ caller, params, set }) => {
        set.status = CREATED;
        return lists.shareList(deps, signedIn(caller), params.id as WishListId);
      },
      {
        access: 'user',
        params: WishListParams,
        detail: operation({
          id: 'shareWishList',
          summary: 'Make a link that shows a wish list',
          description:
            'Whoever has it sees the list and not whose it is. The link before it shows nothing any more.',
          tag,
          success: { status: CREATED, description: 'What the link is made of.', schema: Sharing },
          failures: FAILURES,
        }),
      },
    )
    .delete(
      '/:id/sharing',
      async ({ caller, params, set }) => {
        await lists.unshareList(deps, signedIn(caller), params.id as WishListId);
        set.status = NO_CONTENT;
      },
      {
        access: 'user',
        params: WishListParams,
        detail: operation({
          id: 'unshareWishList',
          summary: 'Revoke the link to a wish list',
          description: 'Sharing it anew makes another link.',
          tag,
          success: { status: NO_CONTENT, description: 'It shows nothing any more.' },
          failures: FAILURES,
        }),
      },
    );
}

function placeOf({ id, variantId }: { readonly id: string; readonly variantId: string }): lists.Place {
  return { id: id as WishListId, variantId: variantId as VariantId };
}
