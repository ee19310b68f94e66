/** Keys of public reads: made of what a route declares, one for all that is answered the same. */

import { expect, test } from 'bun:test';
import { catalogKey } from '#edge/cache/key.ts';
import { findRoute } from '#edge/routes.ts';

const keyOf = (path: string, query: string) =>
  catalogKey(path, query, findRoute(path)?.catalog?.query ?? [])?.text ?? null;

test('a currency makes a key of its own, save the shop’s, which is the same as none', () => {
  for (const path of ['/api/v1/products/lamp', '/api/v1/products', '/api/v1/search', '/api/v1/trending']) {
    expect(keyOf(path, 'currency=EUR')).toBe(`${path}?currency=EUR`);
    expect(keyOf(path, 'currency=USD')).toBe(path);
    expect(keyOf(path, '')).toBe(path);
    expect(keyOf(path, 'currency=EUR&currency=CHF')).toBeNull();
  }
});

test('what a route does not declare has no key, and what only tells where a shopper came from is none of it', () => {
  expect(keyOf('/api/v1/products/lamp', 'colour=red')).toBeNull();
  expect(keyOf('/api/v1/products/lamp', 'utm_source=mail&currency=EUR')).toBe(
    '/api/v1/products/lamp?currency=EUR',
  );
});
