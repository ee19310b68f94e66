/** The environment of the processes that own data: the origin and, through the same deps, the workers. */

import { type Static, Type } from '@sinclair/typebox';
import { parseConfig } from '#lib/config.ts';
import { createKeyRing } from './http/key-ring.ts';

const MIN_SECRET_LENGTH = 32;

const Secret = Type.String({ minLength: MIN_SECRET_LENGTH });
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
const OnOff = Type.Union([Type.Literal('on'), Type.Literal('off')], { default: 'on' });
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
    /** Signs access tokens: a private Ed25519 JWK. `bun ops/signing-key.ts` makes one. */
    ACCESS_TOKEN_KEY: Type.String(),
    /** Keys that verify beside it, as a JWK Set: the one before, and the next before it signs. */
    ACCESS_TOKEN_KEYS_BESIDE: Type.Optional(Type.String()),
    /** Whose pages may sign in with a cookie, with commas between them; without any, no page may. */
    SHOP_ORIGINS: Type.String({
      pattern: '^(https?://[a-z0-9.:-]+(,https?://[a-z0-9.:-]+)*)?$',
      default: '',
    }),
    STRIPE_WEBHOOK_SECRET: Type.String({ pattern: '^whsec_' }),
  }),
]);

export type SharedConfig = Static<typeof SharedConfigSchema>;
export type OriginConfig = Static<typeof OriginConfigSchema>;

/** @throws {ConfigError} naming the first variable that is missing or wrong. */
export function readOriginConfig(environment: Readonly<Record<string, string | undefined>>): OriginConfig {
  const config = parseConfig(OriginConfigSchema, environment);
  createKeyRing(config);
  return config;
}
