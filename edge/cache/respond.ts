/** Turns what the cache found into the client's answer: conditional requests, `Age` and `Cache-Status`. */

import { type CacheOutcome, type CatalogAnswer, headersOf } from './catalog-cache.ts';
import { parseDirectives } from './policy.ts';

const OK = 200;
const NOT_MODIFIED = 304;
const CACHE_NAME = 'hotshelf-edge';
/** Directives that speak to shared caches; to a browser they would say too much. */
const SHARED_ONLY = ['s-maxage', 'stale-while-revalidate', 'stale-if-error', 'proxy-revalidate'];

export function respond({ answer, ageSeconds, outcome }: CatalogAnswer, request: Request): Response {
  const headers = headersOf(answer);
  const forBrowser = browserCacheControl(headers.get('cache-control'));
  if (forBrowser === '') headers.delete('cache-control');
  else headers.set('cache-control', forBrowser);
  if (outcome.kind !== 'forwarded' || ageSeconds > 0) headers.set('age', String(ageSeconds));
  headers.append('cache-status', describe(outcome));

  if (answer.status === OK && isSame(request.headers.get('if-none-match'), headers.get('etag'))) {
    headers.delete('content-type');
    return new Response(null, { status: NOT_MODIFIED, headers });
  }
  if (request.method === 'HEAD') headers.set('content-length', String(answer.body.byteLength));
  return new Response(request.method === 'HEAD' ? null : answer.body, { status: answer.status, headers });
}

/** This cache's member of `Cache-Status`, RFC 9211. */
function describe(outcome: CacheOutcome): string {
  switch (outcome.kind) {
    case 'hit': {
      const detail = outcome.isStale ? '; detail=stale-while-revalidate' : '';
      return `${CACHE_NAME}; hit; ttl=${outcome.ttlSeconds}${detail}`;
    }
    case 'stale_on_error': {
      const status = outcome.originStatus === null ? '' : `; fwd-status=${outcome.originStatus}`;
      return `${CACHE_NAME}; fwd=stale${status}; ttl=${outcome.ttlSeconds}; detail=stale-if-error`;
    }
    case 'forwarded': {
      const reason = outcome.had === 'nothing' ? 'miss' : 'stale';
      const marks = `${outcome.isStored ? '; stored' : ''}${outcome.isCollapsed ? '; collapsed' : ''}`;
      return `${CACHE_NAME}; fwd=${reason}${marks}`;
    }
  }
}

function browserCacheControl(header: string | null): string {
  return [...parseDirectives(header)]
    .filter(([name]) => !SHARED_ONLY.includes(name))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join(', ');
}

/** Whether `If-None-Match` names the stored answer, by weak comparison (RFC 9110 §13.1.2). */
function isSame(ifNoneMatch: string | null, etag: string | null): boolean {
  if (ifNoneMatch === null || etag === null) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const opaque = (tag: string) => tag.replace(/^W\//, '');
  const named = ifNoneMatch.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return named.some((tag) => opaque(tag) === opaque(etag));
}
