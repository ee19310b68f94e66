/**
 * Answers that are ready in memory leave before the framework: for a public read that came through the edge there
 * is nothing left to ask. A URL becomes hot by being answered the ordinary way once, with all its checks; what is
 * not ready, or carries a condition, goes the ordinary way again.
 */

import { LRUCache } from 'lru-cache';
import { type Clock, SECOND_MS } from '#lib/clock.ts';
import { EDGE_PROOF_HEADER } from '#lib/edge-contract.ts';
import type { Metrics } from '#lib/metrics.ts';
import { createRequestMetrics, type ObserveRequest } from '#lib/request-metrics.ts';
import type { Answer } from '#origin/cache/answer.ts';
import type { CachedRead } from '#origin/cache/tiered-cache.ts';
import { memoryHeaders, outlives, type SharedLife, sendFound } from './caching.ts';
import type { EdgeProofs } from './edge-proof.ts';

export interface HotRead {
  readonly read: CachedRead;
  readonly life: SharedLife;
  /** The route's pattern, for the metrics. */
  readonly route: string;
}

export interface HotReads {
  readonly clock: Clock;
  /** Undefined: not a hot read, or not ready. */
  answer(request: Request): Response | undefined;
  /** From now on, a GET of this very URL is answered from memory as long as memory holds the answer. */
  remember(url: string, read: HotRead): void;
}

export type Handler = (request: Request) => Response | Promise<Response>;

const MAX_URLS = 5_000;

export function createHotReads({
  metrics,
  clock,
}: {
  readonly metrics: Metrics;
  readonly clock: Clock;
}): HotReads {
  const urls = new LRUCache<string, HotRead & { readonly observe: ObserveRequest }>({ max: MAX_URLS });
  const requests = createRequestMetrics(metrics);
  /** Made once for each answer. To clone a whole response is as fast, but lengthens the collector's pauses. */
  const inits = new WeakMap<Answer, ResponseInit>();
  const initOf = (answer: Answer, { life }: HotRead): ResponseInit => {
    // Close to its end what goes out with it is otherwise each second.
    if (!outlives(answer, life, clock)) return { headers: memoryHeaders(answer, life, clock) };
    const init = inits.get(answer) ?? { headers: new Headers(memoryHeaders(answer, life, clock)) };
    inits.set(answer, init);
    return init;
  };
  return {
    clock,
    answer: ({ headers, method, url }) => {
      const startedAt = performance.now();
      const hot = urls.get(url);
      if (hot === undefined || method !== 'GET' || headers.has('if-none-match')) return undefined;
      const answer = hot.read.peek();
      if (!answer) return undefined;
      const response = new Response(answer.body, initOf(answer, hot));
      const sizes = { requestBytes: 0, responseBytes: answer.body.byteLength };
      hot.observe((performance.now() - startedAt) / SECOND_MS, sizes);
      return response;
    },
    remember: (url, read) => {
      if (!urls.has(url)) urls.set(url, { ...read, observe: requests('GET', read.route, 200) });
    },
  };
}

type Context = Pick<Parameters<typeof sendFound>[0], 'request' | 'set'>;

/** Answers a public read from the nearest tier that has it, and remembers its URL. */
export async function serve(hot: HotReads, context: Context, read: HotRead) {
  const found = await read.read.read();
  if (found.answer !== null && found.from !== 'stand-in') hot.remember(context.request.url, read);
  return sendFound({ ...context, clock: hot.clock }, found, read.life);
}

/** A hot read looks at nothing of a client, so that a pass of the edge is all the proof that it takes. */
export function inFront(handle: Handler, hot: HotReads, { isPass }: EdgeProofs): Handler {
  return (request) => {
    const isTrusted = isPass(request.headers.get(EDGE_PROOF_HEADER));
    return (isTrusted ? hot.answer(request) : undefined) ?? handle(request);
  };
}
