/** What orders answer. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { shipmentStatus } from '#db/schema/fulfilment.ts';
import { orderEditor } from '#db/schema/order-edits.ts';
import { orderStatus } from '#db/schema/orders.ts';
import { paymentStatus, refundStatus } from '#db/schema/payments.ts';
import { returnReason, returnStatus } from '#db/schema/returns.ts';
import {
  Coordinates,
  closedObject,
  DateTime,
  MoneySchema,
  page,
  pageQuery,
  Uuid,
} from '#origin/http/schemas.ts';

const nullableText = t.Union([t.String(), t.Null()]);

const Units = Type.Integer({ minimum: 0 });

/** What has become of a line's units: one that has gone far is counted wherever it has passed. */
const ItemUnits = t.Object({
  packed: Type.Integer({
    minimum: 0,
    description: 'Put into parcels; what is left of the quantity, less what was removed, is to be sent.',
  }),
  shipped: Units,
  delivered: Units,
  returned: Units,
  removed: Type.Integer({ minimum: 0, description: 'Taken off by edits, before they were packed.' }),
});
const usd = (amount: number) => ({ amount, currency: 'USD' });

export const OrderItem = t.Object({
  id: Uuid,
  variantId: Uuid,
  productId: Uuid,
  name: t.String(),
  sku: nullableText,
  options: t.Array(t.String()),
  quantity: Type.Integer(),
  unitPrice: MoneySchema,
  lineTotal: MoneySchema,
  units: ItemUnits,
  discount: t.Object(MoneySchema.properties, { description: 'Its share of all discounts.' }),
  tax: t.Object(MoneySchema.properties, { description: 'Charged is `lineTotal - discount + tax`.' }),
  includedTax: t.Object(MoneySchema.properties, { description: 'What the price contains; never added.' }),
  taxRatePpm: Type.Integer({ description: 'Parts per million: 190,000 is 19 %.' }),
});
export type OrderItem = Static<typeof OrderItem>;

const nullableTime = t.Union([DateTime, t.Null()]);

export const Shipment = t.Object(
  {
    id: Uuid,
    status: t.UnionEnum(shipmentStatus.enumValues),
    carrier: nullableText,
    trackingNumber: nullableText,
    trackingUrl: nullableText,
    locationId: t.Union([Uuid, t.Null()], {
      description: 'The stock location that it leaves from; null of old ones.',
    }),
    items: t.Array(t.Object({ itemId: Uuid, quantity: Type.Integer() })),
    packedAt: DateTime,
    shippedAt: nullableTime,
    deliveredAt: nullableTime,
  },
  {
    examples: [
      {
        id: '01890a5d-ac96-774b-bcce-b302099a8082',
        status: 'shipped',
        carrier: 'DHL',
        trackingNumber: 'JD0146000',
        trackingUrl: 'https://www.dhl.example/track?id=JD0146000',
        locationId: '01890a5d-ac96-774b-bcce-b302099a8090',
        items: [{ itemId: '01890a5d-ac96-774b-bcce-b302099a8081', quantity: 1 }],
        packedAt: '2026-02-01T09:00:00.000Z',
        shippedAt: '2026-02-01T12:00:00.000Z',
        deliveredAt: null,
      },
    ],
  },
);
export type Shipment = Static<typeof Shipment>;

export const Return = t.Object(
  {
    id: Uuid,
    status: t.UnionEnum(returnStatus.enumValues),
    reason: t.UnionEnum(returnReason.enumValues),
    note: t.String(),
    answer: t.String({ description: 'Why it was rejected.' }),
    items: t.Array(
      t.Object({
        itemId: Uuid,
        quantity: Type.Integer({ description: 'Asked for.' }),
        received: Type.Integer(),
        replacementVariantId: t.Union([Uuid, t.Null()], { description: 'Asked for instead.' }),
        exchanged: Type.Integer({ description: 'Of what was received: what a replacement goes out for.' }),
      }),
    ),
    exchangeOrderId: t.Union([Uuid, t.Null()], {
      description: 'The order by which replacements go out; nothing is charged for it.',
    }),
    refund: t.Union([t.Object({ id: Uuid, amount: MoneySchema }), t.Null()], {
      description:
        "One of the order's refunds, which say how it stands; of an order of replacements, one of the order that was " +
        'charged.',
    }),
    requestedAt: DateTime,
    decidedAt: nullableTime,
    receivedAt: nullableTime,
    refundedAt: nullableTime,
  },
  {
    examples: [
      {
        id: '01890a5d-ac96-774b-bcce-b302099a8083',
        status: 'received',
        reason: 'damaged',
        note: 'The lid is bent.',
        answer: '',
        items: [
          {
            ...{ itemId: '01890a5d-ac96-774b-bcce-b302099a8081', quantity: 1, received: 1 },
            ...{ replacementVariantId: null, exchanged: 0 },
          },
        ],
        exchangeOrderId: null,
        refund: null,
        requestedAt: '2026-02-10T09:00:00.000Z',
        decidedAt: '2026-02-10T12:00:00.000Z',
        receivedAt: '2026-02-14T12:00:00.000Z',
        refundedAt: null,
      },
    ],
  },
);
export type Return = Static<typeof Return>;

const OrderEdit = t.Object({
  id: Uuid,
  by: t.UnionEnum(orderEditor.enumValues),
  madeAt: DateTime,
  items: t.Array(
    t.Object({
      itemId: Uuid,
      removed: Type.Integer({ description: 'Units taken off the line.' }),
      charged: t.Object(MoneySchema.properties, { description: 'What was charged for them.' }),
    }),
  ),
  changesAddress: t.Boolean(),
  refund: t.Union([t.Object({ id: Uuid, amount: MoneySchema }), t.Null()], {
    description: "One of the order's refunds, which say how it stands.",
  }),
});
export type OrderEdit = Static<typeof OrderEdit>;

