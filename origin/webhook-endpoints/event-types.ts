/**
 * What integrators may subscribe to: the one table of public event types. A type's facts only ever gain members; what
 * would take one away or mean another thing gets a type of another name, beside the old one. Facts are ids and what
 * never changes: whoever wants to know how things stand asks the API. Nothing in them tells of a person.
 */

import { type TObject, Type } from '@sinclair/typebox';
import type { EventName } from '#lib/events.ts';
import { DateTime, MoneySchema, Uuid } from '#origin/http/schemas.ts';

const ORDER_ID = '01890a5d-ac96-774b-bcce-b302099a8080';
const THING_ID = '01890a5d-ac96-774b-bcce-b302099a8070';
const TOTAL = { amount: 2900, currency: 'USD' };

export const FACTS = {
  order: Type.Object(
    { orderId: Uuid, number: Type.String(), placedAt: DateTime, total: MoneySchema },
    {
      examples: [{ orderId: ORDER_ID, number: '100001', placedAt: '2026-01-31T12:00:00.000Z', total: TOTAL }],
    },
  ),
  refund: Type.Object(
    { refundId: Uuid, orderId: Uuid, amount: MoneySchema },
    { examples: [{ refundId: THING_ID, orderId: ORDER_ID, amount: TOTAL }] },
  ),
  dispute: Type.Object(
    {
      ...{ disputeId: Uuid, orderId: Uuid, amount: MoneySchema },
      status: Type.String({ description: "In Stripe's words: `won` or `lost` once it is decided." }),
    },
    { examples: [{ disputeId: THING_ID, orderId: ORDER_ID, amount: TOTAL, status: 'needs_response' }] },
  ),
  product: Type.Object(
    { productId: Uuid, slug: Type.String(), version: Type.Integer() },
    { examples: [{ productId: THING_ID, slug: 'enamel-camping-mug', version: 7 }] },
  ),
  stock: Type.Object(
    { variantId: Uuid, available: Type.Integer() },
    { examples: [{ variantId: THING_ID, available: 3 }] },
  ),
  test: Type.Object({ endpointId: Uuid }, { examples: [{ endpointId: THING_ID }] }),
} as const satisfies Record<string, TObject>;

export type Facts = keyof typeof FACTS;

interface PublicType {
  /** The event of the shop that it tells of. */
  readonly source: EventName;
  readonly facts: Facts;
  readonly says: string;
}

export const EVENT_TYPES = {
  'order.placed': {
    ...{ source: 'order.placed', facts: 'order' },
    says: 'An order was placed. Its payment may be yet to come.',
  },
  'order.paid': { source: 'order.paid', facts: 'order', says: 'An order was paid.' },
  'order.payment_failed': {
    ...{ source: 'order.payment_failed', facts: 'order' },
    says: 'The payment of an order failed or did not come in time; its stock is free again.',
  },
  'order.cancelled': { source: 'order.cancelled', facts: 'order', says: 'An order was cancelled.' },
  'order.edited': {
    ...{ source: 'order.edited', facts: 'order' },
    says: 'Units were taken off a paid order, or it goes to another address. `total` is what was bought.',
  },
  'order.partially_refunded': {
    ...{ source: 'order.partially_refunded', facts: 'order' },
    says: 'A part of what was paid for an order has gone back.',
  },
  'order.refunded': {
    ...{ source: 'order.refunded', facts: 'order' },
    says: 'All that was paid for an order has gone back.',
  },
  'refund.succeeded': { source: 'refund.succeeded', facts: 'refund', says: 'A refund has arrived.' },
  'refund.failed': { source: 'refund.failed', facts: 'refund', says: 'A refund did not arrive.' },
  'dispute.opened': {
    ...{ source: 'dispute.opened', facts: 'dispute' },
    says: 'A bank takes a payment back until it is decided whose it is.',
  },
  'dispute.closed': { source: 'dispute.closed', facts: 'dispute', says: 'It is decided.' },
  'product.created': { source: 'product.created', facts: 'product', says: 'A product is on sale.' },
  'product.changed': {
    ...{ source: 'product.changed', facts: 'product' },
    says: 'A product is otherwise: its text, price, variants or availability. `version` grows with each change.',
  },
  'product.withdrawn': {
    ...{ source: 'product.withdrawn', facts: 'product' },
    says: 'A product is on sale no more.',
  },
  'stock.ran_low': {
    ...{ source: 'stock.ran_low', facts: 'stock' },
    says: 'What is left of a variant has fallen to where it is low.',
  },
  'stock.ran_out': { source: 'stock.ran_out', facts: 'stock', says: 'Nothing is left of a variant.' },
} as const satisfies Record<string, PublicType>;

export type EventType = keyof typeof EVENT_TYPES;

export const EVENT_TYPE_NAMES = Object.keys(EVENT_TYPES) as readonly EventType[];

/** To one endpoint, whatever it has subscribed to, because somebody asked for it. */
export const TEST_TYPE = 'webhook.test';

const typeBySource: ReadonlyMap<string, EventType> = new Map(
  EVENT_TYPE_NAMES.map((type) => [EVENT_TYPES[type].source, type] as const),
);

/** Undefined for an event that is nobody's outside. */
export function typeOf(event: EventName): EventType | undefined {
  return typeBySource.get(event);
}
