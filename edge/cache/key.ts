/** The cache key: made from what the route declares, never taken from what a client sends. */

import { SHOP_CURRENCY } from '#lib/money.ts';
import type { CacheKey } from './rule.ts';

/** Parameters that mark where a shopper came from and change nothing in the answer. */
const TRACKING =
  /^(?:utm_.*|gclid|gbraid|wbraid|dclid|fbclid|msclkid|ttclid|twclid|igshid|mc_[ce]id|_ga|_gl|ref)$/;

/** What is the same as to say nothing: one answer has one key. */
const IMPLIED: ReadonlyMap<string, string> = new Map([['currency', SHOP_CURRENCY]]);

/** Null when the query has an undeclared parameter, or a declared one twice: the cache is passed by. */
export function catalogKey(path: string, rawQuery: string, declared: readonly string[]): CacheKey | null {
  const given = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQuery)) {
    if (TRACKING.test(name)) continue;
    if (!declared.includes(name) || given.has(name)) return null;
    given.set(name, value);
  }
  const ordered = declared.flatMap((name): [string, string][] => {
    const value = given.get(name);
    return value === undefined || value === IMPLIED.get(name) ? [] : [[name, value]];
  });
  const query = new URLSearchParams(ordered).toString();
  return { path, query, text: query === '' ? path : `${path}?${query}` };
}
