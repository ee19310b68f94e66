/** Surrogate keys: what a purge names and a stored answer carries. */

/** An answer with more tags is not stored: each one costs a look-up on every read. */
const MAX_TAGS_PER_ANSWER = 16;
const TAG = /^[\w.:-]{1,128}$/;

export function isTag(value: unknown): value is string {
  return typeof value === 'string' && TAG.test(value);
}

/** The tags of a `Cache-Tag` header; null when there are too many or one of them could never be purged. */
export function parseCacheTag(header: string | null): readonly string[] | null {
  const tags = (header ?? '').split(',').flatMap((tag) => tag.trim() || []);
  return tags.length <= MAX_TAGS_PER_ANSWER && tags.every(isTag) ? [...new Set(tags)] : null;
}
