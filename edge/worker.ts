/** The entry: the only file that touches Workers' globals. Builds the platform once per isolate. */

import { systemClock } from '#lib/clock.ts';
import { ConfigError } from '#lib/config.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import { problemResponse } from '#lib/problems.ts';
import { createApp } from './app.ts';
import { createCacheApiStore } from './cache/cache-api-store.ts';
import { createMemoryStore } from './cache/memory-store.ts';
import { type EdgeBindings, parseLimiters, parseVariables } from './env.ts';
import { createHttpCache } from './http-cache.ts';
import { createEdgeMetrics } from './metrics.ts';
import type { EdgeHandler, Platform } from './platform.ts';

// biome-ignore lint/suspicious/noConsole: the console is a Worker's log sink.
const write = (line: string) => console.log(line);

const ISOLATE_NAME_LENGTH = 8;

function build(bindings: EdgeBindings): EdgeHandler {
  const config = parseVariables(bindings);
  const log = createLogger({ level: config.LOG_LEVEL, write }, { service: 'edge' });
  const shared = createCacheApiStore({
    cache: caches.default,
    baseUrl: config.PUBLIC_URL,
    clock: systemClock,
    log,
  });
  const platform: Platform = {
    config,
    limiters: parseLimiters(bindings),
    store: createMemoryStore(shared, systemClock),
    fetch: (url, init) => fetch(url, init),
    clock: systemClock,
    log,
    // Made with the first request: outside of one there is nothing random.
    metrics: createEdgeMetrics(crypto.randomUUID().slice(0, ISOLATE_NAME_LENGTH)),
  };
  return config.EDGE_CACHE_POLICY === 'http' ? createHttpCache(platform) : createApp(platform);
}

const bootLog: Logger = createLogger({ level: 'info', write }, { service: 'edge' });
let app: EdgeHandler | undefined;

export default {
  fetch(request, bindings, context) {
    try {
      app ??= build(bindings);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      bootLog.error('the edge is not configured', { error });
      return problemResponse('internal', { detail: `The edge is not configured. ${error.message}` });
    }
    return app.fetch(request, bindings, context);
  },
} satisfies ExportedHandler<EdgeBindings>;
