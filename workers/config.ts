/** The environment of the workers' process. */

import { type Static, Type } from '@sinclair/typebox';
import { ConfigError, parseConfig } from '#lib/config.ts';
import { requireOperatorToken, SharedConfigSchema } from '#origin/deps.ts';
import type { CloudflareZone } from './cloudflare-purge.ts';
import { WORKERS_GROUPS, type WorkersGroup } from './groups.ts';

const MIN_SECRET_LENGTH = 32;

const GROUP = WORKERS_GROUPS.join('|');

const WorkersConfigSchema = Type.Composite([
  SharedConfigSchema,
  Type.Object({
    WORKERS_HOST: Type.String({ default: '127.0.0.1' }),
    WORKERS_PORT: Type.Integer({ minimum: 1, maximum: 65_535, default: 3001 }),
    /** Which groups of consumers this process runs: `all`, or some of `groups.ts` with commas between them. */
    WORKERS_CONSUMERS: Type.String({ default: 'all', pattern: `^(all|(${GROUP})(,(${GROUP}))*)$` }),
    SMTP_URL: Type.String({ pattern: '^smtps?://' }),
    MAIL_FROM: Type.String({ default: 'Hotshelf <orders@hotshelf.example>' }),
    /**
     * Where the shop's pages are, whose `/verify-email`, `/reset-password`, `/confirm-notice` and `/stop-notices` take
     * `#token=`; and, as the same origin, the edge. Without it, mails have the token alone.
     */
    SHOP_URL: Type.Optional(Type.String({ pattern: '^https?://[^?#\\s]+[^/]$' })),
    EDGE_PURGE_URL: Type.String({ pattern: '^https?://' }),
    EDGE_PURGE_SECRET: Type.String({ minLength: MIN_SECRET_LENGTH }),
    /** With its token: purges go to every data centre. Without them, to EDGE_PURGE_URL alone. */
    CLOUDFLARE_ZONE_ID: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$' })),
    CLOUDFLARE_API_TOKEN: Type.Optional(Type.String({ minLength: MIN_SECRET_LENGTH })),
    CLOUDFLARE_API_URL: Type.String({
      pattern: '^https?://[^?#\\s]+[^/]$',
      default: 'https://api.cloudflare.com/client/v4',
    }),
    /** What the account's plan allows: 5 on Free, 300 on Pro, 600 on Business, 3000 on Enterprise. */
    CLOUDFLARE_PURGES_PER_MINUTE: Type.Integer({ minimum: 1, maximum: 3_000, default: 300 }),
  }),
]);

export type WorkersConfig = Static<typeof WorkersConfigSchema>;

/** @throws {ConfigError} naming the first variable that is missing or wrong. */
export function readWorkersConfig(environment: Readonly<Record<string, string | undefined>>): WorkersConfig {
  const config = parseConfig(WorkersConfigSchema, environment);
  requireOperatorToken(config, config.WORKERS_HOST);
  return config;
}

export function groupsOf({ WORKERS_CONSUMERS }: WorkersConfig): readonly WorkersGroup[] {
  const named = WORKERS_CONSUMERS.split(',');
  return WORKERS_GROUPS.filter((group) => named.includes(group) || named.includes('all'));
}

/**
 * Null where Cloudflare is not in front.
 * @throws {ConfigError} when only one half of the pair is given.
 */
export function cloudflareZone(config: WorkersConfig): CloudflareZone | null {
  const { CLOUDFLARE_ZONE_ID: zoneId, CLOUDFLARE_API_TOKEN: apiToken } = config;
  if (zoneId === undefined && apiToken === undefined) return null;
  if (zoneId === undefined || apiToken === undefined) {
    const missing = zoneId === undefined ? 'CLOUDFLARE_ZONE_ID' : 'CLOUDFLARE_API_TOKEN';
    throw new ConfigError(`The environment variable ${missing} is missing.`);
  }
  return {
    zoneId,
    apiToken,
    apiUrl: config.CLOUDFLARE_API_URL,
    callsPerMinute: config.CLOUDFLARE_PURGES_PER_MINUTE,
  };
}
