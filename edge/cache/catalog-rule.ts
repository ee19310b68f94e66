/**
 * What of the catalogue is stored: closed by default, whatever HTTP would allow. Nothing of a client reaches the
 * origin, so that nothing of a client can be in a shared answer.
 */

import { stripInternal } from '#edge/headers.ts';
import type { CatalogRead } from '#edge/routes.ts';
import { PROBLEM_CONTENT_TYPE } from '#lib/problems.ts';
import { parseDirectives } from './directives.ts';
import { directivesOf, type Lifetime, type Reply } from './policy.ts';
import type { CacheRule } from './rule.ts';
import { cacheTagOf, isTagList } from './tags.ts';

const OK = 200;
const MOVED = 308;
const NOT_FOUND = 404;
/** What is not there now may be there soon, and nothing purges it. */
const MAX_NOT_FOUND_SECONDS = 5;
/** Directives that speak to shared caches; to a browser they would say too much. */
const SHARED_ONLY = ['s-maxage', 'stale-while-revalidate', 'stale-if-error', 'proxy-revalidate'];

interface CatalogRuleOptions extends Pick<CatalogRead, 'contentType'> {
  /** `Accept` had a part in the key: caches further out must know. */
  readonly varies?: boolean;
}

export function catalogRule({ contentType, varies = false }: CatalogRuleOptions): CacheRule {
  return {
    // The same for every client. `identity`: answers are stored as plain bytes, and Cloudflare compresses them.
    sent: new Headers({ accept: '*/*', 'accept-encoding': 'identity' }),
    admit: (reply, life) => (isPublic(reply, contentType) ? narrowed(reply.status, life) : null),
    present: (headers) => {
      forBrowsers(headers);
      if (varies) headers.append('vary', 'Accept');
    },
  };
}

function isPublic({ status, headers }: Reply, declared: string): boolean {
  const directives = directivesOf(headers);
  const expected = status === NOT_FOUND ? PROBLEM_CONTENT_TYPE : declared;
  return (
    [OK, MOVED, NOT_FOUND].includes(status) &&
    !headers.has('set-cookie') &&
    !['private', 'no-cache', 'no-store'].some((name) => directives.has(name)) &&
    isTagList(cacheTagOf(headers)) &&
    (headers.get('content-type') ?? '').toLowerCase().startsWith(expected)
  );
}

function narrowed(status: number, life: Lifetime): Lifetime | null {
  if (life.freshSeconds === 0) return null;
  if (status !== NOT_FOUND) return life;
  const freshSeconds = Math.min(life.freshSeconds, MAX_NOT_FOUND_SECONDS);
  return {
    freshSeconds,
    staleWhileRevalidateSeconds: 0,
    staleIfErrorSeconds: 0,
    mayBeStale: false,
    keepSeconds: freshSeconds,
  };
}

function forBrowsers(headers: Headers): void {
  stripInternal(headers);
  const directives = [...parseDirectives(headers.get('cache-control'))]
    .filter(([name]) => !SHARED_ONLY.includes(name))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  if (directives.length === 0) headers.delete('cache-control');
  else headers.set('cache-control', directives.join(', '));
}
