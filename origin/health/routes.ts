/** The probes: is the process alive, may traffic come, how is everything behind it, and what has it counted? */

import { Elysia, t } from 'elysia';
import type { Deps } from '#origin/deps.ts';
import { operation } from '#origin/http/openapi.ts';
import { checkHealth, type Health } from './service.ts';

const UNAVAILABLE = 503;
const NO_STORE = { 'cache-control': 'no-store' };

const HealthSchema = t.Object(
  {
    status: t.UnionEnum(['ok', 'degraded', 'down']),
    checks: t.Object({
      postgres: t.UnionEnum(['up', 'down']),
      redis: t.UnionEnum(['up', 'down']),
      nats: t.UnionEnum(['up', 'down']),
    }),
  },
  { examples: [{ status: 'ok', checks: { postgres: 'up', redis: 'up', nats: 'up' } }] },
);

export function healthRoutes(deps: Deps) {
  return new Elysia({ name: 'health' })
    .get('/livez', () => Response.json({ status: 'ok' }, { headers: NO_STORE }), { detail: { hide: true } })
    .get('/readyz', async () => answer(await checkHealth(deps)), { detail: { hide: true } })
    .get('/metrics', async () => exposition(await deps.metrics.expose()), { detail: { hide: true } })
    .get('/health', async () => answer(await checkHealth(deps)), {
      detail: operation({
        id: 'getHealth',
        summary: 'How the shop is',
        tag: 'Operations',
        success: [
          { status: 200, description: 'Shoppers are served.', schema: HealthSchema },
          { status: 503, description: 'They are not.', schema: HealthSchema },
        ],
      }),
    });
}

function answer(health: Health): Response {
  return Response.json(health, { status: health.status === 'down' ? UNAVAILABLE : 200, headers: NO_STORE });
}

function exposition({
  contentType,
  body,
}: {
  readonly contentType: string;
  readonly body: string;
}): Response {
  return new Response(body, { headers: { 'content-type': contentType, ...NO_STORE } });
}
