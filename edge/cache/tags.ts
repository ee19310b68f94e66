/** Surrogate keys: what a purge names and a stored answer carries. */

import { CACHE_TAG_HEADER } from '#lib/edge-contract.ts';

/** An answer with more tags is not stored: each one costs a look-up on every read. */
const MAX_TAGS_PER_ANSWER = 16;
const TAG = /^[\w.:-]{1,128}$/;

export function isTag(value: unknown): value is string {
  return typeof value === 'string' && TAG.test(value);
}

/** `Cache-Tag`, or the same under a name that Cloudflare does not take out before a Worker sees the answer. */
export function cacheTagOf(headers: Headers): string | null {
  return headers.get(CACHE_TAG_HEADER) ?? headers.get('cache-tag');
}

/** The tags of a `Cache-Tag` header, each once. */
export function parseCacheTag(header: string | null): readonly string[] {
  return [...new Set((header ?? '').split(',').flatMap((tag) => tag.trim() || []))];
}

/** False when there are too many of them or one could never be purged. */
export function isTagList(header: string | null): boolean {
  const tags = parseCacheTag(header);
  return tags.length <= MAX_TAGS_PER_ANSWER && tags.every(isTag);
}
