/**
 * The origin as a test sees it: the real app over real PostgreSQL, Redis, NATS and the Stripe double, called
 * in process as the edge calls it. One a test file: `beforeAll` opens it, `afterAll` closes it.
 */

import { setDefaultTimeout } from 'bun:test';
import { users } from '#db/schema/accounts.ts';
import { traceFields } from '#db/trace-scope.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import type { UserId } from '#lib/ids.ts';
import { createLogger } from '#lib/log.ts';
import { makeSigningKey } from '#ops/local/secrets.ts';
import { NO_LIMITS } from '#ops/local/unlimited.ts';
import { type AppConfig, createApp, createHandler } from '#origin/app.ts';
import type { SharedConfig } from '#origin/config.ts';
import { createDeps, type Deps } from '#origin/deps.ts';
import type { Role } from '#origin/http/auth.ts';
import { type ProvenCall, passHeaders, provenHeaders } from '#origin/http/edge-proof.ts';
import { openEntrance, TEST_PASSWORD_HASH } from './signing-in.ts';
import { createTestDatabase, testNatsUrl, testRedisUrl } from './stack.ts';
import { type DoubleUnderTest, openDouble } from './stripe-double-client.ts';

/** For the hooks, too: a machine that runs several suites at once is slow, and that is no failure. */
setDefaultTimeout(60 * SECOND_MS);

export { TEST_PASSWORD } from './signing-in.ts';

/** Whose pages log in with a cookie. */
export const SHOP_ORIGIN = 'https://shop.test.example';

export const TEST_CONFIG = {
  EDGE_SECRET: 'an-edge-secret-of-enough-characters',
  EDGE_CLOCK_SKEW_SECONDS: 30,
  ACCESS_TOKEN_KEY: makeSigningKey(),
  SHOP_ORIGINS: SHOP_ORIGIN,
  STRIPE_WEBHOOK_SECRET: 'whsec_test',
} satisfies AppConfig;

/** What test shops seal personal fields under. */
export const TEST_FIELD_KEY = '42'.repeat(32);

/** As the edge asks on nobody's behalf. */
export function edgePass(now = new Date()): Record<string, string> {
  return passHeaders(TEST_CONFIG.EDGE_SECRET, now);
}

/** As the edge asks for a client: the headers of this very call. */
export function asEdge(call: ProvenCall, now = new Date()): Record<string, string> {
  return provenHeaders(TEST_CONFIG.EDGE_SECRET, now, call);
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a bearer token. */
  readonly token?: string;
  readonly cartToken?: string;
  /** The client's address, as the edge tells it. */
  readonly ip?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; null where there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers by the shape that it expects and asserts.
  readonly body: any;
}

/** The app with its deps, as callers reach it. */
export interface Reachable {
  readonly deps: Deps;
  routes(): readonly { readonly method: string; readonly path: string }[];
  call(path: string, call?: Call): Promise<Answer>;
  /** A request as it is, for what {@link call} would not send. */
  fetch(request: Request): Promise<Response>;
}

export interface OriginUnderTest extends Reachable {
  readonly double: DoubleUnderTest;
  readonly databaseUrl: string;
  /** What the deps were made from: for a second process of the same shop. */
  readonly config: SharedConfig;
  readonly logs: readonly string[];
  /** The same shop by another process, as it were: with a clock or a gateway of the test's own. */
  beside(other: Partial<Deps>, config?: Partial<AppConfig>): Reachable;
  /** A new account with a role, logged in. */
  signIn(role?: Role): Promise<{ readonly userId: UserId; readonly email: string; readonly token: string }>;
  close(): Promise<void>;
}

/** @param other settings than a test's usual ones: a database with replicas, say. */
export async function openOrigin(other: Partial<SharedConfig> = {}): Promise<OriginUnderTest> {
  const [database, double, REDIS_URL, NATS_URL] = await Promise.all([
    createTestDatabase(),
    openDouble(),
    testRedisUrl(),
    testNatsUrl(),
  ]);
  const logs: string[] = [];
  const log = createLogger({ level: 'info', write: (line) => logs.push(line), fields: traceFields });
  const config: SharedConfig = {
    DATABASE_URL: database.url,
    DATABASE_MAX_CONNECTIONS: 20,
    REDIS_URL,
    NATS_URL,
    STRIPE_SECRET_KEY: 'sk_test_double',
    QUOTE_SECRET: 'a-quote-secret-of-enough-characters',
    FIELD_KEY: TEST_FIELD_KEY,
    STRIPE_API_URL: double.double.url,
    OUTBOUND_TARGETS: 'public',
    CACHE_MEMORY: 'on',
    CACHE_REDIS: 'on',
    EMAIL_VERIFICATION: 'optional',
    LOG_LEVEL: 'info',
    // But for the tests of limits themselves nobody shall meet one.
    ...NO_LIMITS,
    ...other,
  };
  const { deps, close } = createDeps(config, 'hotshelf-test', log);
  const reachable = reach(deps);
  const enter = openEntrance(deps, TEST_CONFIG);
  return {
    ...reachable,
    beside: (other, config) => reach({ ...deps, ...other }, { ...TEST_CONFIG, ...config }),
    double,
    databaseUrl: database.url,
    config,
    logs,
    signIn: async (role = 'shopper') => {
      const email = `${role}-${crypto.randomUUID()}@test.example`;
      const userId = deps.ids.next<UserId>();
      const passwordHash = TEST_PASSWORD_HASH;
      await deps.db.insert(users).values({ id: userId, email, name: 'Test', passwordHash, role });
      return { userId, email, token: await enter(email) };
    },
    close: async () => {
      await close();
      await double.stop();
      await database.drop();
    },
  };
}

function reach(deps: Deps, config: AppConfig = TEST_CONFIG): Reachable {
  const handle = createHandler(deps, config);
  const fetch = async (request: Request) => handle(request);
  return {
    deps,
    routes: () => createApp(deps, config).routes.map(({ method, path }) => ({ method, path })),
    fetch,
    call: callsTo(fetch, { now: () => deps.clock.now() }),
  };
}

interface EdgeStandIn {
  readonly now?: () => Date;
  readonly secret?: () => string;
}

/** Calls whoever answers, as the edge would with its secret of that moment. */
export function callsTo(
  fetch: Reachable['fetch'],
  { now = () => new Date(), secret = () => TEST_CONFIG.EDGE_SECRET }: EdgeStandIn = {},
): Reachable['call'] {
  return async (path, options = {}) => {
    const url = `http://localhost${path}`;
    const { method = 'GET', headers, ip } = options;
    const { own, text } = bare(options);
    const call = { method, url, headers: own, body: text, ...(ip === undefined ? {} : { clientIp: ip }) };
    // Headers that a test gives have the last word, the proof's own included.
    const proven = { ...provenHeaders(secret(), now(), call), ...headers };
    return toAnswer(await fetch(new Request(url, { method, body: text, headers: proven })));
  };
}

/** As the client sends it. */
function bare({ body, headers, token, cartToken }: Call) {
  const text = body === undefined ? null : JSON.stringify(body);
  const own = {
    ...(text === null
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(cartToken === undefined ? {} : { [CART_TOKEN_HEADER]: cartToken }),
    ...headers,
  };
  return { own, text };
}

async function toAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : isJson ? JSON.parse(text) : text,
  };
}
