/**
 * How an answer says that it is not what it should be: `Degraded`, a structured field (RFC 9651) that lists what has
 * failed and, as `source`, where the answer comes from instead. None of the registered fields says so: `Warning` is
 * obsolete, and `Cache-Status` speaks of caches alone.
 * @example Degraded: search;source=last_good
 */

export const DEGRADED_HEADER = 'degraded';

export interface Degradation {
  /** What has failed: a token. */
  readonly feature: 'search' | 'suggestions' | 'recommendations' | 'trending' | 'origin';
  /** What stands in for it: a token. */
  readonly source:
    | 'last_good'
    | 'category'
    | 'newest'
    | 'trending_category'
    | 'trending'
    | 'stale'
    | 'nothing';
}

export function degradedField({ feature, source }: Degradation): string {
  return `${feature};source=${source}`;
}
