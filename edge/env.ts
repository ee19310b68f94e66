/**
 * The Worker's bindings, parsed and validated. What each one is for stands in `wrangler.jsonc`. A missing or short
 * secret is a {@link ConfigError} that names it, so that a half-configured edge answers nothing but 500.
 */

import { type Static, Type } from '@sinclair/typebox';
import { ConfigError, parseConfig } from '#lib/config.ts';

const MIN_SECRET_CHARACTERS = 32;

const Variables = Type.Object({
  ORIGIN_URL: Type.String({ pattern: '^https?://[^/?#\\s]+$' }),
  PUBLIC_URL: Type.String({ pattern: '^https?://[^/?#\\s]+$' }),
  TRUST_CF_CONNECTING_IP: Type.Boolean(),
  LOG_LEVEL: Type.Union(
    [Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')],
    { default: 'info' },
  ),
  /** `http` for tests alone: a plain shared cache that stores whatever HTTP allows, in front of any origin. */
  EDGE_CACHE_POLICY: Type.Union([Type.Literal('catalogue'), Type.Literal('http')], { default: 'catalogue' }),
  /** Storefronts on other origins that may read answers: `https://a.example,https://b.example`. */
  CORS_ORIGINS: Type.String({
    default: '',
    pattern: '^(https?://[^/?#,\\s*]+(\\s*,\\s*https?://[^/?#,\\s*]+)*)?$',
  }),
  EDGE_SECRET: Type.String({ minLength: MIN_SECRET_CHARACTERS }),
  EDGE_PURGE_SECRET: Type.String({ minLength: MIN_SECRET_CHARACTERS }),
  /** The bearer of the edge's metrics; without it nobody reads them. */
  METRICS_TOKEN: Type.Optional(Type.String({ minLength: MIN_SECRET_CHARACTERS })),
});

export type EdgeConfig = Static<typeof Variables>;

/** Cloudflare's rate limiting binding: counts per location, in memory, and only ever says yes or no. */
export interface RateLimiter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

/** Each budget and the binding that counts it. */
const LIMITERS = {
  anonymous: 'ANONYMOUS_LIMITER',
  signedIn: 'SIGNED_IN_LIMITER',
  catalogMiss: 'CATALOG_MISS_LIMITER',
  searchMiss: 'SEARCH_MISS_LIMITER',
  webhook: 'WEBHOOK_LIMITER',
} as const;

export type Budget = keyof typeof LIMITERS;

export type EdgeBindings = { readonly [Name in keyof EdgeConfig]?: string } & {
  readonly [Name in (typeof LIMITERS)[Budget]]?: RateLimiter;
};

/** @throws {ConfigError} for the first variable that is missing or does not fit. */
export function parseVariables(bindings: EdgeBindings): EdgeConfig {
  const texts = Object.entries(bindings).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string';
  });
  const config = parseConfig(Variables, Object.fromEntries(texts));
  const isProduction = config.TRUST_CF_CONNECTING_IP || config.PUBLIC_URL.startsWith('https:');
  if (config.EDGE_CACHE_POLICY === 'http' && isProduction) {
    throw new ConfigError('The environment variable EDGE_CACHE_POLICY is not valid: `http` is for tests.');
  }
  return config;
}

/** @throws {ConfigError} for the first rate limiting binding that is not there. */
export function parseLimiters(bindings: EdgeBindings): Readonly<Record<Budget, RateLimiter>> {
  const limiter = (budget: Budget): RateLimiter => {
    const binding = bindings[LIMITERS[budget]];
    if (binding === undefined) {
      throw new ConfigError(`The rate limiting binding ${LIMITERS[budget]} is missing.`);
    }
    return binding;
  };
  return {
    anonymous: limiter('anonymous'),
    signedIn: limiter('signedIn'),
    catalogMiss: limiter('catalogMiss'),
    searchMiss: limiter('searchMiss'),
    webhook: limiter('webhook'),
  };
}
