/** What an orchestrator and Prometheus ask of the workers' process. */

import type { Deps } from '#origin/deps.ts';
import { createOperators } from '#origin/deps.ts';
import {
  createProbes,
  healthAnswer,
  liveAnswer,
  metricsAnswer,
  readyAnswer,
} from '#origin/health/service.ts';

export interface Listening {
  readonly hostname: string;
  readonly port: number;
}

export function serveProbes(deps: Deps, listening: Listening, metricsToken: string | undefined) {
  const probes = createProbes(deps);
  const isOperator = createOperators(metricsToken);
  return Bun.serve({
    ...listening,
    routes: {
      '/livez': () => liveAnswer(probes),
      '/readyz': () => readyAnswer(probes),
      '/health': (request) => healthAnswer(probes, isOperator(request)),
      '/metrics': (request) =>
        isOperator(request) ? metricsAnswer(deps) : new Response(null, { status: 401 }),
    },
    fetch: () => new Response(null, { status: 404 }),
    error: (error) => {
      deps.log.error('a probe failed', { error });
      return new Response(null, { status: 500 });
    },
  });
}
