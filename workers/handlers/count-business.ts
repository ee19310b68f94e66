/**
 * Orders, revenue and stock as metrics. An event is given to one of all the workers' processes, which counts it once: what
 * they count together is what has happened. A process that ends takes its counters with it, as Prometheus expects.
 */

import { markHandled } from '#db/outbox.ts';
import type { ShopEvent } from '#lib/events.ts';
import type { OrderId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type OrderFigures, readOrderFigures } from '#origin/payments/service.ts';
import type { Consumer } from '#workers/consumer.ts';

export const countOrders: Consumer = {
  name: 'order-metrics',
  filter: 'order.*',
  handle: async (deps, event) => {
    if (!('orderId' in event.data)) return;
    const figures = await readOrderFigures(deps, event.data.orderId as OrderId);
    // First noted, then counted: nothing that comes again is counted twice.
    if (await markHandled(deps.db, countOrders.name, event.id)) countOrder(deps, event.name, figures);
  },
};

export const countStockFalls: Consumer = {
  name: 'stock-metrics',
  filter: 'stock.*',
  handle: async ({ db, metrics }, { id, name }) => {
    if (name === 'stock.replenished') return;
    if (!(await markHandled(db, countStockFalls.name, id))) return;
    metrics.count('stock_falls_total', { level: name === 'stock.ran_out' ? 'out' : 'low' });
  },
};

function countOrder({ metrics }: Deps, name: ShopEvent['name'], figures: OrderFigures): void {
  const { currency, totalMinor, declineCode } = figures;
  switch (name) {
    case 'order.placed':
      metrics.count('orders_placed_total', { currency });
      metrics.observe('order_value_minor', { currency }, totalMinor);
      break;
    case 'order.paid':
      metrics.count('orders_paid_total', { currency });
      metrics.count('order_revenue_minor_total', { currency }, totalMinor);
      break;
    case 'order.payment_failed':
      metrics.count('payments_failed_total', { reason: reasonOf(declineCode) });
      break;
    default:
  }
}

/** Stripe's own words, of which there are some forty and may be more: https://docs.stripe.com/declines/codes */
function reasonOf(declineCode: string | null): string {
  if (declineCode === null) return 'expired';
  return DECLINE_CODES.has(declineCode) ? declineCode : 'other';
}

const DECLINE_CODES: ReadonlySet<string> = new Set([
  ...['authentication_required', 'approve_with_id', 'call_issuer', 'card_not_supported', 'card_declined'],
  ...['card_velocity_exceeded', 'currency_not_supported', 'do_not_honor', 'expired_card', 'fraudulent'],
  ...['generic_decline', 'incorrect_cvc', 'incorrect_number', 'insufficient_funds', 'invalid_account'],
  ...['invalid_amount', 'issuer_not_available', 'lost_card', 'pickup_card', 'processing_error'],
  ...['restricted_card', 'stolen_card', 'transaction_not_allowed', 'try_again_later'],
  ...['withdrawal_count_limit_exceeded', 'payment_intent_authentication_failure'],
]);
