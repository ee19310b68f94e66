/**
 * Answers that are ready in memory leave before the router, the schemas and the access check: for a public read
 * there is nothing left to ask. What is not ready, or not plainly a hot read, goes the ordinary way.
 */

import { Elysia } from 'elysia';

/** Undefined: not a hot read. */
export type HotRead = (request: Request) => Response | undefined;

export function hotPath(read: HotRead) {
  return new Elysia({ name: 'hot-path' }).onRequest(({ request }) => read(request));
}
