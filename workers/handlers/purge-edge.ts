/** A changed product's answers leave the origin's caches, then the edge: the nearer tier must not refill stale. */

import { CACHE_TAGS, type PurgeRequest } from '#lib/edge-contract.ts';
import { dropAnswers } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { PurgeTags } from '#workers/cloudflare-purge.ts';
import type { Consumer } from '#workers/consumer.ts';

export interface PurgeTarget {
  readonly url: string;
  readonly secret: string;
}

/**
 * A changed product's answers, and every list. The edge's own endpoint also stops fills that are under way, but in
 * one data centre; `purgeEverywhere`, where there is one, reaches the others.
 */
export function purgeEdge(target: PurgeTarget, purgeEverywhere?: PurgeTags): Consumer {
  return {
    name: 'edge-purge',
    filter: 'product.*',
    handle: async (deps, { name, data }) => {
      if (!('slug' in data)) throw new Error(`${name} names no product`);
      await dropAnswers(deps, data);
      const tags = [CACHE_TAGS.product(data.productId), CACHE_TAGS.lists];
      await purge(deps, target, tags, purgeEverywhere);
    },
  };
}

/** Searches that were answered while the product was not yet indexed. */
export function purgeSearches(target: PurgeTarget, purgeEverywhere?: PurgeTags): Consumer {
  return {
    name: 'edge-purge-searches',
    filter: 'search.indexed',
    handle: async (deps) => {
      await deps.lists.invalidate();
      await purge(deps, target, [CACHE_TAGS.lists], purgeEverywhere);
    },
  };
}

/** The pages of a product's reviews: who could see them, and what is answered to them, may be otherwise now. */
export function purgeReviews(target: PurgeTarget, purgeEverywhere?: PurgeTags): Consumer {
  return {
    name: 'edge-purge-reviews',
    filter: 'review.*',
    handle: async (deps, { data }) => {
      if (!('reviewId' in data)) return;
      await purge(deps, target, [CACHE_TAGS.reviews(data.productId)], purgeEverywhere);
    },
  };
}

/** The tree, and every list that is of a part of it. */
export function purgeCategories(target: PurgeTarget, purgeEverywhere?: PurgeTags): Consumer {
  return {
    name: 'edge-purge-categories',
    filter: 'category.changed',
    handle: async (deps) => {
      await deps.lists.invalidate();
      await purge(deps, target, [CACHE_TAGS.categories, CACHE_TAGS.lists], purgeEverywhere);
    },
  };
}

/** What was answered in a currency: it may be sold in no more. */
export function purgeCurrencies(target: PurgeTarget, purgeEverywhere?: PurgeTags): Consumer {
  return {
    name: 'edge-purge-currencies',
    filter: 'currency.changed',
    handle: async (deps, { data }) => {
      if (!('currency' in data)) return;
      await purge(deps, target, [CACHE_TAGS.currency(data.currency)], purgeEverywhere);
    },
  };
}

async function purge(
  { guards, inHand }: Deps,
  target: PurgeTarget,
  tags: string[],
  purgeEverywhere?: PurgeTags,
): Promise<void> {
  const here = guards('edge-purge').run((signal) => purgeAt(target, { tags }, signal));
  await Promise.all([here, purgeEverywhere?.(tags, inHand)]);
}

async function purgeAt(
  { url, secret }: PurgeTarget,
  request: PurgeRequest,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal,
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the edge answered a purge with ${response.status}`);
}
