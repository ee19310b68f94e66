/** Brings a database to the schema of this code: `npm run db:migrate`, with DATABASE_URL in the environment. */

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import type postgres from 'postgres';
import { openSql } from './client.ts';
import type { FieldKeys } from './field-cipher.ts';
import { sealAddresses } from './seal-addresses.ts';

/** Any number that all migrators agree on: two of them at once would fail on each other's tables. */
const MIGRATION_LOCK = 727_001;
const FOLDER = `${import.meta.dir}/migrations`;
const JOURNAL = join('meta', '_journal.json');
const CLOSE_TIMEOUT_SECONDS = 5;

/**
 * Safe to run again and by several processes at once: one of them migrates, the rest wait for it.
 * @param keys for a database that holds orders of the time before their addresses were sealed
 * @throws {ConfigError} when there are such orders and no key
 */
export async function migrate(databaseUrl: string, keys?: FieldKeys): Promise<void> {
  await underLock(databaseUrl, async (sql) => {
    await applyMigrations(drizzle(sql), { migrationsFolder: FOLDER });
    await sealAddresses(sql, keys);
  });
}

/** As {@link migrate}, to the schema of an earlier time and no further: for rows that fit that one. */
export async function migrateUpTo(databaseUrl: string, migration: string): Promise<void> {
  const journal = await readJournal();
  const last = journal.entries.findIndex(({ tag }) => tag === migration);
  if (last === -1) throw new Error(`This code knows no migration ${migration}: it is of an earlier time.`);
  const folder = await mkdtemp(join(tmpdir(), 'hotshelf-migrations-'));
  try {
    await cp(FOLDER, folder, { recursive: true });
    const shortened = { ...journal, entries: journal.entries.slice(0, last + 1) };
    await writeFile(join(folder, JOURNAL), JSON.stringify(shortened));
    await underLock(databaseUrl, (sql) => applyMigrations(drizzle(sql), { migrationsFolder: folder }));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The name of the last migration that the database has had. */
export async function lastMigration(sql: postgres.Sql | postgres.TransactionSql): Promise<string> {
  const [row] = await sql<{ made: string }[]>`
    select max(created_at)::text as made from drizzle.__drizzle_migrations`;
  const entry = (await readJournal()).entries.find(({ when }) => String(when) === row?.made);
  if (entry === undefined) throw new Error('The database is at a schema that this code does not know.');
  return entry.tag;
}

interface Journal {
  readonly entries: readonly { readonly tag: string; readonly when: number }[];
}

async function readJournal(): Promise<Journal> {
  return JSON.parse(await readFile(join(FOLDER, JOURNAL), 'utf8')) as Journal;
}

async function underLock(databaseUrl: string, work: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const sql = openSql(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await work(sql);
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }
}

/** The field keys of the environment; undefined where it has none. */
export function fieldKeysOf(
  environment: Readonly<Record<string, string | undefined>>,
): FieldKeys | undefined {
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
