/** What an orchestrator and Prometheus ask of the workers' process. */

import type { Deps } from '#origin/deps.ts';
import { checkHealth } from '#origin/health/service.ts';
import { reportBacklog } from './outbox-relay.ts';

export interface Listening {
  readonly hostname: string;
  readonly port: number;
}

const NO_STORE = { 'cache-control': 'no-store' };

export function serveProbes(deps: Deps, listening: Listening) {
  return Bun.serve({
    ...listening,
    routes: {
      '/livez': () => Response.json({ status: 'ok' }, { headers: NO_STORE }),
      '/readyz': async () => {
        const health = await checkHealth(deps);
        return Response.json(health, { status: health.status === 'down' ? 503 : 200, headers: NO_STORE });
      },
      '/metrics': async () => {
        await reportBacklog(deps);
        const { contentType, body } = await deps.metrics.expose();
        return new Response(body, { headers: { 'content-type': contentType, ...NO_STORE } });
      },
    },
    fetch: () => new Response(null, { status: 404 }),
    error: (error) => {
      deps.log.error('a probe failed', { error });
      return new Response(null, { status: 500 });
    },
  });
}
