/** A changed product's answers leave the origin's caches, then the edge: the nearer tier must not refill stale. */

import { SECOND_MS } from '#lib/clock.ts';
import { CACHE_TAGS, type PurgeRequest } from '#lib/edge-contract.ts';
import { dropAnswers } from '#origin/catalog/service.ts';
import type { PurgeTags } from '#workers/cloudflare-purge.ts';
import type { Consumer } from '#workers/consumer.ts';

export interface PurgeTarget {
  readonly url: string;
  readonly secret: string;
}

const TIMEOUT_MS = 5 * SECOND_MS;

/**
 * The edge's own endpoint also stops fills that are under way, but in one data centre; `purgeEverywhere`, where there
 * is one, reaches the others.
 */
export function purgeEdge(target: PurgeTarget, purgeEverywhere?: PurgeTags): Consumer {
  return {
    name: 'edge-purge',
    filter: 'product.*',
    handle: async (deps, { data }) => {
      if (!('productId' in data)) return;
      await dropAnswers(deps, { id: data.productId, slug: data.slug, version: data.version });
      const tags = [CACHE_TAGS.product(data.productId), CACHE_TAGS.lists];
      await Promise.all([purgeAt(target, { tags }), purgeEverywhere?.(tags)]);
    },
  };
}

async function purgeAt({ url, secret }: PurgeTarget, purge: PurgeRequest): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(purge),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the edge answered a purge with ${response.status}`);
}
