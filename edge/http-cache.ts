/**
 * The same cache without the shop: every method, path and query is forwarded unchanged, and whatever HTTP allows is
 * stored. It is there to be held against the standards; the configuration refuses it in production.
 */

import { MAX_BODY_BYTES } from '#lib/edge-contract.ts';
import { REQUEST_LIMITS } from '#lib/policies.ts';
import { AppError, problemResponse } from '#lib/problems.ts';
import { newTrace } from '#lib/trace.ts';
import { parseDirectives } from './cache/directives.ts';
import { keep } from './cache/fill.ts';
import { invalidatedTags, isAnswerToGet } from './cache/invalidation.ts';
import { onlyIfCachedFailed } from './cache/only-if-cached.ts';
import { respond } from './cache/respond.ts';
import { type CacheKey, type CacheRule, urlTag } from './cache/rule.ts';
import { createSharedCache, type ReadRequest, type SharedCache } from './cache/shared-cache.ts';
import { withoutHopByHop } from './headers.ts';
import type { Caller, Origin } from './origin.ts';
import { parseOrigins } from './origins.ts';
import type { EdgeHandler, Platform } from './platform.ts';
import { readBounded } from './read-bounded.ts';

const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'];
const BODILESS = [101, 204, 205, 304];
/** Evaluated here, on the whole answer. */
const CONDITIONS = ['if-none-match', 'if-modified-since'];
/** Theirs to evaluate who know the current answer: the origin. */
const PRECONDITIONS = ['if-match', 'if-unmodified-since', 'if-range'];

export function createHttpCache(platform: Platform): EdgeHandler {
  const origin = plainOrigin(platform);
  const cache = createSharedCache({ ...platform, origin });
  // What the edge tells its own origin of a request; this origin is told nothing.
  const caller: Caller = { requestId: '', traceparent: newTrace(), clientIp: '', log: platform.log };
  return {
    async fetch(request, _bindings, context) {
      try {
        const inBackground = (work: Promise<unknown>) => context.waitUntil(work);
        return await answer({ platform, origin, cache, caller, request, inBackground });
      } catch (error) {
        if (error instanceof AppError) return problemResponse(error.code, error.extras);
        platform.log.error('unexpected failure', { error });
        return problemResponse('internal');
      }
    },
  };
}

interface Exchange {
  readonly platform: Platform;
  readonly origin: Origin;
  readonly cache: SharedCache;
  readonly caller: Caller;
  readonly request: Request;
  readonly inBackground: (work: Promise<unknown>) => void;
}

async function answer(exchange: Exchange): Promise<Response> {
  const { platform, cache, request } = exchange;
  const { pathname, search } = new URL(request.url);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead || PRECONDITIONS.some((name) => request.headers.has(name))) {
    const response = await forward(exchange);
    const tags = invalidatedTags(request, pathname, response);
    if (isAnswerToGet(request, response)) return keepPosted(exchange, response);
    if (tags.length > 0) await platform.store.purge(tags);
    return response;
  }
  const startedAt = platform.clock.now();
  const read = readRequest(exchange, keyOf(pathname, search.slice(1)));
  const cached = await cache.read(read);
  if (cached !== null) {
    return respond(cached, { request, present: read.rule.present, startedAt, now: platform.clock.now() });
  }
  return parseDirectives(request.headers.get('cache-control')).has('only-if-cached')
    ? onlyIfCachedFailed()
    : forward(exchange);
}

/** It takes the place of what was stored, which thus needs no invalidation. */
async function keepPosted(exchange: Exchange, response: Response): Promise<Response> {
  const { platform, origin } = exchange;
  const { pathname, search } = new URL(exchange.request.url);
  const body = new Uint8Array(await response.arrayBuffer());
  const { status, headers } = response;
  const fetchStartedAt = platform.clock.now().getTime();
  const near = { held: null, sibling: null };
  const request = readRequest(exchange, keyOf(pathname, search.slice(1)));
  const received = { status, headers, body, fetchStartedAt, near };
  const { isStored } = await keep({ ...platform, origin }, request, received);
  if (!isStored) await platform.store.purge([urlTag(pathname)]);
  return new Response(body, { status, headers });
}

/** In a space of their own, so that no URL can name the store's other entries. */
function keyOf(path: string, query: string): CacheKey {
  return { path, query, text: `/__edge/answers/${encodeURIComponent(`${path}?${query}`)}` };
}

function readRequest({ caller, request, inBackground }: Exchange, key: CacheKey): ReadRequest {
  const sent = withoutHopByHop(request.headers);
  for (const name of CONDITIONS) sent.delete(name);
  const asked = parseDirectives(request.headers.get('cache-control'));
  const rule: CacheRule = {
    sent,
    admit: (_reply, life) => (asked.has('no-store') ? null : life),
    present: () => undefined,
  };
  return {
    key,
    rule,
    flight: `${key.text} ${JSON.stringify([...sent])}`,
    // What is not stored is forwarded as HEAD: the cache itself only ever asks for whole answers.
    asked: request.method === 'HEAD' ? new Map([...asked, ['only-if-cached', '']]) : asked,
    caller,
    onMiss: () => Promise.resolve(),
    inBackground,
  };
}

/** Nothing of the edge is told to an origin that is not its own. */
function plainOrigin({ config, fetch }: Pick<Platform, 'config' | 'fetch'>): Origin {
  const [originUrl] = parseOrigins(config.ORIGIN_URL).flat();
  return {
    isLost: () => false,
    probe: () => Promise.resolve(),
    async send({ method, path, query, headers, body, timeoutMs = REQUEST_LIMITS.readMs }) {
      const url = `${originUrl}${path}${query === '' ? '' : `?${query}`}`;
      const signal = AbortSignal.timeout(timeoutMs);
      const call = () => fetch(url, { method, headers, body, redirect: 'manual', signal });
      try {
        // A kept connection may have been closed meanwhile; what is idempotent may be said twice.
        return await call().catch((error) => (IDEMPOTENT.includes(method) ? call() : Promise.reject(error)));
      } catch {
        throw new AppError('unavailable');
      }
    },
  };
}

async function forward({ origin, caller, request }: Exchange): Promise<Response> {
  const { pathname: path, search } = new URL(request.url);
  const body = request.body && (await readBounded(request.body, { maxBytes: MAX_BODY_BYTES }));
  if (request.body !== null && body === null) throw new AppError('body_too_large');
  const headers = withoutHopByHop(request.headers);
  const { method } = request;
  const response = await origin.send({ method, path, query: search.slice(1), headers, body }, caller);
  const kept = withoutHopByHop(response.headers);
  kept.append('cache-status', 'hotshelf-edge; fwd=bypass');
  const content = BODILESS.includes(response.status) ? null : response.body;
  return new Response(content, { status: response.status, headers: kept });
}
