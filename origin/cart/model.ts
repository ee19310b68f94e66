/** What carts take and answer. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { MAX_LINE_QUANTITY } from '#db/schema/cart.ts';
import { closedObject, DateTime, MoneySchema, Uuid } from '#origin/http/schemas.ts';

const Quantity = Type.Integer({ minimum: 1, maximum: MAX_LINE_QUANTITY });

export const NewCartItem = closedObject(
  { variantId: Uuid, quantity: Quantity },
  { examples: [{ variantId: '01890a5d-ac96-774b-bcce-b302099a8059', quantity: 2 }] },
);
export type NewCartItem = Static<typeof NewCartItem>;

export const CartItemChange = closedObject({ quantity: Quantity }, { examples: [{ quantity: 3 }] });

export const CartParams = closedObject({ id: Uuid });
export const CartItemParams = closedObject({ id: Uuid, itemId: Uuid });

/** Why a line cannot be bought as the shopper last saw it. */
const Notice = t.UnionEnum(['price_changed', 'out_of_stock', 'withdrawn']);
export type Notice = Static<typeof Notice>;

const CartQuote = t.Object({
  token: t.String({ description: 'For checkout: what it says is charged, or nothing is.' }),
  expiresAt: DateTime,
  subtotal: MoneySchema,
  discount: MoneySchema,
  shipping: MoneySchema,
  tax: MoneySchema,
  total: MoneySchema,
});
export type CartQuote = Static<typeof CartQuote>;

export const Cart = t.Object(
  {
    id: Uuid,
    token: t.Optional(
      t.String({ description: 'For a guest, once: to be sent as `Cart-Token` from now on.' }),
    ),
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
      }),
    ),
    subtotal: MoneySchema,
    quote: CartQuote,
    version: Type.Integer(),
  },
  {
    examples: [
      {
        id: '01890a5d-ac96-774b-bcce-b302099a8070',
        items: [
          {
            id: '01890a5d-ac96-774b-bcce-b302099a8071',
            variantId: '01890a5d-ac96-774b-bcce-b302099a8059',
            productId: '01890a5d-ac96-774b-bcce-b302099a8057',
            name: 'Enamel Camping Mug',
            options: ['Red'],
            quantity: 2,
            unitPrice: { amount: 1450, currency: 'USD' },
            lineTotal: { amount: 2900, currency: 'USD' },
            notice: null,
          },
        ],
        subtotal: { amount: 2900, currency: 'USD' },
        quote: {
          token: 'q1.0a1b2c3d.eyJjYXJ0SWQiOiIuLi4ifQ.mZ0',
          expiresAt: '2026-01-31T12:30:00.000Z',
          subtotal: { amount: 2900, currency: 'USD' },
          discount: { amount: 0, currency: 'USD' },
          shipping: { amount: 0, currency: 'USD' },
          tax: { amount: 0, currency: 'USD' },
          total: { amount: 2900, currency: 'USD' },
        },
        version: 2,
      },
    ],
  },
);
export type Cart = Static<typeof Cart>;
