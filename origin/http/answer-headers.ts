/** What goes out with every answer, whichever route, hook or failure made it: browsers' restrictions, and budgets. */

import { problemResponse } from '#lib/problems.ts';
import { secure } from '#lib/security-headers.ts';
import type { Handler } from './hot-path.ts';
import { rateLimitFields, settleLimits } from './limits.ts';
import { noteRefusal, type SecurityPlace } from './security-log.ts';

export function withAnswerHeaders(handle: Handler, place: SecurityPlace): Handler {
  return async (request) => {
    const answer = await handle(request);
    const refusal = await settleLimits(request);
    if (refusal !== null) noteRefusal(place, request, refusal);
    const response = refusal === null ? answer : problemResponse(refusal.code, refusal.extras);
    secure(response.headers);
    for (const [name, value] of rateLimitFields(request)) response.headers.set(name, value);
    return response;
  };
}
