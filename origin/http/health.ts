/** Is the process alive, may traffic come, and how is everything behind it? Prometheus' metrics are next door. */

import { Elysia, t } from 'elysia';
import { pingDatabase } from '#db/health.ts';
import { SECOND_MS } from '#lib/clock.ts';
import type { Deps } from '#origin/deps.ts';

type CheckName = 'postgres' | 'redis' | 'nats';
type CheckStatus = 'up' | 'down';

export interface Health {
  /** `degraded`: shoppers are served, though something is missing. */
  readonly status: 'ok' | 'degraded' | 'down';
  readonly checks: Readonly<Record<CheckName, CheckStatus>>;
}

const CHECK_TIMEOUT_MS = 2 * SECOND_MS;
const UNAVAILABLE = 503;
const NO_STORE = { 'cache-control': 'no-store' };

/** Only Postgres is needed to serve; Redis and NATS are missed, not needed. */
export async function checkHealth({ db, sharedCache, bus }: Pick<Deps, 'db' | 'sharedCache' | 'bus'>) {
  const [postgres, redis, nats] = await Promise.all([
    statusOf(pingDatabase(db)),
    statusOf(sharedCache.ping()),
    statusOf(bus.ping()),
  ]);
  const checks = { postgres, redis, nats };
  const allUp = Object.values(checks).every((status) => status === 'up');
  const status = postgres === 'down' ? 'down' : allUp ? 'ok' : 'degraded';
  return { status, checks } satisfies Health;
}

async function statusOf(check: Promise<void>): Promise<CheckStatus> {
  const { promise: late, resolve } = Promise.withResolvers<CheckStatus>();
  const timer = setTimeout(() => resolve('down'), CHECK_TIMEOUT_MS);
  const answered = check.then(
    () => 'up' as const,
    () => 'down' as const,
  );
  const status = await Promise.race([answered, late]);
  clearTimeout(timer);
  return status;
}

const HealthSchema = t.Object(
  {
    status: t.Union([t.Literal('ok'), t.Literal('degraded'), t.Literal('down')]),
    checks: t.Record(t.String(), t.Union([t.Literal('up'), t.Literal('down')])),
  },
  { examples: [{ status: 'ok', checks: { postgres: 'up', redis: 'up', nats: 'up' } }] },
);

/** The probes of one process; workers serve the same ones on a port of their own. */
export function health(deps: Deps) {
  return new Elysia({ name: 'health' })
    .get('/livez', () => Response.json({ status: 'ok' }, { headers: NO_STORE }), {
      detail: { hide: true, 'x-access': 'public' },
    })
    .get('/readyz', async () => answer(await checkHealth(deps)), {
      detail: { hide: true, 'x-access': 'public' },
    })
    .get('/health', async () => answer(await checkHealth(deps)), {
      detail: {
        operationId: 'getHealth',
        summary: 'How the shop is',
        tags: ['Operations'],
        security: [],
        'x-access': 'public',
        responses: {
          200: {
            description: 'Shoppers are served.',
            content: { 'application/json': { schema: HealthSchema, example: HealthSchema.examples?.[0] } },
          },
          503: { description: 'They are not.' },
        },
      },
    })
    .get(
      '/metrics',
      async () => {
        const { contentType, body } = await deps.metrics.expose();
        return new Response(body, { headers: { 'content-type': contentType, ...NO_STORE } });
      },
      { detail: { hide: true, 'x-access': 'public' } },
    );
}

function answer(result: Health): Response {
  return Response.json(result, { status: result.status === 'down' ? UNAVAILABLE : 200, headers: NO_STORE });
}
