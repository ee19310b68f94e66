/** The shop in a few figures: what it serves at the moment, and what it has earned lately. */

import { SHOP_CURRENCY } from '#lib/money.ts';
import { LONGEST_WINDOW_MS } from './meter.ts';
import type { Fact, Point } from './model.ts';
import { ERRORS, type Scene, SHOPPERS } from './scene.ts';

const REQUESTS = 'http_server_request_duration_seconds_count';

/** The line of figures at the top. */
export function figuresOf({ of: { edge, origin } }: Scene, point: Point): readonly Fact[] {
  const served = edge.rate(REQUESTS, SHOPPERS) === null ? origin : edge;
  return [
    { label: 'Requests', value: served.rate(REQUESTS, SHOPPERS), unit: 'perSecond' },
    {
      label: 'Errors (5xx)',
      value: ratio(served.rate(REQUESTS, ERRORS), served.rate(REQUESTS, SHOPPERS)),
      unit: 'ratio',
    },
    { label: 'Median at the origin', value: point.p50Seconds, unit: 'seconds' },
    { label: 'p99 at the origin', value: point.p99Seconds, unit: 'seconds' },
    { label: 'Orders', value: point.ordersPerMinute, unit: 'perMinute' },
    { label: 'Revenue a minute', value: point.revenuePerMinute, unit: { currency: SHOP_CURRENCY } },
  ];
}

/** In the last quarter of an hour, or since the origin began to look. */
export function businessOf({ all }: Scene): readonly Fact[] {
  const currency = { currency: SHOP_CURRENCY };
  const lately = (...[name, labels = {}]: Parameters<typeof all.rate>) =>
    all.increase(name, labels, LONGEST_WINDOW_MS);
  const placed = lately('orders_placed_total');
  // Two carts that have become one can be one order.
  const filled = lately('carts_filled_total') - lately('carts_merged_total');
  return [
    { label: 'Orders placed', value: placed, unit: 'count' },
    { label: 'Orders paid', value: lately('orders_paid_total'), unit: 'count' },
    { label: 'Revenue', value: lately('order_revenue_minor_total', currency), unit: currency },
    {
      label: 'Average basket',
      value: ratio(lately('order_value_minor_sum', currency), lately('order_value_minor_count', currency)),
      unit: currency,
    },
    { label: 'Carts left behind', value: abandoned(placed, filled), unit: 'ratio' },
    { label: 'Payments failed', value: lately('payments_failed_total'), unit: 'count' },
    { label: 'Ran out of stock', value: lately('stock_falls_total', { level: 'out' }), unit: 'count' },
  ];
}

/** Carts of before may be ordered now: never less than none. */
function abandoned(placed: number, filled: number): number | null {
  return filled <= 0 ? null : Math.max(0, 1 - placed / filled);
}

function ratio(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : part / whole;
}
