/** Remembers finished answers that came from isolate memory, see `hot-answers.ts`. */

import { createMiddleware } from 'hono/factory';
import type { HotAnswers } from '#edge/hot-answers.ts';
import type { EdgeEnv } from '#edge/platform.ts';

export function hot(answers: HotAnswers) {
  return createMiddleware<EdgeEnv>(async (c, next) => {
    await next();
    const made = c.get('fromMemory');
    if (made !== undefined) answers.remember(c.req.raw, c.res, made);
  });
}
