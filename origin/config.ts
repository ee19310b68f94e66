/** The environment of the processes that own data: the origin and, through the same deps, the workers. */

import { type Static, Type } from '@sinclair/typebox';
import { FIELD_KEY_PATTERN } from '#db/field-cipher.ts';
import { readPem } from '#db/tls.ts';
import { ConfigError, parseConfig } from '#lib/config.ts';
import { checkConsole } from './console/service.ts';
import { createKeyRing } from './http/key-ring.ts';

const MIN_SECRET_LENGTH = 32;

const Secret = Type.String({ minLength: MIN_SECRET_LENGTH });
const FieldKey = Type.String({ pattern: FIELD_KEY_PATTERN });
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
const OnOff = Type.Union([Type.Literal('on'), Type.Literal('off')], { default: 'on' });
const MAX_COUNT = 1_000_000_000;
const Count = (standard: number) => Type.Integer({ minimum: 1, maximum: MAX_COUNT, default: standard });
const HttpUrl = Type.String({ pattern: '^https?://[^\\s/]+(/[^\\s]*)?$' });

const DatabaseUrl = Type.String({ pattern: '^postgres(ql)?://' });
/** Addresses with commas between them; a comma inside one is written %2C. */
const DatabaseUrls = Type.String({
  pattern: '^postgres(ql)?://[^,\\s]+(\\s*,\\s*postgres(ql)?://[^,\\s]+)*$',
});

/** What {@link createDeps} needs in every process. */
export const SharedConfigSchema = Type.Object({
  DATABASE_URL: DatabaseUrl,
  /** The same database as a role that only reads what its pool is for; without it, as DATABASE_URL's role. */
  DATABASE_URL_SEARCH: Type.Optional(DatabaseUrl),
  DATABASE_URL_ANALYTICS: Type.Optional(DatabaseUrl),
  DATABASE_URL_REPORTING: Type.Optional(DatabaseUrl),
  DATABASE_MAX_CONNECTIONS: Type.Integer({ minimum: 1, maximum: 500, default: 10 }),
  /** Where each kind of read goes; without replicas, to the primary. */
  DATABASE_REPLICAS_GENERAL: Type.Optional(DatabaseUrls),
  DATABASE_REPLICAS_SEARCH: Type.Optional(DatabaseUrls),
  DATABASE_REPLICAS_ANALYTICS: Type.Optional(DatabaseUrls),
  DATABASE_REPLICAS_REPORTING: Type.Optional(DatabaseUrls),
  REDIS_URL: Type.String({ pattern: '^rediss?://' }),
  NATS_URL: Type.String({ pattern: '^(nats|tls)://' }),
  /**
   * The authority of the servers that rediss:// and tls:// name, where it is a private one: a PEM file. Postgres'
   * stands in its address, as for psql: `?sslmode=verify-full&sslrootcert=FILE`.
   */
  TLS_CA_FILE: Type.Optional(Type.String()),
  STRIPE_SECRET_KEY: Type.String({ pattern: '^(sk|rk)_(test|live)_' }),
  /** Where Stripe's API is, when it is not Stripe itself. */
  STRIPE_API_URL: Type.Optional(HttpUrl),
  /**
   * Where webhooks may go: `public` is HTTPS to hosts of the Internet. `any` is plain HTTP and this network, too, and so
   * for development and tests alone: whoever makes endpoints would reach whatever the workers do.
   */
  OUTBOUND_TARGETS: Type.Union([Type.Literal('public'), Type.Literal('any')], { default: 'public' }),
  /** Signs the prices that a shopper was shown. */
  QUOTE_SECRET: Secret,
  /** The one before it: quotes that it has signed are still good. */
  QUOTE_SECRET_PREVIOUS: Type.Optional(Secret),
  /** Seals personal fields: 32 random bytes as hexadecimal digits, `openssl rand -hex 32`. */
  FIELD_KEY: FieldKey,
  /** The one before it, until `npm run rotate-keys` has sealed everything under the current one. */
  FIELD_KEY_PREVIOUS: Type.Optional(FieldKey),
  /** Between these the origin finds out how many requests it may be at work on at once; the rest are told to come back. */
  MIN_REQUESTS_AT_WORK: Count(32),
  MAX_REQUESTS_AT_WORK: Count(256),
  /** Requests a minute that each user may make. */
  LIMIT_USER_PER_MINUTE: Count(100),
  /** Checkouts, cards to be kept, edits and returns, together, a minute by each user, or by guests from each address. */
  LIMIT_CHECKOUT_PER_MINUTE: Count(10),
  /** Product files an hour that each user may take. */
  LIMIT_EXPORTS_PER_HOUR: Count(60),
  /** Pictures an hour that each user may send. */
  LIMIT_UPLOADS_PER_HOUR: Count(300),
  /** New accounts an hour from each address. */
  LIMIT_REGISTER_PER_HOUR: Count(20),
  /** Mails with a token asked for, and tokens brought, an hour from each address. */
  LIMIT_MAILED_TOKENS_PER_HOUR: Count(60),
  /** Reviews written or changed, and complaints of them, an hour by each user. */
  LIMIT_CONTRIBUTIONS_PER_HOUR: Count(60),
  /** Wrong passwords and codes before each further one has to wait: with an account, and from an address. */
  LIMIT_LOGIN_FAILURES_PER_ACCOUNT: Count(5),
  LIMIT_LOGIN_FAILURES_PER_ADDRESS: Count(20),
  /**
   * `required`, unless it says otherwise: who has opened an account logs in once the email is verified. `optional` lets
   * them in before, and by that lets strangers find out who has an account.
   */
  EMAIL_VERIFICATION: Type.Optional(Type.Union([Type.Literal('required'), Type.Literal('optional')])),
  /** Reviews are shown once a moderator has approved them, or `at_once`; then a moderator hears of complaints alone. */
  REVIEWS_SHOWN: Type.Optional(Type.Union([Type.Literal('after_approval'), Type.Literal('at_once')])),
  /** For how many days after a parcel has arrived its goods may be sent back; 30, unless it says otherwise. */
  RETURN_WINDOW_DAYS: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_650 })),
  /** Who sells, as invoices name them. Lines of the address have ` | ` between them. */
  SELLER_NAME: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  SELLER_ADDRESS: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
  SELLER_TAX_ID: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
  /** Whose rights need a second factor: `admin`, `seller` or `seller,admin`. Until they have one, they are shoppers. */
  SECOND_FACTOR_ROLES: Type.Optional(Type.String({ pattern: '^(seller|admin)(,(seller|admin))*$' })),
  /**
   * A collector that takes OTLP over HTTP: spans of sampled traces go to its /v1/traces. Without it there are none.
   * What is sampled is decided at the edge.
   */
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(HttpUrl),
  /** What the collector wants to see, a secret perhaps: `name=value,name=value`. */
  OTEL_EXPORTER_OTLP_HEADERS: Type.Optional(Type.String()),
  /** Of the source that runs, for the metrics. */
  BUILD_REVISION: Type.Optional(Type.String({ pattern: '^[\\w.-]{1,64}$' })),
  /** The bearer of `/metrics` and of what `/health` has to tell. Needed where others than this machine reach the process. */
  OPERATOR_TOKEN: Type.Optional(Secret),
  /** For measuring: a tier that is off misses always. */
  CACHE_MEMORY: OnOff,
  CACHE_REDIS: OnOff,
  LOG_LEVEL: Type.Union(
    [Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')],
    { default: 'info' },
  ),
});

