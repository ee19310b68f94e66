/** Nobody reaches the origin around the edge, but for the probes that run beside it. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { Elysia } from 'elysia';
import { EDGE_SECRET_HEADER } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';
import { routedPath } from './plain-urls.ts';

/** Paths that orchestrators, operators and Prometheus ask directly. */
const INTERNAL_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health', '/metrics']);

export function edgeOnly(edgeSecret: string) {
  const expected = digest(edgeSecret);
  return new Elysia({ name: 'edge-only' }).onRequest((context) => {
    const { request } = context;
    const given = request.headers.get(EDGE_SECRET_HEADER);
    if (given !== null && timingSafeEqual(digest(given), expected)) return;
    if (!INTERNAL_PATHS.has(routedPath(context))) throw new AppError('edge_required');
  });
}

/** Digests are equally long, so that the comparison tells nothing of the secret's length. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
