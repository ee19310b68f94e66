/**
 * Who is let in while more is asked than can be done: each priority has its part of the limit, so that what matters
 * more always finds room. Answers that are ready in memory have left before, and health checks pass by.
 */

import { NOT_BEGUN_HEADER } from '#lib/edge-contract.ts';
import type { Metrics } from '#lib/metrics.ts';
import { problemResponse, problemText } from '#lib/problems.ts';
import { createRequestMetrics, NO_ROUTE } from '#lib/request-metrics.ts';
import { secure } from '#lib/security-headers.ts';
import { createConcurrencyLimit, type LimitBounds } from './concurrency-limit.ts';
import type { Handler } from './hot-path.ts';

/** From the first to be served to the first to be shed, with the share of the limit that each may fill. */
export const SHARES = {
  payment: 1,
  cart: 0.85,
  personal: 0.7,
  catalogue: 0.25,
} as const;

export type Priority = keyof typeof SHARES;

interface Line {
  readonly path: RegExp;
  readonly priority: Priority | 'never shed';
}

/** The first line that matches decides; the last one takes what no other names. */
const LINES: readonly Line[] = [
  { path: /^\/((livez|readyz|health|metrics)$|ops(\/|$))/, priority: 'never shed' },
  { path: /^\/api\/v1\/checkout$/, priority: 'payment' },
  { path: /^\/api\/v1\/webhooks\//, priority: 'payment' },
  { path: /^\/api\/v1\/payment-methods(\/|$)/, priority: 'payment' },
  { path: /^\/api\/v1\/orders\/[^/]+\/./, priority: 'payment' },
  { path: /^\/api\/v1\/carts(\/|$)/, priority: 'cart' },
  { path: /^\/api\/v1\/(products|categories|trending|recommendations)(\/|$)/, priority: 'catalogue' },
  { path: /^\/api\/v1\/search(\/|$)/, priority: 'catalogue' },
  { path: /^\/(media|docs)(\/|$)/, priority: 'catalogue' },
  { path: /^/, priority: 'personal' },
];

const RETRY_AFTER_SECONDS = 2;

export interface Asked {
  /** Null: never shed. */
  readonly priority: Priority | null;
  readonly path: string;
  /** Of the line that has decided. */
  readonly at: number;
}

export function whatIsAsked({ method, url }: Pick<Request, 'method' | 'url'>): Asked {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const query = url.indexOf('?', start);
  const path = url.slice(start, query === -1 ? undefined : query);
  const at = LINES.findIndex((line) => line.path.test(path));
  const priority = LINES[at]?.priority ?? 'personal';
  if (priority === 'never shed') return { priority: null, path, at };
  // A change of the catalogue is a seller's, and no read that could come from somewhere else.
  const isChange = priority === 'catalogue' && method !== 'GET' && method !== 'HEAD';
  return { priority: isChange ? 'personal' : priority, path, at };
}

/** What takes about as long: the same method on the same line, as deep. */
function kindOf(method: string, { path, at }: Asked): string {
  return `${method} ${at} ${path.split('/').length}`;
}

export interface Admission {
  /** False: there is no room for this priority. Else it is at work until it leaves. */
  enter(priority: Priority): boolean;
  /** @param tookMs null where how long it took says nothing of the load: it was refused, say */
  leave(kind: string, tookMs: number | null): void;
}

export function createAdmission(bounds: LimitBounds, metrics: Metrics): Admission {
  const limit = createConcurrencyLimit(bounds);
  const shed = {
    payment: metrics.counter('requests_shed_total', { priority: 'payment' }),
    cart: metrics.counter('requests_shed_total', { priority: 'cart' }),
    personal: metrics.counter('requests_shed_total', { priority: 'personal' }),
    catalogue: metrics.counter('requests_shed_total', { priority: 'catalogue' }),
  } satisfies Record<Priority, () => void>;
  let running = 0;
  metrics.onExpose(() => {
    metrics.gauge('concurrency_limit_requests', {}, limit.current());
    metrics.gauge('concurrency_running_requests', {}, running);
  });
  return {
    enter: (priority) => {
      if (running >= limit.current() * SHARES[priority]) {
        shed[priority]();
        return false;
      }
      running += 1;
      return true;
    },
    leave: (kind, tookMs) => {
      if (tookMs !== null) limit.observe(kind, tookMs, running);
      running -= 1;
    },
  };
}

/** Past the limit a request is answered before anything is done for it. */
export function withAdmission(handle: Handler, { enter, leave }: Admission, metrics: Metrics): Handler {
  const refuse = createRefusal(metrics);
  const work = async (request: Request, asked: Asked) => {
    const enteredAtMs = performance.now();
    let tookMs: number | null = null;
    try {
      const answer = await handle(request);
      if (answer.ok) tookMs = performance.now() - enteredAtMs;
      return answer;
    } finally {
      leave(kindOf(request.method, asked), tookMs);
    }
  };
  return (request) => {
    const asked = whatIsAsked(request);
    if (asked.priority === null) return handle(request);
    return enter(asked.priority) ? work(request, asked) : refuse(request);
  };
}

/** While most are refused, what a refusal costs is taken from those who are not: all is made once, nothing is awaited. */
function createRefusal(metrics: Metrics): (request: Request) => Response {
  const body = problemText('unavailable');
  const { status, headers } = problemResponse('unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  secure(headers);
  // Another origin may have room for it.
  headers.set(NOT_BEGUN_HEADER, 'overloaded');
  const init = { status, headers };
  const requests = createRequestMetrics(metrics);
  const sizes = { requestBytes: 0, responseBytes: body.length };
  return ({ method }) => {
    // Its route is not looked for, its body is not read, and its time is below the least bucket.
    requests(method, NO_ROUTE, status)(0, sizes);
    return new Response(body, init);
  };
}