const OriginConfigSchema = Type.Composite([
  SharedConfigSchema,
  Type.Object({
    ORIGIN_HOST: Type.String({ default: '127.0.0.1' }),
    /** With both, the origin speaks TLS 1.3 and nothing else: PEM files. */
    ORIGIN_TLS_CERT_FILE: Type.Optional(Type.String()),
    ORIGIN_TLS_KEY_FILE: Type.Optional(Type.String()),
    ORIGIN_PORT: Type.Integer({ ...Port, default: 3000 }),
    EDGE_SECRET: Secret,
    /** The one before it, while edges still sign with it. */
    EDGE_SECRET_PREVIOUS: Type.Optional(Secret),
    /** How far the edge's clock may be from ours, either way; and so for how long its proofs are good. */
    EDGE_CLOCK_SKEW_SECONDS: Type.Integer({ minimum: 5, maximum: 3_600, default: 30 }),
    /** Signs access tokens: a private Ed25519 JWK. `npm run signing-key` makes one. */
    ACCESS_TOKEN_KEY: Type.String(),
    /** Keys that verify beside it, as a JWK Set: the one before, and the next before it signs. */
    ACCESS_TOKEN_KEYS_BESIDE: Type.Optional(Type.String()),
    /** Whose pages may sign in with a cookie, with commas between them; without any, no page may. */
    SHOP_ORIGINS: Type.String({
      pattern: '^(https?://[a-z0-9.:-]+(,https?://[a-z0-9.:-]+)*)?$',
      default: '',
    }),
    STRIPE_WEBHOOK_SECRET: Type.String({ pattern: '^whsec_' }),
    /** After SIGTERM `/readyz` says so for so long before connections are refused: what whoever sends traffic takes to see it. */
    DRAIN_SECONDS: Type.Integer({ minimum: 0, maximum: 300, default: 5 }),
    /** What the console looks at: `origin=http://10.0.0.1:3000,workers=http://10.0.0.2:3001,edge=http://10.0.0.3:8787`. */
    OPS_TARGETS: Type.Optional(Type.String()),
    /** A file with more of them, one a line, read again each time: for processes that come and go. */
    OPS_TARGETS_FILE: Type.Optional(Type.String()),
  }),
]);

export type SharedConfig = Static<typeof SharedConfigSchema>;
export type OriginConfig = Static<typeof OriginConfigSchema>;

/** @throws {ConfigError} naming the first variable that is missing or wrong. */
export function readOriginConfig(environment: Readonly<Record<string, string | undefined>>): OriginConfig {
  const config = parseConfig(OriginConfigSchema, environment);
  createKeyRing(config);
  requireOperatorToken(config, config.ORIGIN_HOST);
  checkConsole(config);
  return config;
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** @throws {ConfigError} when strangers could read the metrics of a process that listens there */
export function requireOperatorToken({ OPERATOR_TOKEN: token }: SharedConfig, host: string): void {
  if (token !== undefined || LOOPBACK.test(host)) return;
  throw new ConfigError('The environment variable OPERATOR_TOKEN is missing.');
}

/**
 * Null where the origin speaks plain HTTP, behind something on the same machine that speaks TLS for it.
 * @throws {ConfigError} when only one half of the pair is given, or a file cannot be read
 */
export function originTls(config: OriginConfig): { readonly cert: string; readonly key: string } | null {
  const { ORIGIN_TLS_CERT_FILE: cert, ORIGIN_TLS_KEY_FILE: key } = config;
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) {
    const missing = cert === undefined ? 'ORIGIN_TLS_CERT_FILE' : 'ORIGIN_TLS_KEY_FILE';
    throw new ConfigError(`The environment variable ${missing} is missing.`);
  }
  return { cert: readPem(cert), key: readPem(key) };
}
