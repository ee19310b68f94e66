/** What wish lists take and answer. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { MAX_LINE_QUANTITY } from '#db/schema/cart.ts';
import { MAX_WISH_LIST_NAME_LENGTH } from '#db/schema/wish-lists.ts';
import { closedObject, DateTime, MoneySchema, Uuid } from '#origin/http/schemas.ts';

const LIST_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a80b1';
const VARIANT_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a8059';
const CART_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a8070';

export const WishListName = closedObject(
  { name: t.String({ minLength: 1, maxLength: MAX_WISH_LIST_NAME_LENGTH, pattern: '\\S' }) },
  { examples: [{ name: 'Birthday' }] },
);

export const NewWish = closedObject({ variantId: Uuid }, { examples: [{ variantId: VARIANT_EXAMPLE }] });

export const WishListParams = closedObject({ id: Uuid });
export const WishParams = closedObject({ id: Uuid, variantId: Uuid });
export const SharedParams = closedObject({
  token: t.String({
    ...{ pattern: '^wl_[\\w-]{43}$', error: 'must be the token of a link' },
    examples: ['wl_9sY3hC0mJ7aUu0Z5cF2b1k8n4v6x0q2w4e6r8t0y1u3'],
  }),
});

export const CartMove = closedObject(
  { cartId: Uuid, quantity: Type.Integer({ minimum: 1, maximum: MAX_LINE_QUANTITY }) },
  { examples: [{ cartId: CART_EXAMPLE, quantity: 1 }] },
);
export type CartMove = Static<typeof CartMove>;

const summary = {
  id: Uuid,
  name: t.String(),
  isDefault: t.Boolean({ description: 'Takes what is put aside without a list being named.' }),
  isShared: t.Boolean(),
  count: Type.Integer({ minimum: 0 }),
};
const SUMMARY_EXAMPLE = { id: LIST_EXAMPLE, name: 'Wish list', isDefault: true, isShared: false, count: 1 };

export const WishLists = t.Object(
  { items: t.Array(t.Object(summary), { description: 'All of them, the default one first.' }) },
  { examples: [{ items: [SUMMARY_EXAMPLE] }] },
);
export type WishLists = Static<typeof WishLists>;

const Notice = t.Union([t.Literal('withdrawn'), t.Literal('price_fell'), t.Literal('price_rose')], {
  description: 'What is otherwise than when it was put aside.',
});

const Wish = t.Object({
  variantId: Uuid,
  productId: Uuid,
  slug: t.String(),
  name: t.String(),
  options: t.Array(t.String()),
  price: MoneySchema,
  priceWhenAdded: MoneySchema,
  available: t.Boolean(),
  notice: t.Union([Notice, t.Null()]),
  addedAt: DateTime,
});
export type Wish = Static<typeof Wish>;
const WISH_EXAMPLE = {
  variantId: VARIANT_EXAMPLE,
  productId: '01890a5d-ac96-774b-bcce-b302099a8057',
  slug: 'enamel-camping-mug',
  name: 'Enamel Camping Mug',
  options: ['Red'],
  price: { amount: 1250, currency: 'USD' },
  priceWhenAdded: { amount: 1450, currency: 'USD' },
  available: true,
  notice: 'price_fell',
  addedAt: '2026-01-31T12:00:00.000Z',
};

const items = t.Array(Wish, { description: 'The newest first.' });

export const WishList = t.Object(
  { ...summary, items },
  { examples: [{ ...SUMMARY_EXAMPLE, items: [WISH_EXAMPLE] }] },
);
export type WishList = Static<typeof WishList>;

/** Nothing in it says whose it is. */
export const SharedWishList = t.Object(
  { name: t.String(), items },
  { examples: [{ name: 'Birthday', items: [WISH_EXAMPLE] }] },
);
export type SharedWishList = Static<typeof SharedWishList>;

export const Sharing = t.Object(
  { token: t.String({ description: 'For the link. Shown this once; another takes its place.' }) },
  { examples: [{ token: 'wl_9sY3hC0mJ7aUu0Z5cF2b1k8n4v6x0q2w4e6r8t0y1u3' }] },
);
export type Sharing = Static<typeof Sharing>;
