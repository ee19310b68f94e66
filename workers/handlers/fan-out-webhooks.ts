/** Makes a delivery of each event that integrators may be told of, for every endpoint that has subscribed to it. */

import { fanOut } from '#origin/webhook-deliveries/service.ts';
import type { Consumer } from '#workers/consumer.ts';

const AGGREGATES = ['order', 'refund', 'dispute', 'product', 'stock'] as const;

/** One each, for a consumer hears one subject. */
export const fanOutWebhooks: readonly Consumer[] = AGGREGATES.map((aggregate) => {
  const name = `webhooks-${aggregate}`;
  return { name, filter: `${aggregate}.*`, handle: (deps, event) => fanOut(deps, name, event) };
});
