/** The environment of the workers' process. */

import { type Static, Type } from '@sinclair/typebox';
import { parseConfig } from '#lib/config.ts';
import { SharedConfigSchema } from '#origin/deps.ts';

const MIN_SECRET_LENGTH = 32;

const WorkersConfigSchema = Type.Composite([
  SharedConfigSchema,
  Type.Object({
    WORKERS_HOST: Type.String({ default: '127.0.0.1' }),
    WORKERS_PORT: Type.Integer({ minimum: 1, maximum: 65_535, default: 3001 }),
    SMTP_URL: Type.String({ pattern: '^smtps?://' }),
    MAIL_FROM: Type.String({ default: 'Hotshelf <orders@hotshelf.example>' }),
    EDGE_PURGE_URL: Type.String({ pattern: '^https?://' }),
    EDGE_PURGE_SECRET: Type.String({ minLength: MIN_SECRET_LENGTH }),
  }),
]);

export type WorkersConfig = Static<typeof WorkersConfigSchema>;

/** @throws {ConfigError} naming the first variable that is missing or wrong. */
export function readWorkersConfig(environment: Readonly<Record<string, string | undefined>>): WorkersConfig {
  return parseConfig(WorkersConfigSchema, environment);
}
