/** Brings a database to the schema of this code: `npm run db:migrate`, with DATABASE_URL in the environment. */

import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import { openSql } from './client.ts';
import type { FieldKeys } from './field-cipher.ts';
import { sealAddresses } from './seal-addresses.ts';

/** Any number that all migrators agree on: two of them at once would fail on each other's tables. */
const MIGRATION_LOCK = 727_001;
const FOLDER = `${import.meta.dir}/migrations`;
const CLOSE_TIMEOUT_SECONDS = 5;

/**
 * Safe to run again and by several processes at once: one of them migrates, the rest wait for it.
 * @param keys for a database that holds orders of the time before their addresses were sealed
 * @throws {ConfigError} when there are such orders and no key
 */
export async function migrate(databaseUrl: string, keys?: FieldKeys): Promise<void> {
  const sql = openSql(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await applyMigrations(drizzle(sql), { migrationsFolder: FOLDER });
    await sealAddresses(sql, keys);
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }
}

/** The field keys of the environment; undefined where it has none. */
export function fieldKeysOf(environment: Readonly<Record<string, string | undefined>>): FieldKeys | undefined {
  const { FIELD_KEY: current, FIELD_KEY_PREVIOUS: previous } = environment;
  return current ? { current, ...(previous ? { previous } : {}) } : undefined;
}

const HELP = `npm run db:migrate

Brings the database in DATABASE_URL to the schema of this code. Safe to repeat, and to run by several at once.
FIELD_KEY is needed once: for a database with orders whose addresses are not sealed yet.
`;

if (import.meta.main && process.argv.includes('--help')) {
  console.log(HELP);
} else if (import.meta.main) {
  const databaseUrl = process.env['DATABASE_URL'];
  if (!databaseUrl) {
    console.error('The environment variable DATABASE_URL is missing.');
    process.exit(1);
  }
  try {
    await migrate(databaseUrl, fieldKeysOf(process.env));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
  console.log('The database is at the schema of this code.');
}
