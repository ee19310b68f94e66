/** What a cart costs, as it is answered. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { DateTime, MoneySchema, Uuid } from '#origin/http/schemas.ts';

const CODE_STATUSES = [
  ...(['applied', 'unknown', 'not_in_force', 'used_up', 'currency', 'group', 'first_order'] as const),
  ...(['nothing_eligible', 'minimum', 'outdone'] as const),
] as const;

const Ppm = Type.Integer({
  minimum: 0,
  maximum: 1_000_000,
  description: 'Parts per million: 190,000 is 19 %.',
});
export const usd = (amount: number) => ({ amount, currency: 'USD' });
export const ITEM_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a8071';
export const VARIANT_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a8059';

export const QUOTE_EXAMPLE = {
  token: 'q2.0a1b2c3d.eyJjYXJ0SWQiOiIuLi4ifQ.mZ0',
  expiresAt: '2026-01-31T12:30:00.000Z',
  currency: 'USD',
  ...{ subtotal: usd(2900), discount: usd(290), shipping: usd(490), tax: usd(273) },
  ...{ includedTax: usd(0), total: usd(3373), isTaxKnown: true, shippingNeed: 'none' },
  lines: [
    {
      ...{ itemId: ITEM_EXAMPLE, variantId: VARIANT_EXAMPLE, unitPrice: usd(1450), quantity: 2 },
      ...{ subtotal: usd(2900), discount: usd(290), tax: usd(230), includedTax: usd(0), taxRatePpm: 88_250 },
    },
  ],
  discounts: [
    {
      ...{
        id: '01890a5d-ac96-774b-bcce-b302099a8090',
        name: 'Ten per cent to begin with',
        code: 'WELCOME10',
      },
      ...{ shares: [{ itemId: ITEM_EXAMPLE, amount: usd(290) }], shipping: usd(0) },
    },
  ],
  codes: [{ code: 'WELCOME10', status: 'applied' }],
  shippingMethod: {
    ...{ id: '01890a5d-ac96-774b-bcce-b302099a8091', name: 'Parcel', price: usd(490), discount: usd(0) },
    ...{ tax: usd(43), includedTax: usd(0), taxRatePpm: 88_250 },
  },
};

export const CartQuote = t.Object(
  {
    token: t.String({ description: 'For checkout: what it says is charged, or nothing is.' }),
    expiresAt: DateTime,
    currency: t.String(),
    subtotal: MoneySchema,
    discount: MoneySchema,
    shipping: t.Object(MoneySchema.properties, { description: 'Less what discounts take off it.' }),
    tax: t.Object(MoneySchema.properties, { description: 'What is added.' }),
    includedTax: t.Object(MoneySchema.properties, {
      description: 'What the prices contain; never added.',
    }),
    total: t.Object(MoneySchema.properties, {
      description: '`subtotal - discount + shipping + tax`.',
    }),
    isTaxKnown: t.Boolean({
      description: 'Whether the cart has a destination, and one that tells all that tax depends on.',
    }),
    shippingNeed: t.UnionEnum(['none', 'destination', 'zone', 'method', 'weight'], {
      description:
        'What checkout misses: a destination, a zone that it is in, a way of shipping, a weight to price it by.',
    }),
    lines: t.Array(
      t.Object({
        ...{ itemId: Uuid, variantId: Uuid, unitPrice: MoneySchema, quantity: Type.Integer() },
        ...{ subtotal: MoneySchema, discount: MoneySchema, tax: MoneySchema, includedTax: MoneySchema },
        taxRatePpm: Ppm,
      }),
    ),
    discounts: t.Array(
      t.Object({
        ...{ id: Uuid, name: t.String(), code: t.Union([t.String(), t.Null()]) },
        shares: t.Array(t.Object({ itemId: Uuid, amount: MoneySchema })),
        shipping: t.Object(MoneySchema.properties, { description: 'What it takes off shipping.' }),
      }),
    ),
    codes: t.Array(
      t.Object({
        code: t.String(),
        status: t.UnionEnum(CODE_STATUSES),
        missing: t.Optional(
          t.Object(MoneySchema.properties, { description: 'Of `minimum`: how much more it takes.' }),
        ),
      }),
    ),
    shippingMethod: t.Union([
      t.Object({
        ...{ id: Uuid, name: t.String(), price: MoneySchema, discount: MoneySchema, tax: MoneySchema },
        ...{ includedTax: MoneySchema, taxRatePpm: Ppm },
      }),
      t.Null(),
    ]),
  },
  { examples: [QUOTE_EXAMPLE] },
);
export type CartQuote = Static<typeof CartQuote>;
