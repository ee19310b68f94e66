/** The environment of the processes that own data: the origin and, through the same deps, the workers. */

import { type Static, Type } from '@sinclair/typebox';
import { parseConfig } from '#lib/config.ts';

const MIN_SECRET_LENGTH = 32;

const Secret = Type.String({ minLength: MIN_SECRET_LENGTH });
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
const OnOff = Type.Union([Type.Literal('on'), Type.Literal('off')], { default: 'on' });
const MAX_COUNT = 1_000_000_000;
const Count = (standard: number) => Type.Integer({ minimum: 1, maximum: MAX_COUNT, default: standard });
const HttpUrl = Type.String({ pattern: '^https?://[^\\s/]+(/[^\\s]*)?$' });

/** Addresses with commas between them; a comma inside one is written %2C. */
const DatabaseUrls = Type.String({
  pattern: '^postgres(ql)?://[^,\\s]+(\\s*,\\s*postgres(ql)?://[^,\\s]+)*$',
});

/** What {@link createDeps} needs in every process. */
export const SharedConfigSchema = Type.Object({
  DATABASE_URL: Type.String({ pattern: '^postgres(ql)?://' }),
  DATABASE_MAX_CONNECTIONS: Type.Integer({ minimum: 1, maximum: 500, default: 10 }),
  /** Where each kind of read goes; without replicas, to the primary. */
  DATABASE_REPLICAS_GENERAL: Type.Optional(DatabaseUrls),
  DATABASE_REPLICAS_SEARCH: Type.Optional(DatabaseUrls),
  DATABASE_REPLICAS_ANALYTICS: Type.Optional(DatabaseUrls),
  DATABASE_REPLICAS_REPORTING: Type.Optional(DatabaseUrls),
  REDIS_URL: Type.String({ pattern: '^rediss?://' }),
  NATS_URL: Type.String({ pattern: '^(nats|tls)://' }),
  STRIPE_SECRET_KEY: Type.String({ pattern: '^(sk|rk)_(test|live)_' }),
  /** Where Stripe's API is, when it is not Stripe itself. */
  STRIPE_API_URL: Type.Optional(HttpUrl),
  /** Signs the prices that a shopper was shown. */
  QUOTE_SECRET: Secret,
  /** The one before it: quotes that it has signed are still good. */
  QUOTE_SECRET_PREVIOUS: Type.Optional(Secret),
  /** Requests a minute that each user may make. */
  LIMIT_USER_PER_MINUTE: Count(100),
  /** Checkouts a minute by each user, or by guests from each address. */
  LIMIT_CHECKOUT_PER_MINUTE: Count(10),
  /** New accounts an hour from each address. */
  LIMIT_REGISTER_PER_HOUR: Count(20),
  /** Failed logins before each further one has to wait: with an account, and from an address. */
  LIMIT_LOGIN_FAILURES_PER_ACCOUNT: Count(5),
  LIMIT_LOGIN_FAILURES_PER_ADDRESS: Count(20),
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
    ORIGIN_PORT: Type.Integer({ ...Port, default: 3000 }),
    EDGE_SECRET: Secret,
    /** The one before it, while edges still sign with it. */
    EDGE_SECRET_PREVIOUS: Type.Optional(Secret),
    /** How far the edge's clock may be from ours, either way; and so for how long its proofs are good. */
    EDGE_CLOCK_SKEW_SECONDS: Type.Integer({ minimum: 5, maximum: 3_600, default: 30 }),
    JWT_SECRET: Secret,
    STRIPE_WEBHOOK_SECRET: Type.String({ pattern: '^whsec_' }),
  }),
]);

export type SharedConfig = Static<typeof SharedConfigSchema>;
export type OriginConfig = Static<typeof OriginConfigSchema>;

/** @throws {ConfigError} naming the first variable that is missing or wrong. */
export function readOriginConfig(environment: Readonly<Record<string, string | undefined>>): OriginConfig {
  return parseConfig(OriginConfigSchema, environment);
}
