/** What is bought and sold, and what people do in the shop: from events and acts, never from heavy SQL. */

const MONEY_BUCKETS = [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000];

export const BUSINESS_METRICS = {
  carts_created_total: { kind: 'counter', help: 'Carts created.', labels: [] },
  carts_filled_total: { kind: 'counter', help: 'Carts that got something into them.', labels: [] },
  carts_merged_total: {
    kind: 'counter',
    help: 'Carts with something in them that went into another such cart when their owner logged in.',
    labels: [],
  },
  orders_placed_total: { kind: 'counter', help: 'Orders placed.', labels: ['currency'] },
  order_value_minor: {
    kind: 'histogram',
    help: 'Value of the baskets that became orders, in minor units of the currency.',
    labels: ['currency'],
    buckets: MONEY_BUCKETS,
  },
  orders_paid_total: { kind: 'counter', help: 'Orders paid.', labels: ['currency'] },
  order_revenue_minor_total: {
    kind: 'counter',
    help: 'Revenue of paid orders, in minor units of the currency.',
    labels: ['currency'],
  },
  payments_failed_total: { kind: 'counter', help: 'Payments that failed, by reason.', labels: ['reason'] },
  orders_cancelled_total: { kind: 'counter', help: 'Orders cancelled, by whom.', labels: ['actor'] },
  order_edits_total: { kind: 'counter', help: 'Edits of paid orders, by whom.', labels: ['editor'] },
  shipment_steps_total: { kind: 'counter', help: 'Steps of parcels, from packing on.', labels: ['step'] },
  return_steps_total: { kind: 'counter', help: 'Steps of returns, from their request on.', labels: ['step'] },
  stock_adjustments_total: {
    kind: 'counter',
    help: 'Stock that was received or corrected by hand.',
    labels: ['kind'],
  },
  stock_transfers_total: { kind: 'counter', help: 'Transfers of stock between locations.', labels: [] },
  orders_rerouted_total: {
    kind: 'counter',
    help: 'Times that an operator had another location send units of an order.',
    labels: [],
  },
  stock_falls_total: {
    kind: 'counter',
    help: 'Times that what is left of a variant has fallen to low, or to nothing (out).',
    labels: ['level'],
  },
  refunds_total: {
    kind: 'counter',
    help: 'Refunds that have ended, by outcome.',
    labels: ['currency', 'outcome'],
  },
  refunded_minor_total: {
    kind: 'counter',
    help: 'Money given back, in minor units of the currency.',
    labels: ['currency'],
  },
  disputes_opened_total: { kind: 'counter', help: 'Disputes opened, by reason.', labels: ['reason'] },
  disputes_closed_total: { kind: 'counter', help: 'Disputes closed, by outcome.', labels: ['outcome'] },
  reviews_decided_total: {
    kind: 'counter',
    help: 'Reviews that a moderator has decided.',
    labels: ['decision'],
  },
  stock_notices_due_total: { kind: 'counter', help: 'Shoppers to be told of new stock.', labels: [] },
  cart_reminders_due_total: { kind: 'counter', help: 'Customers to be reminded of a cart.', labels: [] },
  payments_stranded_total: {
    kind: 'counter',
    help: 'Charges for orders that had ended, or that were paid already: a person has to look.',
    labels: ['currency'],
  },
} as const;
