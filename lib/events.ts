/**
 * The catalogue of events: name, version and schema, checked when an event is written to the outbox and when a
 * worker reads it. Subject is `shop.` + name; names are `aggregate.past_participle`.
 */

import { type Static, type TObject, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { EventId } from './ids.ts';
import type { Traceparent } from './trace.ts';

const Id = Type.String({ minLength: 36, maxLength: 36 });

/** A product as caches and the search index need it: whose answers became stale, and up to which version. */
const ProductEvent = Type.Object({
  productId: Id,
  slug: Type.String(),
  version: Type.Integer({ minimum: 1 }),
  /** What it was called until this change, where that is otherwise. */
  formerSlug: Type.Optional(Type.String()),
});

const OrderEvent = Type.Object({ orderId: Id });
const EditEvent = Type.Object({ orderId: Id, editId: Id });
const RefundEvent = Type.Object({ orderId: Id, refundId: Id });
const ShipmentEvent = Type.Object({ orderId: Id, shipmentId: Id });
const ReturnEvent = Type.Object({ orderId: Id, returnId: Id });
const DisputeEvent = Type.Object({ orderId: Id, disputeId: Id });
/** Of an account by its id alone: neither address nor token travels. */
const AccountEvent = Type.Object({ userId: Id });
const ReviewEvent = Type.Object({ reviewId: Id, productId: Id });
const NoticeEvent = Type.Object({ noticeId: Id });
const StockEvent = Type.Object({ variantId: Id, available: Type.Integer({ minimum: 0 }) });

export const EVENTS = {
  'product.created': { version: 1, data: ProductEvent },
  'product.changed': { version: 1, data: ProductEvent },
  'product.withdrawn': { version: 1, data: ProductEvent },
  /** Of the tree: a category came, went, moved, or is called otherwise. */
  'category.changed': { version: 1, data: Type.Object({ categoryId: Id }) },
  /** A part of its products says what it is called by now: those after this one are next. */
  'category.products_renewed': { version: 1, data: Type.Object({ categoryId: Id, after: Id }) },
  /** It came, something is sold in it again, or nothing is any more. */
  'currency.changed': { version: 1, data: Type.Object({ currency: Type.String({ pattern: '^[A-Z]{3}$' }) }) },
  /** Of what a category takes in by itself. */
  'category.rule_changed': { version: 1, data: Type.Object({ categoryId: Id }) },
  /** The product is found by what it says now: searches that were answered before are out of date. */
  'search.indexed': { version: 1, data: Type.Object({ productId: Id }) },
  /** A customer who wants to be reminded of it has left it: told once for each time that they do. */
  'cart.abandoned': { version: 1, data: Type.Object({ cartId: Id, reminderId: Id }) },
  'order.placed': { version: 1, data: OrderEvent },
  'order.paid': { version: 1, data: OrderEvent },
  'order.payment_failed': { version: 1, data: OrderEvent },
  'order.cancelled': { version: 1, data: OrderEvent },
  'order.partially_refunded': { version: 1, data: OrderEvent },
  'order.refunded': { version: 1, data: OrderEvent },
  'order.edited': { version: 1, data: EditEvent },
  'refund.succeeded': { version: 1, data: RefundEvent },
  'refund.failed': { version: 1, data: RefundEvent },
  'shipment.shipped': { version: 1, data: ShipmentEvent },
  'shipment.delivered': { version: 1, data: ShipmentEvent },
  'return.requested': { version: 1, data: ReturnEvent },
  'return.authorised': { version: 1, data: ReturnEvent },
  'return.rejected': { version: 1, data: ReturnEvent },
  'return.received': { version: 1, data: ReturnEvent },
  'return.refunded': { version: 1, data: ReturnEvent },
  'dispute.opened': { version: 1, data: DisputeEvent },
  'dispute.closed': { version: 1, data: DisputeEvent },
  /** What is left to sell has fallen to where it is low; once for each time that it falls there. */
  'stock.ran_low': { version: 1, data: StockEvent },
  'stock.ran_out': { version: 1, data: StockEvent },
  /** More can be sold than before by so many: received, counted again, or given back where there was nothing left. */
  'stock.replenished': {
    version: 1,
    data: Type.Object({ variantId: Id, added: Type.Integer({ minimum: 1 }) }),
  },
  /** A review by its id alone: one for each trigger of `origin/reviews/moderation.ts`, and two for the seller's answer. */
  'review.written': { version: 1, data: ReviewEvent },
  'review.changed': { version: 1, data: ReviewEvent },
  'review.approved': { version: 1, data: ReviewEvent },
  'review.rejected': { version: 1, data: ReviewEvent },
  'review.withdrawn': { version: 1, data: ReviewEvent },
  'review.reported': { version: 1, data: ReviewEvent },
  'review.replied': { version: 1, data: ReviewEvent },
  /** Somebody who is not signed in asked to be told: their address is to be confirmed. */
  'notice.requested': { version: 1, data: NoticeEvent },
  /** It can be bought again, and it is this one's turn to hear of it. */
  'notice.fallen_due': { version: 1, data: NoticeEvent },
  'account.registered': { version: 1, data: AccountEvent },
  /** Somebody wanted to open an account with an email that has one. */
  'account.registered_again': { version: 1, data: AccountEvent },
  'account.verification_requested': { version: 1, data: AccountEvent },
  /** Also told when there is no such account, of an id that is nobody's: asking takes the same either way. */
  'account.reset_requested': { version: 1, data: AccountEvent },
  'account.password_changed': { version: 1, data: AccountEvent },
  /** By a mailed link: API keys have ended, too. */
  'account.password_reset': { version: 1, data: AccountEvent },
  'account.second_factor_enabled': { version: 1, data: AccountEvent },
  'account.second_factor_removed': { version: 1, data: AccountEvent },
  /** Whoever guesses codes knows the password: its owner has to hear of it. */
  'account.second_factor_guessed': { version: 1, data: AccountEvent },
  'account.recovery_code_used': { version: 1, data: AccountEvent },
  'account.api_key_created': { version: 1, data: AccountEvent },
  'account.erased': { version: 1, data: AccountEvent },
  /** A refresh token came again that had been traded: its session has ended, and its user has to know. */
  'session.compromised': { version: 1, data: Type.Object({ userId: Id, sessionId: Id }) },
  /** Stripe has taken money for an order that had ended, or took it twice: a person has to look. */
  'payment.stranded': {
    version: 1,
    data: Type.Object({ orderId: Id, paymentIntentId: Type.String({ minLength: 1, maxLength: 255 }) }),
  },
  /** An integrator's endpoint has failed for too long, or said that it is gone: its owner has to hear of it. */
  'webhook.disabled': { version: 1, data: Type.Object({ endpointId: Id }) },
} as const satisfies Record<string, { version: number; data: TObject }>;

export type EventName = keyof typeof EVENTS;
export type EventData<Name extends EventName> = Static<(typeof EVENTS)[Name]['data']>;

/** An event as a verb tells of it. */
export type EventInput = {
  [Name in EventName]: { readonly name: Name; readonly data: EventData<Name> };
}[EventName];

/** An event in transit. `id` is also the message id by which JetStream and the inbox drop duplicates. */
export interface ShopEvent<Name extends EventName = EventName> {
  readonly id: EventId;
  readonly name: Name;
  readonly version: number;
  readonly occurredAt: string;
  readonly traceparent: Traceparent | null;
  readonly data: EventData<Name>;
}

export const EVENT_STREAM = 'SHOP';
export const SUBJECT_PREFIX = 'shop.';

export function subjectOf(name: EventName): string {
  return `${SUBJECT_PREFIX}${name}`;
}

export function isEventName(name: string): name is EventName {
  return Object.hasOwn(EVENTS, name);
}

const Envelope = Type.Object({
  id: Id,
  name: Type.String(),
  version: Type.Integer(),
  occurredAt: Type.String(),
  traceparent: Type.Union([Type.String(), Type.Null()]),
  data: Type.Unknown(),
});

/** Why a message cannot be read; trying again here would not help. */
export class EventDecodeError extends Error {
  override readonly name = 'EventDecodeError';
}

/** An event of a release that knows more, or less, than this one. */
export class UnknownEventError extends EventDecodeError {
  readonly occurredAt: Date;

  constructor(message: string, occurredAt: string) {
    super(message);
    this.occurredAt = new Date(occurredAt);
  }
}

/** @throws {Error} when the data does not fit the catalogue: a bug of the emitting verb. */
export function checkEventData<Name extends EventName>(name: Name, data: EventData<Name>): EventData<Name> {
  if (!Value.Check(EVENTS[name].data, data)) throw new Error(`the data of ${name} does not fit its schema`);
  return data;
}

export function encodeEvent(event: ShopEvent): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(event));
}

/**
 * @throws {EventDecodeError} when the bytes are no event of the catalogue at the version this process knows;
 * {@link UnknownEventError} when another release may know it
 */
export function decodeEvent(bytes: Uint8Array): ShopEvent {
  const candidate = parseJson(bytes);
  if (!Value.Check(Envelope, candidate)) throw new EventDecodeError('the message is no event envelope');
  const { name, occurredAt } = candidate;
  if (!isEventName(name)) throw new UnknownEventError(`no event is called ${name}`, occurredAt);
  const { version, data } = EVENTS[name];
  if (candidate.version !== version) {
    const message = `${name} has version ${candidate.version}, known is ${version}`;
    throw new UnknownEventError(message, occurredAt);
  }
  if (!Value.Check(data, candidate.data)) {
    throw new EventDecodeError(`the data of ${name} does not fit its schema`);
  }
  return candidate as ShopEvent;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch (cause) {
    throw new EventDecodeError('the message is no JSON', { cause });
  }
}
