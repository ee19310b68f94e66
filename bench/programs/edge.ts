/** The shop's edge, with rate limits that a load generator does not meet. Secrets come from the environment. */

import { parseArgs } from 'node:util';
import { startEdge } from '#ops/edge/run.ts';

const NEVER_REACHED = 1_000_000_000;

const { values } = parseArgs({ options: { port: { type: 'string' }, origin: { type: 'string' } } });
const edge = await startEdge({
  originUrl: values.origin ?? '',
  edgeSecret: process.env['EDGE_SECRET'] ?? '',
  purgeSecret: process.env['EDGE_PURGE_SECRET'] ?? '',
  ...(process.env['OPERATOR_TOKEN'] ? { operatorToken: process.env['OPERATOR_TOKEN'] } : {}),
  port: Number(values.port),
  limits: {
    ANONYMOUS_LIMITER: NEVER_REACHED,
    SIGNED_IN_LIMITER: NEVER_REACHED,
    CATALOG_MISS_LIMITER: NEVER_REACHED,
    SEARCH_MISS_LIMITER: NEVER_REACHED,
    WEBHOOK_LIMITER: NEVER_REACHED,
  },
  vars: { LOG_LEVEL: 'warn' },
});
process.on('SIGTERM', () => void edge.stop().finally(() => process.exit(0)));
