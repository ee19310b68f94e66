/** The one state machine of orders. A transition that is not in the table is a bug and throws. */

import type { orderStatus } from '#db/schema/orders.ts';

export type OrderStatus = (typeof orderStatus.enumValues)[number];

export type OrderTrigger = 'action_required' | 'payment_succeeded' | 'payment_failed' | 'payment_abandoned';

/**
 * From a status, by a trigger, to a status. To the same status: Stripe tells things more than once and late,
 * and what an order has behind it changes nothing.
 */
export const TRANSITIONS: Readonly<Record<OrderStatus, Partial<Record<OrderTrigger, OrderStatus>>>> = {
  pending_payment: {
    action_required: 'requires_action',
    payment_succeeded: 'paid',
    payment_failed: 'payment_failed',
    payment_abandoned: 'cancelled',
  },
  requires_action: {
    action_required: 'requires_action',
    payment_succeeded: 'paid',
    payment_failed: 'payment_failed',
  },
  payment_failed: { action_required: 'payment_failed', payment_failed: 'payment_failed' },
  cancelled: { payment_failed: 'cancelled', payment_abandoned: 'cancelled' },
  paid: { action_required: 'paid', payment_succeeded: 'paid' },
  partially_fulfilled: { payment_succeeded: 'partially_fulfilled' },
  fulfilled: { payment_succeeded: 'fulfilled' },
  delivered: { payment_succeeded: 'delivered' },
  partially_refunded: { payment_succeeded: 'partially_refunded' },
  refunded: { payment_succeeded: 'refunded' },
  returned: { payment_succeeded: 'returned' },
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
