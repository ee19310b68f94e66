/** The edge's pipeline, top to bottom: what is refused, what is answered from the cache, what is forwarded. */

import { Hono } from 'hono';
import { EDGE_METRICS_PATH, PURGE_PATH } from '#lib/edge-contract.ts';
import { problemResponse } from '#lib/problems.ts';
import { createSecurityLog } from '#lib/security-events.ts';
import { createSharedCache } from './cache/shared-cache.ts';
import { createHotAnswers, type HotAnswers } from './hot-answers.ts';
import { boundedBody } from './middleware/bounded-body.ts';
import { boundedHeaders } from './middleware/bounded-headers.ts';
import { browserRules } from './middleware/browser-rules.ts';
import { catalog } from './middleware/catalog.ts';
import { cors } from './middleware/cors.ts';
import { declaredRoutes } from './middleware/declared-routes.ts';
import { failures } from './middleware/failures.ts';
import { forward } from './middleware/forward.ts';
import { hot } from './middleware/hot.ts';
import { counted, exposition } from './middleware/metrics.ts';
import { plainPaths } from './middleware/plain-paths.ts';
import { purge } from './middleware/purge.ts';
import { createAdmission, rateLimit } from './middleware/rate-limit.ts';
import { requestContext } from './middleware/request-context.ts';
import { uploads } from './middleware/uploads.ts';
import { createOrigin } from './origin.ts';
import type { EdgeEnv, EdgeHandler, Platform } from './platform.ts';
import { tracedOrigin } from './traced-origin.ts';

export function createApp(platform: Platform): EdgeHandler {
  const hotAnswers = createHotAnswers(platform);
  const pipeline = createPipeline(platform, hotAnswers);
  // At `debug` every request leaves a line, and only the pipeline writes one.
  if (platform.config.LOG_LEVEL === 'debug') return pipeline;
  return {
    fetch: (request, bindings, context) =>
      hotAnswers.answer(request) ?? pipeline.fetch(request, bindings, context),
  };
}

function createPipeline(platform: Platform, hotAnswers: HotAnswers): Hono<EdgeEnv> {
  const origin = tracedOrigin(createOrigin(platform));
  const admit = createAdmission(platform);
  const cache = createSharedCache({ ...platform, origin });

  const app = new Hono<EdgeEnv>();
  app.onError(failures(createSecurityLog(platform.clock, () => {})));
  app.notFound(() => problemResponse('not_found'));

  app.use(counted(platform));
  app.use(hot(hotAnswers));
  app.use(requestContext(platform));
  app.use(browserRules(platform.config));
  app.use(boundedHeaders());
  app.use(plainPaths());
  app.get('/livez', (c) => c.json({ status: 'ok' }, 200, { 'cache-control': 'no-store' }));
  app.use(cors(platform.config));
  app.use(uploads(admit));
  app.use(boundedBody());
  app.post(PURGE_PATH, purge(platform));
  app.get(EDGE_METRICS_PATH, exposition(platform));
  app.use(declaredRoutes());
  app.use(catalog(cache, admit, platform));
  app.use(rateLimit(admit));
  app.all('*', forward(origin, platform));
  return app;
}
