/** Answers public catalogue reads through the cache; everything else passes by. */

import { createMiddleware } from 'hono/factory';
import { catalogRule } from '#edge/cache/catalog-rule.ts';
import { parseDirectives } from '#edge/cache/directives.ts';
import { catalogKey } from '#edge/cache/key.ts';
import { onlyIfCachedFailed } from '#edge/cache/only-if-cached.ts';
import { acceptedFormat, leavesFormatOpen } from '#edge/cache/picture-format.ts';
import { respond } from '#edge/cache/respond.ts';
import type { SharedCache } from '#edge/cache/shared-cache.ts';
import type { EdgeEnv, Platform } from '#edge/platform.ts';
import { catalogReadOf } from '#edge/routes.ts';
import type { Admission } from './rate-limit.ts';

export function catalog(
  cache: SharedCache,
  admit: Admission,
  { clock, metrics }: Pick<Platform, 'clock' | 'metrics'>,
) {
  return createMiddleware<EdgeEnv>(async (c, next) => {
    const request = c.req.raw;
    const declared = catalogReadOf(c.get('route'), request.method);
    if (declared === null) return next();
    const asked = c.get('query');
    const isOpen = declared.hasFormats === true && leavesFormatOpen(asked);
    const query = isOpen ? `${asked}&format=${acceptedFormat(request.headers.get('accept'))}` : asked;
    // Null: a parameter that the route does not declare. The origin says what is wrong with it.
    const key = catalogKey(c.get('path'), query, declared.query);
    if (key === null) return next();
    const startedAt = clock.now();
    const rule = catalogRule({ ...declared, varies: isOpen });
    const read = await cache.read({
      key,
      flight: key.text,
      rule,
      asked: parseDirectives(request.headers.get('cache-control')),
      caller: c.var,
      onMiss: () => admit(c),
      inBackground: (work) => c.executionCtx.waitUntil(work),
    });
    if (read === null) return onlyIfCachedFailed();
    const { outcome, answer } = read;
    metrics.read(outcome);
    c.set('bodyBytes', answer.body.byteLength);
    const isFromMemory = outcome.kind === 'hit' && outcome.tier === 'memory' && outcome.why === 'fresh';
    // The URL alone does not say what it answers where the format is open.
    if (isFromMemory && !isOpen) c.set('fromMemory', { key: key.text, answer, route: c.get('route') });
    return respond(read, { request, present: rule.present, startedAt, now: clock.now() });
  });
}
