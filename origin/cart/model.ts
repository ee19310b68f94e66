/** What carts take and answer. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { MAX_LINE_QUANTITY } from '#db/schema/cart.ts';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import { closedObject, DateTime, MoneySchema, Uuid } from '#origin/http/schemas.ts';
import { CartQuote, ITEM_EXAMPLE, QUOTE_EXAMPLE, usd, VARIANT_EXAMPLE } from './quote-model.ts';

const Quantity = Type.Integer({ minimum: 1, maximum: MAX_LINE_QUANTITY });

export const NewCartItem = closedObject(
  { variantId: Uuid, quantity: Quantity },
  { examples: [{ variantId: VARIANT_EXAMPLE, quantity: 2 }] },
);
export type NewCartItem = Static<typeof NewCartItem>;

/** More than a cart can hold can be asked for by nobody. */
const MAX_BULK = 100;

export const NewCartItems = closedObject(
  { items: t.Array(NewCartItem, { minItems: 1, maxItems: MAX_BULK }) },
  { examples: [{ items: [{ variantId: VARIANT_EXAMPLE, quantity: 2 }] }] },
);

/** At least one of them. */
export const CartItemChange = t.Object(
  {
    quantity: t.Optional(Quantity),
    acceptedPrice: t.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description:
          'The `unitPrice` that the shopper has been shown and agrees to, in minor units: where it is the price of ' +
          'now, the line’s `price_changed` is gone. It changes no price.',
      }),
    ),
  },
  { additionalProperties: false, minProperties: 1, examples: [{ quantity: 3 }, { acceptedPrice: 1450 }] },
);
export type CartItemChange = Static<typeof CartItemChange>;

/** Absent of whose cart it is already. */
export const MergeHeaders = t.Object({
  [CART_TOKEN_HEADER]: t.Optional(t.String({ description: 'That of the guest’s cart.' })),
});

export const CartParams = closedObject({ id: Uuid });
export const CartItemParams = closedObject({ id: Uuid, itemId: Uuid });

/** Why a line cannot be bought as the shopper last saw it. */
const Notice = t.UnionEnum(['price_changed', 'out_of_stock', 'withdrawn']);
export type Notice = Static<typeof Notice>;

const Country = t.String({
  pattern: '^[A-Z]{2}$',
  error: 'must be two capital letters (ISO 3166-1)',
});
const Destination = {
  country: Country,
  region: t.Optional(t.String({ maxLength: 200 })),
  postalCode: t.Optional(t.String({ maxLength: 20 })),
};

/** At least one of them. */
export const CartChange = t.Object(
  {
    currency: t.Optional(
      t.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217; for as long as the cart is empty.' }),
    ),
    destination: t.Optional(
      closedObject(Destination, { description: 'For tax and shipping, as far as they depend on it.' }),
    ),
    shippingMethodId: t.Optional(t.Union([Uuid, t.Null()])),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    examples: [{ destination: { country: 'US', region: 'NY', postalCode: '10001' } }],
  },
);
export type CartChange = Static<typeof CartChange>;

export const CodeEntry = closedObject(
  { code: t.String({ minLength: 1, maxLength: 40, pattern: '\\S' }) },
  { examples: [{ code: 'WELCOME10' }] },
);
export const CodeParams = closedObject({
  id: Uuid,
  code: t.String({ minLength: 1, maxLength: 40, examples: ['WELCOME10'] }),
});

export const ShippingEstimates = t.Object(
  {
    items: t.Array(
      t.Object({
        id: Uuid,
        name: t.String(),
        isPickup: t.Boolean(),
        price: t.Union([MoneySchema, t.Null()], {
          description:
            'Less discounts, without tax. Null where something has no weight that it is priced by.',
        }),
      }),
    ),
  },
  {
    examples: [
      {
        items: [
          {
            ...{ id: '01890a5d-ac96-774b-bcce-b302099a8091', name: 'Parcel', isPickup: false },
            price: usd(490),
          },
        ],
      },
    ],
  },
);
export type ShippingEstimates = Static<typeof ShippingEstimates>;

const SavedItem = t.Object({
  ...{ id: Uuid, variantId: Uuid, productId: Uuid, name: t.String(), options: t.Array(t.String()) },
  quantity: Type.Integer(),
  available: t.Boolean({ description: 'Whether there is any of it to be had now.' }),
  savedAt: DateTime,
});

export const Cart = t.Object(
  {
    id: Uuid,
    token: t.Optional(
      t.String({ description: 'For a guest, once: to be sent as `Cart-Token` from now on.' }),
    ),
    currency: t.String({ description: 'ISO 4217. What the cart is priced and charged in.' }),
    destination: t.Union([t.Object(Destination), t.Null()]),
    items: t.Array(
      t.Object({
        id: Uuid,
        variantId: Uuid,
        productId: Uuid,
        name: t.String(),
        options: t.Array(t.String()),
        quantity: Type.Integer(),
        unitPrice: MoneySchema,
        lineTotal: MoneySchema,
        notice: t.Union([Notice, t.Null()]),
        left: t.Optional(
          Type.Integer({ description: 'Of `out_of_stock`: so many can be had. More than 20 are not told.' }),
        ),
        seenPrice: t.Optional(
          t.Object(MoneySchema.properties, {
            description:
              'Of `price_changed`: what the shopper was shown before. They agree to the new one by `acceptedPrice`, ' +
              'by putting more of it into the cart, or by checking out with the cart’s `quote`.',
          }),
        ),
      }),
    ),
    saved: t.Array(SavedItem, {
      description: 'What is put aside for later: no part of what the cart costs, and not bought with it.',
    }),
    subtotal: MoneySchema,
    quote: CartQuote,
    version: Type.Integer(),
  },
  {
    examples: [
      {
        id: '01890a5d-ac96-774b-bcce-b302099a8070',
        currency: 'USD',
        destination: { country: 'US', region: 'NY', postalCode: '10001' },
        items: [
          {
            id: ITEM_EXAMPLE,
            variantId: VARIANT_EXAMPLE,
            productId: '01890a5d-ac96-774b-bcce-b302099a8057',
            name: 'Enamel Camping Mug',
            options: ['Red'],
            quantity: 2,
            unitPrice: { amount: 1450, currency: 'USD' },
            lineTotal: { amount: 2900, currency: 'USD' },
            notice: null,
          },
        ],
        saved: [
          {
            ...{ id: '01890a5d-ac96-774b-bcce-b302099a8072', name: 'Camp Stool', options: [], quantity: 1 },
            variantId: '01890a5d-ac96-774b-bcce-b302099a805a',
            productId: '01890a5d-ac96-774b-bcce-b302099a8058',
            available: true,
            savedAt: '2026-01-31T12:00:00.000Z',
          },
        ],
        subtotal: { amount: 2900, currency: 'USD' },
        quote: QUOTE_EXAMPLE,
        version: 2,
      },
    ],
  },
);
export type Cart = Static<typeof Cart>;