export const Order = t.Object(
  {
    id: Uuid,
    number: t.String(),
    status: t.UnionEnum(orderStatus.enumValues),
    placedAt: DateTime,
    items: t.Array(OrderItem),
    discounts: t.Array(
      t.Object({
        name: t.String(),
        code: nullableText,
        shares: t.Array(t.Object({ itemId: Uuid, amount: MoneySchema })),
        shipping: t.Object(MoneySchema.properties, { description: 'What it takes off shipping.' }),
      }),
    ),
    shippingMethod: t.Union([
      t.Object({
        ...{ name: t.String(), price: MoneySchema, discount: MoneySchema, tax: MoneySchema },
        ...{ includedTax: MoneySchema, taxRatePpm: Type.Integer() },
      }),
      t.Null(),
    ]),
    subtotal: MoneySchema,
    discount: MoneySchema,
    shipping: t.Object(MoneySchema.properties, { description: 'Less what discounts take off it.' }),
    tax: MoneySchema,
    includedTax: MoneySchema,
    total: t.Object(MoneySchema.properties, { description: '`subtotal - discount + shipping + tax`.' }),
    payment: t.Object({
      status: t.UnionEnum(paymentStatus.enumValues),
      brand: nullableText,
      lastFour: nullableText,
      declineCode: t.Union([t.String(), t.Null()], { description: 'Why the bank refused.' }),
      paid: MoneySchema,
      refunded: MoneySchema,
      refundable: t.Object(MoneySchema.properties, {
        description:
          'What is left to refund: paid, less what went back, is on its way back or is disputed. What pays for ' +
          'replacements is in it.',
      }),
    }),
    refunds: t.Array(
      t.Object({
        id: Uuid,
        status: t.UnionEnum(refundStatus.enumValues),
        amount: MoneySchema,
        reason: t.String(),
        createdAt: DateTime,
        settledAt: nullableTime,
      }),
    ),
    shipments: t.Array(Shipment, {
      description: 'Its parcels, the oldest first; not those that were unpacked.',
    }),
    returns: t.Array(Return, { description: 'What was sent back of it, the oldest first.' }),
    edits: t.Array(OrderEdit, {
      description: 'What was changed after it was paid; lines and totals say what was bought.',
    }),
    timeline: t.Array(t.Object({ event: t.String(), actor: t.String(), detail: t.String(), at: DateTime })),
  },
  {
    examples: [
      {
        id: '01890a5d-ac96-774b-bcce-b302099a8080',
        number: '100001',
        status: 'paid',
        placedAt: '2026-01-31T12:00:00.000Z',
        items: [
          {
            id: '01890a5d-ac96-774b-bcce-b302099a8081',
            variantId: '01890a5d-ac96-774b-bcce-b302099a8059',
            productId: '01890a5d-ac96-774b-bcce-b302099a8057',
            name: 'Enamel Camping Mug',
            sku: 'MUG-RED',
            options: ['Red'],
            quantity: 2,
            unitPrice: { amount: 1450, currency: 'USD' },
            lineTotal: usd(2900),
            ...{ discount: usd(0), tax: usd(0), includedTax: usd(0), taxRatePpm: 0 },
            units: { packed: 0, shipped: 0, delivered: 0, returned: 0, removed: 0 },
          },
        ],
        ...{ discounts: [], shippingMethod: null, subtotal: usd(2900), discount: usd(0) },
        ...{ shipping: usd(0), tax: usd(0), includedTax: usd(0), total: usd(2900) },
        payment: {
          status: 'captured',
          brand: 'visa',
          lastFour: '4242',
          declineCode: null,
          paid: { amount: 2900, currency: 'USD' },
          refunded: { amount: 0, currency: 'USD' },
          refundable: { amount: 2900, currency: 'USD' },
        },
        refunds: [],
        shipments: [],
        returns: [],
        edits: [],
        timeline: [
          { event: 'order.placed', actor: 'shopper', detail: '', at: '2026-01-31T12:00:00.000Z' },
          { event: 'order.paid', actor: 'stripe', detail: '', at: '2026-01-31T12:00:01.000Z' },
        ],
      },
    ],
  },
);
export type Order = Static<typeof Order>;

export const OrderPage = page(Order);
export type OrderPage = Static<typeof OrderPage>;

const AddressLine = t.String({ minLength: 1, maxLength: 200 });

/** Where goods are to go, as shoppers say it. */
export const AddressInput = closedObject({
  name: AddressLine,
  line1: AddressLine,
  line2: t.Optional(AddressLine),
  city: AddressLine,
  region: t.Optional(
    t.String({
      ...AddressLine,
      description: 'By code (ISO 3166-2, `NY`) or name where tax or shipping in the country go by it.',
    }),
  ),
  postalCode: t.String({ minLength: 1, maxLength: 20 }),
  country: t.String({ pattern: '^[A-Z]{2}$', error: 'must be two capital letters (ISO 3166-1)' }),
  coordinates: t.Optional(
    closedObject(Coordinates.properties, {
      description: 'Where your address field knows them: by them the nearest stock location sends.',
    }),
  ),
});

export const OrderParams = closedObject({ id: Uuid });
export const OrderListQuery = closedObject(pageQuery);
export type OrderListQuery = Static<typeof OrderListQuery>;
