/**
 * No request is answered after its time: the edge says how long it waits, and whatever has not come to an end by then
 * is answered 503. What was begun for it goes on only as far as `time-left.ts` says.
 */

import { withDeadline } from '#lib/deadline.ts';
import { TIME_LEFT_HEADER } from '#lib/edge-contract.ts';
import type { Metrics } from '#lib/metrics.ts';
import { REQUEST_LIMITS } from '#lib/policies.ts';
import { problemResponse } from '#lib/problems.ts';
import { withTimeLeft } from '#origin/adapters/time-left.ts';
import type { Handler } from './hot-path.ts';

export function withDeadlines(handle: Handler, { count }: Pick<Metrics, 'count'>): Handler {
  return (request) => {
    const leftMs = timeLeftOf(request);
    return withTimeLeft(leftMs, request.signal, () =>
      withDeadline(Promise.resolve(handle(request)), leftMs, () => {
        count('deadlines_missed_total', {});
        return problemResponse('unavailable');
      }),
    );
  };
}

/** Nothing makes a request wait longer than the edge would. */
function timeLeftOf({ headers, method }: Request): number {
  const { readMs, writeMs, marginMs } = REQUEST_LIMITS;
  const mostMs = (method === 'GET' || method === 'HEAD' ? readMs : writeMs) - marginMs;
  const told = headers.get(TIME_LEFT_HEADER);
  return told !== null && /^\d{1,9}$/.test(told) ? Math.min(Number(told), mostMs) : mostMs;
}
