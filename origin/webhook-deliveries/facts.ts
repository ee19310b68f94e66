/** What an event says to integrators: the facts of its public type, read where they are. */

import type { Static } from '@sinclair/typebox';
import type { EventData, ShopEvent } from '#lib/events.ts';
import type { DisputeId, OrderId, RefundId } from '#lib/ids.ts';
import { money } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { findOrder } from '#origin/orders/service.ts';
import { readDispute, readRefundAmount } from '#origin/payments/service.ts';
import { EVENT_TYPES, type EventType, type FACTS } from '#origin/webhook-endpoints/service.ts';

type FactsOf<Kind extends keyof typeof FACTS> = Static<(typeof FACTS)[Kind]>;

/**
 * Field by field: what an event of the shop may once carry besides is nobody's outside.
 * @throws {AppError} `order_not_found`
 */
export async function factsOf(deps: Deps, type: EventType, { data }: ShopEvent): Promise<object> {
  switch (EVENT_TYPES[type].facts) {
    case 'order':
      return orderFacts(deps, data as EventData<'order.paid'>);
    case 'refund':
      return refundFacts(deps, data as EventData<'refund.succeeded'>);
    case 'dispute':
      return disputeFacts(deps, data as EventData<'dispute.opened'>);
    case 'product': {
      const { productId, slug, version } = data as EventData<'product.changed'>;
      return { productId, slug, version } satisfies FactsOf<'product'>;
    }
    case 'stock': {
      const { variantId, available } = data as EventData<'stock.ran_low'>;
      return { variantId, available } satisfies FactsOf<'stock'>;
    }
  }
}

async function orderFacts({ db }: Deps, { orderId }: EventData<'order.paid'>): Promise<FactsOf<'order'>> {
  const order = await findOrder(db, orderId as OrderId);
  if (order === undefined) throw new AppError('order_not_found');
  return {
    orderId,
    number: String(order.number),
    placedAt: order.placedAt.toISOString(),
    total: money(order.totalMinor, order.currency),
  };
}

async function refundFacts(
  deps: Deps,
  { orderId, refundId }: EventData<'refund.succeeded'>,
): Promise<FactsOf<'refund'>> {
  return { refundId, orderId, amount: await readRefundAmount(deps, refundId as RefundId) };
}

async function disputeFacts(
  deps: Deps,
  { orderId, disputeId }: EventData<'dispute.opened'>,
): Promise<FactsOf<'dispute'>> {
  return { disputeId, orderId, ...(await readDispute(deps, disputeId as DisputeId)) };
}
