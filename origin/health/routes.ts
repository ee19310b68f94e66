/** The probes: does the process get on, may traffic come, how is everything behind it, and what has it counted? */

import { Elysia } from 'elysia';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { operation } from '#origin/http/openapi.ts';
import type { IsOperator } from '#origin/http/operators.ts';
import { HealthSchema } from './model.ts';
import { createProbes, healthAnswer, liveAnswer, metricsAnswer, readyAnswer } from './service.ts';

export function healthRoutes(deps: Deps, isOperator: IsOperator) {
  const probes = createProbes(deps);
  return new Elysia({ name: 'health' })
    .get('/livez', () => liveAnswer(probes), { detail: { hide: true } })
    .get('/readyz', () => readyAnswer(probes), { detail: { hide: true } })
    .get(
      '/metrics',
      ({ request }) => {
        if (!isOperator(request)) throw new AppError('unauthenticated');
        return metricsAnswer(deps);
      },
      { detail: { hide: true } },
    )
    .get('/health', ({ request }) => healthAnswer(probes, isOperator(request)), {
      detail: operation({
        id: 'getHealth',
        summary: 'How the shop is',
        description: 'What it stands on, and how that is, is for operators: with their token.',
        tag: 'Operations',
        success: [
          { status: 200, description: 'Shoppers are served.', schema: HealthSchema },
          { status: 503, description: 'They are not.', schema: HealthSchema },
        ],
      }),
    });
}
