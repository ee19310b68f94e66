/**
 * The one state machine of orders, as a table. A transition that is not in the table is a bug and throws. The
 * diagram in the API's document is drawn from it.
 */

import type { orderStatus } from '#db/schema/orders.ts';

export type OrderStatus = (typeof orderStatus.enumValues)[number];

export const ORDER_TRIGGERS = [
  'action_required',
  'payment_processing',
  'payment_succeeded',
  'payment_failed',
  'payment_abandoned',
  'cancelled_by_request',
  'edited',
  'fulfilment_begun',
  'fulfilment_completed',
  'delivery_confirmed',
  'goods_returned',
  'refunded_in_part',
  'refunded_in_full',
] as const;
export type OrderTrigger = (typeof ORDER_TRIGGERS)[number];

type Row = Partial<Record<OrderTrigger, OrderStatus>>;

/** Money may go back whatever has become of the goods. */
const REFUNDS = { refunded_in_part: 'partially_refunded', refunded_in_full: 'refunded' } as const;

/**
 * From a status, by a trigger, to a status. To the same status: Stripe tells things more than once and late,
 * and what an order has behind it changes nothing.
 */
export const TRANSITIONS: Readonly<Record<OrderStatus, Row>> = {
  pending_payment: {
    action_required: 'requires_action',
    payment_processing: 'pending_payment',
    payment_succeeded: 'paid',
    payment_failed: 'payment_failed',
    payment_abandoned: 'cancelled',
    cancelled_by_request: 'cancelled',
  },
  requires_action: {
    action_required: 'requires_action',
    payment_processing: 'pending_payment',
    payment_succeeded: 'paid',
    payment_failed: 'payment_failed',
    cancelled_by_request: 'cancelled',
  },
  paid: {
    ...REFUNDS,
    action_required: 'paid',
    payment_processing: 'paid',
    payment_succeeded: 'paid',
    cancelled_by_request: 'cancelled',
    edited: 'paid',
    fulfilment_begun: 'partially_fulfilled',
    fulfilment_completed: 'fulfilled',
  },
  partially_fulfilled: {
    ...REFUNDS,
    edited: 'partially_fulfilled',
    payment_succeeded: 'partially_fulfilled',
    fulfilment_begun: 'partially_fulfilled',
    fulfilment_completed: 'fulfilled',
    // The rest was taken off after what had been sent arrived, or came back.
    delivery_confirmed: 'delivered',
    goods_returned: 'returned',
  },
  fulfilled: {
    ...REFUNDS,
    payment_succeeded: 'fulfilled',
    fulfilment_completed: 'fulfilled',
    delivery_confirmed: 'delivered',
    goods_returned: 'returned',
  },
  delivered: {
    ...REFUNDS,
    payment_succeeded: 'delivered',
    delivery_confirmed: 'delivered',
    goods_returned: 'returned',
  },
  partially_refunded: {
    ...REFUNDS,
    payment_succeeded: 'partially_refunded',
    cancelled_by_request: 'cancelled',
    edited: 'partially_refunded',
    fulfilment_begun: 'partially_fulfilled',
    fulfilment_completed: 'fulfilled',
    delivery_confirmed: 'delivered',
    goods_returned: 'returned',
  },
  returned: {
    payment_succeeded: 'returned',
    goods_returned: 'returned',
    refunded_in_part: 'returned',
    refunded_in_full: 'refunded',
  },
  payment_failed: {
    action_required: 'payment_failed',
    payment_processing: 'payment_failed',
    payment_failed: 'payment_failed',
    payment_abandoned: 'payment_failed',
    cancelled_by_request: 'payment_failed',
    refunded_in_part: 'payment_failed',
    refunded_in_full: 'payment_failed',
  },
  cancelled: {
    action_required: 'cancelled',
    payment_processing: 'cancelled',
    payment_failed: 'cancelled',
    payment_abandoned: 'cancelled',
    cancelled_by_request: 'cancelled',
    refunded_in_part: 'cancelled',
    refunded_in_full: 'cancelled',
  },
  /** All the money is back: what becomes of goods that had left changes nothing any more. */
  refunded: {
    payment_succeeded: 'refunded',
    refunded_in_part: 'refunded',
    refunded_in_full: 'refunded',
    delivery_confirmed: 'refunded',
    goods_returned: 'refunded',
  },
};

/** @throws {Error} when the table has no such transition. */
export function nextStatus(status: OrderStatus, trigger: OrderTrigger): OrderStatus {
  const next = TRANSITIONS[status][trigger];
  if (next === undefined) throw new Error(`an order that is ${status} cannot take ${trigger}`);
  return next;
}

/** An order in one of these waits for its payment to end. */
export const OPEN_STATUSES = ['pending_payment', 'requires_action'] as const satisfies readonly OrderStatus[];

export function isOpen(status: OrderStatus): boolean {
  return OPEN_STATUSES.some((open) => open === status);
}

/** Whether the table lets somebody cancel an order that is in this status. */
export function isCancellable(status: OrderStatus): boolean {
  return status !== 'cancelled' && TRANSITIONS[status].cancelled_by_request === 'cancelled';
}

/** Whether units may be taken off an order that is in this status, and its address changed. */
export function isEditable(status: OrderStatus): boolean {
  return TRANSITIONS[status].edited !== undefined;
}

/** Whether goods of an order that is in this status may leave. */
export function isShippable(status: OrderStatus): boolean {
  return TRANSITIONS[status].fulfilment_begun === 'partially_fulfilled';
}

/** From these nothing leads away. */
export function isTerminal(status: OrderStatus): boolean {
  return Object.values(TRANSITIONS[status]).every((next) => next === status);
}

/** The table as a Mermaid state diagram; what changes nothing is left out. */
export function drawLifecycle(): string {
  const arrows = Object.entries(TRANSITIONS).flatMap(([from, row]) =>
    Object.entries(row)
      .filter(([, to]) => to !== from)
      .map(([trigger, to]) => `  ${from} --> ${to}: ${trigger}`),
  );
  const ends = Object.keys(TRANSITIONS)
    .filter((status) => isTerminal(status as OrderStatus))
    .map((status) => `  ${status} --> [*]`);
  return ['stateDiagram-v2', '  [*] --> pending_payment: order_placed', ...arrows, ...ends].join('\n');
}
