/** Nobody reaches the origin around the edge, but for the probes that run beside it, and operators. */

import { Elysia } from 'elysia';
import { CLIENT_IP_HEADER } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';
import type { EdgeProofs } from './edge-proof.ts';
import { routedPath } from './plain-urls.ts';

/** Paths that orchestrators, operators and Prometheus ask directly. */
const INTERNAL_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health', '/metrics']);

const around = new WeakSet<Request>();

export function edgeOnly(proofs: EdgeProofs) {
  return new Elysia({ name: 'edge-only' }).onRequest((context) => {
    const path = routedPath(context);
    const isForOperators = path === '/ops' || path.startsWith('/ops/');
    const reason = proofs.faultOf(context.request);
    if (reason === null) {
      if (isForOperators) throw new AppError('not_found');
      return;
    }
    around.add(context.request);
    if (!isForOperators && !INTERNAL_PATHS.has(path)) throw new AppError('edge_required', {}, { reason });
  });
}

/** Whether it came around the edge, so that nothing that it says of itself is to be believed. */
export function cameAround(request: Request): boolean {
  return around.has(request);
}

/** Who calls, as the edge has signed it; null for a read on nobody's behalf. No other header is asked. */
export function clientIpOf({ headers }: Request): string | null {
  return headers.get(CLIENT_IP_HEADER);
}
