/** What goes out with every answer, whichever route, hook or failure made it: browsers' restrictions, and budgets. */

import { secure } from '#lib/security-headers.ts';
import type { Handler } from './hot-path.ts';
import { rateLimitFields, settleLimits } from './limits.ts';

export function withAnswerHeaders(handle: Handler): Handler {
  return async (request) => {
    const answer = await handle(request);
    const response = (await settleLimits(request)) ?? answer;
    secure(response.headers);
    for (const [name, value] of rateLimitFields(request)) response.headers.set(name, value);
    return response;
  };
}
