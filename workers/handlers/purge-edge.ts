/** A changed product's answers leave the origin's caches, then the edge: the nearer tier must not refill stale. */

import { SECOND_MS } from '#lib/clock.ts';
import { CACHE_TAGS, type PurgeRequest } from '#lib/edge-contract.ts';
import { dropAnswers } from '#origin/catalog/service.ts';
import type { Consumer } from '#workers/consumer.ts';

export interface PurgeTarget {
  readonly url: string;
  readonly secret: string;
}

const TIMEOUT_MS = 5 * SECOND_MS;

export function purgeEdge({ url, secret }: PurgeTarget): Consumer {
  return {
    name: 'edge-purge',
    filter: 'product.*',
    handle: async (deps, { data }) => {
      if (!('productId' in data)) return;
      await dropAnswers(deps, { id: data.productId, slug: data.slug, version: data.version });
      const purge: PurgeRequest = { tags: [CACHE_TAGS.product(data.productId), CACHE_TAGS.lists] };
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify(purge),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`the edge answered a purge with ${response.status}`);
    },
  };
}
