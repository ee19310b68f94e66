/**
 * A stand-in for Stripe that speaks its HTTP protocol to the real SDK: payments, refunds, customers, idempotency
 * keys and signed webhooks, in one SQLite file. For local shops and tests; README.md says what it can do.
 */

import { type Clock, systemClock } from '#lib/clock.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import { type ApiDependencies, handleApi } from './api.ts';
import { CHALLENGE_PATH, handleChallenge } from './challenge-page.ts';
import { handleControl } from './control.ts';
import { createFaults } from './faults.ts';
import { createIdempotencyKeys } from './idempotency.ts';
import { randomStripeIds, type StripeIds } from './ids.ts';
import { openStore } from './store.ts';
import { createWebhooks, LOCAL_RETRIES, type RetryPolicy, type WebhookTarget } from './webhooks.ts';

export interface StripeDoubleOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly hostname?: string;
  /** The only key that is let in; absent, every `sk_test_...` is. */
  readonly secretKey?: string;
  /** Where events go; absent, they are recorded and not sent. */
  readonly webhook?: WebhookTarget;
  readonly retries?: RetryPolicy;
  /** A file, or `:memory:`. */
  readonly statePath: string;
  readonly clock?: Clock;
  readonly ids?: StripeIds;
  readonly log?: Logger;
}

export interface StripeDouble {
  /** `http://127.0.0.1:12345`, without a slash at the end. */
  readonly url: string;
  readonly hostname: string;
  readonly port: number;
  /** Cuts what is open and closes the file; deliveries that are not done go on after the next start. */
  stop(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;
/** Above the longest hold of a fault. */
const IDLE_TIMEOUT_SECONDS = 180;
const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
const QUIET = createLogger({ level: 'error', write: (line) => console.error(line) });

function answer(deps: ApiDependencies, request: Request, fromHere: boolean): Promise<Response> | Response {
  const { pathname } = new URL(request.url);
  if (!pathname.startsWith('/_double/')) return handleApi(deps, request);
  if (!fromHere)
    return Response.json({ message: 'control calls come from this machine only' }, { status: 403 });
  const challenged = CHALLENGE_PATH.exec(pathname)?.[1];
  return challenged === undefined ? handleControl(deps, request) : handleChallenge(deps, request, challenged);
}

/** @throws when the port is taken or the file cannot be opened. */
export async function startStripeDouble(options: StripeDoubleOptions): Promise<StripeDouble> {
  const { clock = systemClock, ids = randomStripeIds, log = QUIET } = options;
  const store = openStore(options.statePath);
  const retries = options.retries ?? LOCAL_RETRIES;
  const webhooks = createWebhooks({ store, clock, log, retries }, options.webhook ?? null);
  let deps: ApiDependencies | null = null;
  const server = Bun.serve({
    port: options.port,
    hostname: options.hostname ?? '127.0.0.1',
    maxRequestBodySize: MAX_BODY_BYTES,
    idleTimeout: IDLE_TIMEOUT_SECONDS,
    fetch: (request, self) => {
      if (deps === null) return new Response(null, { status: 503 });
      return answer(deps, request, LOOPBACK.has(self.requestIP(request)?.address ?? ''));
    },
    error: (error) => {
      log.error('a request broke', { error });
      return Response.json(
        { error: { type: 'api_error', message: 'An unknown error occurred' } },
        { status: 500 },
      );
    },
  });
  const baseUrl = server.url.href.replace(/\/$/, '');
  const secretKey = options.secretKey ?? null;
  const keys = createIdempotencyKeys(store, clock);
  deps = { store, clock, ids, baseUrl, log, webhooks, secretKey, keys, faults: createFaults() };
  webhooks.wake();
  return {
    url: baseUrl,
    hostname: server.hostname ?? '127.0.0.1',
    port: server.port ?? options.port,
    stop: async () => {
      await server.stop(true);
      await webhooks.stop();
      store.close();
    },
  };
}
