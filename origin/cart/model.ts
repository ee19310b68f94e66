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

const CODE_STATUSES = [
  ...(['applied', 'unknown', 'not_in_force', 'used_up', 'currency', 'group', 'first_order'] as const),
  ...(['nothing_eligible', 'minimum', 'outdone'] as const),
] as const;

const Ppm = Type.Integer({
  minimum: 0,
  maximum: 1_000_000,
  description: 'Parts per million: 190,000 is 19 %.',
});
const usd = (amount: number) => ({ amount, currency: 'USD' });
const ITEM_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a8071';
const VARIANT_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a8059';

const QUOTE_EXAMPLE = {
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
    isTaxKnown: t.Boolean({ description: 'Whether the cart has a destination, which tax depends on.' }),
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
    destination: t.Optional(closedObject(Destination, { description: 'For estimates of tax and shipping.' })),
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
        currency: 'USD',
        destination: { country: 'US', region: 'NY', postalCode: '10001' },
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
        quote: QUOTE_EXAMPLE,
        version: 2,
      },
    ],
  },
);
export type Cart = Static<typeof Cart>;
