/** Nobody reaches the origin around the edge, but for the probes that run beside it. */

import { timingSafeEqual } from 'node:crypto';
import { Elysia } from 'elysia';
import { EDGE_SECRET_HEADER } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';
import { routedPath } from './plain-urls.ts';

/** Paths that orchestrators, operators and Prometheus ask directly. */
const INTERNAL_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health', '/metrics']);

export function edgeOnly(edgeSecret: string) {
  const expected = Buffer.from(edgeSecret);
  return new Elysia({ name: 'edge-only' }).onRequest((context) => {
    const { request } = context;
    if (isSecret(request.headers.get(EDGE_SECRET_HEADER), expected)) return;
    if (!INTERNAL_PATHS.has(routedPath(context))) throw new AppError('edge_required');
  });
}

/** Constant in what the secret says, though not in its length, which is no secret. */
function isSecret(given: string | null, expected: Buffer): boolean {
  if (given === null) return false;
  const bytes = Buffer.from(given);
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}
