/** What the pipeline needs of the place where it runs; `worker.ts` builds it from Workers' globals. */

import type { ExecutionContext } from 'hono';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import type { Traceparent } from '#lib/trace.ts';
import type { PeekableStore } from './cache/store.ts';
import type { Budget, EdgeConfig, RateLimiter } from './env.ts';
import type { Origination } from './hot-answers.ts';
import type { EdgeMetrics } from './metrics.ts';
import type { DeclaredRoute } from './routes.ts';

export interface Platform {
  readonly config: EdgeConfig;
  readonly limiters: Readonly<Record<Budget, RateLimiter>>;
  readonly store: PeekableStore;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: EdgeMetrics;
}

/** What `worker.ts` hands requests to. */
export interface EdgeHandler {
  fetch(request: Request, bindings: object, context: ExecutionContext): Response | Promise<Response>;
}

/** What the middleware learn of one request, in the order in which they learn it. */
export interface RequestVariables {
  /** Made here for every request; a client's own is ignored. */
  requestId: string;
  traceparent: Traceparent;
  log: Logger;
  clientIp: string;
  /** Canonical path and raw query (without `?`), exactly as they are matched, keyed and forwarded. */
  path: string;
  query: string;
  /** The whole of it, at most 1 MiB; null when there is none. */
  body: Uint8Array<ArrayBuffer> | null;
  route: DeclaredRoute;
  /** Set when the answer is a fresh one from isolate memory, and the same for every plain request. */
  fromMemory?: Origination;
  /** Of the answer, where it was at hand. */
  bodyBytes?: number;
}

export interface EdgeEnv {
  Variables: RequestVariables;
}
