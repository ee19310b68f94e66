/**
 * A private read whose answer is in Redis: the origin's own plugins in front of a route that fetches it. With `--guards`
 * it is told who calls and counts it; without, the same read looks at no credentials and knows no limit.
 */

import { parseArgs } from 'node:util';
import { Elysia } from 'elysia';
import { DAY_MS, MINUTE_MS, SECOND_MS, systemClock } from '#lib/clock.ts';
import { createLogger } from '#lib/log.ts';
import { createSecurityLog } from '#lib/security-events.ts';
import { NO_LIMITS } from '#ops/local/unlimited.ts';
import { loginPolicies } from '#origin/adapters/login-throttle.ts';
import { createMetrics } from '#origin/adapters/metrics.ts';
import { connectRedis } from '#origin/adapters/redis.ts';
import { accessTokenSigner, createAccessTokens } from '#origin/http/access-tokens.ts';
import { withAnswerHeaders } from '#origin/http/answer-headers.ts';
import { auth } from '#origin/http/auth.ts';
import { bodies } from '#origin/http/bodies.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { requestContext } from '#origin/http/context.ts';
import { edgeOnly } from '#origin/http/edge-only.ts';
import { createEdgeProofs } from '#origin/http/edge-proof.ts';
import { keyHolders } from '#origin/http/key-holders.ts';
import { createKeyRing } from '#origin/http/key-ring.ts';
import { limited } from '#origin/http/limits.ts';
import { plainUrls } from '#origin/http/plain-urls.ts';
import { problems } from '#origin/http/problems.ts';
import { createRevocations } from '#origin/http/revocations.ts';
import { PRIVATE_PATH, TOKENS_PATH } from './private-paths.ts';

const USERS = 1_000;
const BODY_BYTES = 1_024;
const WINDOW_SECONDS = MINUTE_MS / SECOND_MS;

const { values } = parseArgs({ options: { port: { type: 'string' }, guards: { type: 'boolean' } } });
const environment = (name: string) => process.env[name] ?? '';
const log = createLogger({ level: 'warn', write: (line) => process.stderr.write(`${line}\n`) });
const redis = connectRedis(environment('REDIS_URL'), { log, metrics: createMetrics() });
const limiter = (name: string) =>
  redis.counts.limiter({ name, requests: NO_LIMITS.LIMIT_USER_PER_MINUTE, windowSeconds: WINDOW_SECONDS });
const limits = {
  ...{ user: limiter('user'), checkout: limiter('checkout'), register: limiter('register') },
  ...{ mailedTokens: limiter('mailed-tokens'), contributions: limiter('contributions') },
  export: limiter('export'),
  upload: limiter('upload'),
  logins: redis.counts.loginThrottle(loginPolicies(1, 1), systemClock),
};
const proofs = createEdgeProofs(
  { EDGE_SECRET: environment('EDGE_SECRET'), EDGE_CLOCK_SKEW_SECONDS: 3_600 },
  systemClock,
);
const keys = createKeyRing({ ACCESS_TOKEN_KEY: environment('ACCESS_TOKEN_KEY') });
const place = { log, security: createSecurityLog(systemClock, () => {}), peerOf: () => null };
/** Nothing ends here; whether something has is looked at as ever. */
const revocations = createRevocations({
  load: async () => ({ revoked: [], next: '0' }),
  bus: { tell: () => {}, hear: () => {}, isConnected: () => true, onConnect: () => {}, ping: async () => {} },
  log,
});
const body = new TextEncoder().encode(JSON.stringify('x'.repeat(BODY_BYTES)));
const headers = { ...PRIVATE, 'content-type': 'application/json' };
const entry = { key: 'private', fence: 'private', version: 1, value: body, ttlMs: DAY_MS };
const claimsOf = (userId: string) =>
  ({ sub: userId, sid: userId, role: 'shopper', epoch: 0, factors: 1, jti: userId }) as const;
/** From the cache that every process of the origin shares. */
const cached = async ({ set }: { readonly set: { headers: object } }) => {
  Object.assign(set.headers, headers);
  return (await redis.get(entry.key)) ?? body;
};

const app = new Elysia({ normalize: false, handler: { standardHostname: false } })
  .use(problems(place))
  .use(requestContext({ log, metrics: createMetrics() }))
  .use(edgeOnly(proofs))
  .use(values.guards ? limited(limits) : new Elysia())
  .use(plainUrls)
  .use(bodies)
  .use(values.guards ? keyHolders(async () => null) : new Elysia())
  .use(accessTokenSigner(keys))
  .use(auth(createAccessTokens(keys, revocations, { secondFactorRoles: new Set() })))
  .get('/livez', () => redis.setFenced(entry))
  .get(
    TOKENS_PATH,
    ({ accessToken }) =>
      Promise.all(Array.from({ length: USERS }, () => accessToken.sign(claimsOf(Bun.randomUUIDv7())))),
    { access: 'public' },
  )
  .get(PRIVATE_PATH, cached, { access: values.guards ? 'user' : 'public' });

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(values.port),
  fetch: withAnswerHeaders(app.compile().fetch, place),
});
process.on('SIGTERM', () => void server.stop(true).then(() => process.exit(0)));
