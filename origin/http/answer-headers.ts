/** What goes out with every answer, whichever route, hook or failure made it: browsers' restrictions, and budgets. */

import { secure } from '#lib/security-headers.ts';
import type { Handler } from './hot-path.ts';
import { settleLimits } from './limits.ts';

export function withAnswerHeaders(handle: Handler): Handler {
  return async (request) => {
    const settled = settleLimits(request, await handle(request));
    const response = settled instanceof Promise ? await settled : settled;
    secure(response.headers);
    return response;
  };
}
