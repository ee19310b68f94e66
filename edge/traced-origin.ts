/** Calls to the origin as spans of the request that they are made for; the origin's own spans are within them. */

import { failureOf } from '#lib/span.ts';
import type { Origin } from './origin.ts';

export function tracedOrigin(origin: Origin): Origin {
  return {
    ...origin,
    send: async (call, caller) => {
      if (caller.spans === undefined) return origin.send(call, caller);
      const attributes = { 'http.request.method': call.method, 'peer.service': 'hotshelf-origin' };
      const start = { name: call.method, kind: 'client', attributes } as const;
      const span = caller.spans.begin(caller.traceparent, start);
      try {
        const answer = await origin.send(call, { ...caller, traceparent: span.traceparent });
        span.end({ attributes: { 'http.response.status_code': answer.status } });
        return answer;
      } catch (error) {
        span.end({ failure: failureOf(error) });
        throw error;
      }
    },
  };
}
