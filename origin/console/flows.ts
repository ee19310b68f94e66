/** What goes from one part of the picture to another, a second. */

import type { Flow, FlowId, Part, PartId } from './model.ts';
import { MAIL_CONSUMERS } from './parts.ts';
import { type Scene, SHOPPERS } from './scene.ts';

const REQUESTS = 'http_server_request_duration_seconds_count';
/** Whose state an arrow shows: the part that it is about. */
const SUBJECTS: Readonly<Record<FlowId, PartId>> = {
  'shopper-edge': 'edge',
  'edge-origin': 'origin',
  'origin-primary': 'primary',
  'origin-replicas': 'replicas',
  'origin-redis': 'redis',
  'origin-stripe': 'stripe',
  'origin-nats': 'nats',
  'nats-workers': 'workers',
  'workers-edge': 'edge',
  'workers-smtp': 'smtp',
};

export function flowsOf(scene: Scene, parts: Readonly<Record<PartId, Part>>): Readonly<Record<FlowId, Flow>> {
  const rates = ratesOf(scene);
  const flows = Object.entries(SUBJECTS).map(([id, part]) => {
    const flow: Flow = { state: parts[part].state, perSecond: rates[id as FlowId] };
    return [id, flow] as const;
  });
  return Object.fromEntries(flows) as Record<FlowId, Flow>;
}

function ratesOf({ all, of: { edge, origin, workers } }: Scene): Readonly<Record<FlowId, number | null>> {
  const consumed = (consumer: RegExp) => workers.rate('messages_handled_total', { consumer });
  return {
    'shopper-edge': edge.rate(REQUESTS, SHOPPERS),
    'edge-origin': origin.rate(REQUESTS, SHOPPERS),
    'origin-primary': together(
      origin.rate('database_reads_total', { target: 'primary' }),
      origin.rate('db_client_operation_duration_seconds_count', { pool_name: 'primary' }),
    ),
    'origin-replicas': all.rate('database_reads_total', { target: /^\d+$/ }),
    'origin-redis': origin.rate('cache_reads_total', { tier: 'redis' }),
    'origin-stripe': origin.rate('orders_placed_total'),
    'origin-nats': workers.rate('events_published_total'),
    'nats-workers': workers.rate('messages_handled_total'),
    'workers-edge': consumed(/^edge-purge/),
    'workers-smtp': consumed(MAIL_CONSUMERS),
  };
}

function together(...rates: readonly (number | null)[]): number | null {
  const known = rates.filter((rate) => rate !== null);
  return known.length === 0 ? null : known.reduce((sum, rate) => sum + rate, 0);
}
