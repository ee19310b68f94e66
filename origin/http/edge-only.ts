/** Nobody reaches the origin around the edge, but for the probes that run beside it. */

import { timingSafeEqual } from 'node:crypto';
import { Elysia } from 'elysia';
import { EDGE_SECRET_HEADER } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';
import { routedPath } from './plain-urls.ts';

/** Paths that orchestrators, operators and Prometheus ask directly. */
const INTERNAL_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health', '/metrics']);

export function edgeOnly(edgeSecret: string) {
  const isSecret = createSecretCheck(edgeSecret);
  return new Elysia({ name: 'edge-only' }).onRequest((context) => {
    const { request } = context;
    if (isSecret(request.headers.get(EDGE_SECRET_HEADER))) return;
    if (!INTERNAL_PATHS.has(routedPath(context))) throw new AppError('edge_required');
  });
}

/**
 * Tells whether a header is the secret, in a time that depends on its length at most, which is no secret. The
 * scratch buffer spares the hot path an allocation.
 */
export function createSecretCheck(secret: string): (given: string | null) => boolean {
  const encoder = new TextEncoder();
  const expected = encoder.encode(secret);
  const scratch = new Uint8Array(expected.length);
  return (given) => {
    if (given?.length !== secret.length) return false;
    const { read, written } = encoder.encodeInto(given, scratch);
    return read === given.length && written === expected.length && timingSafeEqual(scratch, expected);
  };
}
