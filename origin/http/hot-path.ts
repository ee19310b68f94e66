/**
 * Answers that are ready in memory leave before the framework: for a public read that came through the edge there
 * is nothing left to ask. What is not ready, or not plainly a hot read, goes the ordinary way.
 */

import { EDGE_SECRET_HEADER } from '#lib/edge-contract.ts';
import { createSecretCheck } from './edge-only.ts';

/** Undefined: not a hot read, or not ready. */
export type HotRead = (request: Request) => Response | undefined;

export type Handler = (request: Request) => Response | Promise<Response>;

export function inFront(handle: Handler, read: HotRead, edgeSecret: string): Handler {
  const isSecret = createSecretCheck(edgeSecret);
  return (request) => {
    const isTrusted = isSecret(request.headers.get(EDGE_SECRET_HEADER));
    return (isTrusted ? read(request) : undefined) ?? handle(request);
  };
}
