/** What goes out with every answer, whichever route, hook or failure made it: browsers' restrictions, and budgets. */

import { secure } from '#lib/security-headers.ts';
import type { Handler } from './hot-path.ts';
import { settleLimits } from './limits.ts';
import { noteRefusal, type SecurityPlace } from './security-log.ts';

export function withAnswerHeaders(handle: Handler, place: SecurityPlace): Handler {
  return async (request) => {
    const answer = await handle(request);
    const settled = settleLimits(request, answer, (refusal) => noteRefusal(place, request, refusal));
    const response = settled instanceof Promise ? await settled : settled;
    secure(response.headers);
    return response;
  };
}
