/** The origin's process: configuration, deps, app, listen; on SIGTERM no new work, the old is finished. */

import { constants } from 'node:crypto';
import { traceFields } from '#db/trace-scope.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { ConfigError } from '#lib/config.ts';
import { MAX_BODY_BYTES } from '#lib/edge-contract.ts';
import { createLogger } from '#lib/log.ts';
import { REQUEST_LIMITS } from '#lib/policies.ts';
import { reportCertificate } from './adapters/metrics.ts';
import { createHandler } from './app.ts';
import { followChanges } from './catalog/service.ts';
import { originTls, readOriginConfig } from './config.ts';
import { startConsole } from './console/service.ts';
import { createDeps } from './deps.ts';

const IDLE_TIMEOUT_SECONDS = 30;
/** A body above the limit gets its problem document as long as it is below this; then Bun hangs up. */
const HANG_UP_BYTES = 16 * MAX_BODY_BYTES;
/** Bun has no name for it of its own. */
const NOTHING_BELOW_TLS_1_3 =
  constants.SSL_OP_NO_TLSv1 | constants.SSL_OP_NO_TLSv1_1 | constants.SSL_OP_NO_TLSv1_2;

function readConfigOrExit() {
  try {
    const config = readOriginConfig(process.env);
    return { config, tls: originTls(config) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const { config, tls } = readConfigOrExit();
const log = createLogger(
  { level: config.LOG_LEVEL, write: (line) => process.stdout.write(`${line}\n`), fields: traceFields },
  { process: 'origin' },
);
const { deps, close } = createDeps(config, 'hotshelf-origin', log);
followChanges(deps);
// So that the first to come with a token does not wait for the list of ended sessions.
deps.revocations.catchUp()?.catch(() => {});

process.on('unhandledRejection', (error) => log.error('a promise was left to fail alone', { error }));
process.on('uncaughtException', (error) => log.error('an error was caught by nobody', { error }));

const operatorConsole = startConsole(config, deps);
const peerOf = (request: Request) => server.requestIP(request)?.address ?? null;
const server: Bun.Server<undefined> = Bun.serve({
  hostname: config.ORIGIN_HOST,
  port: config.ORIGIN_PORT,
  idleTimeout: IDLE_TIMEOUT_SECONDS,
  maxRequestBodySize: HANG_UP_BYTES,
  fetch: createHandler(deps, config, { peerOf, operatorConsole }),
  ...(tls === null ? {} : { tls: { ...tls, secureOptions: NOTHING_BELOW_TLS_1_3 } }),
});
deps.metrics.onExpose(() => deps.metrics.gauge('http_server_active_requests', {}, server.pendingRequests));
if (tls !== null) reportCertificate(deps.metrics, 'origin', tls.cert);
log.info('the origin listens', { host: config.ORIGIN_HOST, port: config.ORIGIN_PORT });

let stopping = false;
async function stop(signal: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info('the origin drains', { signal, requests: server.pendingRequests });
  deps.vitals.drain();
  await Bun.sleep(config.DRAIN_SECONDS * SECOND_MS);
  setTimeout(() => process.exit(1), REQUEST_LIMITS.drainMs).unref();
  // Its streams would last as long as somebody looks.
  operatorConsole?.stop();
  await server.stop();
  await close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop('SIGTERM'));
process.on('SIGINT', () => void stop('SIGINT'));
