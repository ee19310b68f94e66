/** What the deep probe tells. */

import { t } from 'elysia';

export const HealthSchema = t.Object(
  {
    status: t.UnionEnum(['ok', 'degraded', 'down'], {
      description: '`degraded`: shoppers are served, though something is missing.',
    }),
    checks: t.Optional(
      t.Array(
        t.Object({
          name: t.String(),
          status: t.UnionEnum(['up', 'down']),
          durationMs: t.Number({ description: 'What it took to find out.' }),
          figures: t.Record(t.String(), t.Number()),
        }),
      ),
    ),
  },
  {
    examples: [
      { status: 'ok' },
      {
        status: 'degraded',
        checks: [
          { name: 'database_primary', status: 'up', durationMs: 0.8, figures: {} },
          {
            name: 'database_search',
            status: 'up',
            durationMs: 1.2,
            figures: { replicas: 2, healthyReplicas: 1, lagSeconds: 0.02 },
          },
          { name: 'redis', status: 'down', durationMs: 2000, figures: {} },
        ],
      },
    ],
  },
);
