/** Brings a database to the schema of this code: `npm run db:migrate`, with DATABASE_URL in the environment. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type postgres from 'postgres';
import { SECOND_MS } from '#lib/clock.ts';
import { openSql } from './client.ts';
import type { FieldKeys } from './field-cipher.ts';
import { sealAddresses } from './seal-addresses.ts';
import { type LockPatience, limitLockWaits, whenTablesAreFree } from './table-locks.ts';

/** Any number that all migrators agree on: two of them at once would fail on each other's tables. */
const MIGRATION_LOCK = 727_001;
const FOLDER = `${import.meta.dir}/migrations`;
const JOURNAL = join('meta', '_journal.json');
const CLOSE_TIMEOUT_SECONDS = 5;

/** Five minutes in all, of which the shop waits for one. */
const LOCK_PATIENCE: LockPatience = {
  lockWaitMs: 2 * SECOND_MS,
  pauseMs: 8 * SECOND_MS,
  tries: 30,
  say: (what) => console.error(`db:migrate: ${what}`),
};

/**
 * Safe to run again and by several processes at once: one of them migrates, the rest wait for it. The shop may be open:
 * it waits behind a migration for no longer than the patience says.
 * @param keys for a database that holds orders of the time before their addresses were sealed
 * @throws {ConfigError} when there are such orders and no key
 */
export async function migrate(
  databaseUrl: string,
  keys?: FieldKeys,
  patience: LockPatience = LOCK_PATIENCE,
): Promise<void> {
  const { entries } = await readJournal();
  await underLock(databaseUrl, patience, async (sql) => {
    await apply(sql, entries, patience);
    await sealAddresses(sql, keys, patience);
  });
}

/** As {@link migrate}, to the schema of an earlier time and no further: for rows that fit that one. */
export async function migrateUpTo(databaseUrl: string, migration: string): Promise<void> {
  const { entries } = await readJournal();
  const last = entries.findIndex(({ tag }) => tag === migration);
  if (last === -1) throw new Error(`This code knows no migration ${migration}: it is of an earlier time.`);
  await underLock(databaseUrl, LOCK_PATIENCE, (sql) => apply(sql, entries.slice(0, last + 1), LOCK_PATIENCE));
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

/**
 * What the database has not had yet, by drizzle's own books, but each in a transaction of its own: in one for all, as
 * drizzle does it, the first keeps its tables from the shop while the last waits for others.
 */
async function apply(sql: postgres.Sql, wanted: Journal['entries'], patience: LockPatience): Promise<void> {
  await sql`create schema if not exists drizzle`;
  await sql`
    create table if not exists drizzle.__drizzle_migrations (
      id serial primary key, hash text not null, created_at bigint)`;
  const [had] = await sql<{ until: string }[]>`
    select coalesce(max(created_at), 0)::text as until from drizzle.__drizzle_migrations`;
  const migrations = readMigrationFiles({ migrationsFolder: FOLDER });
  for (const [index, { tag, when }] of wanted.entries()) {
    const migration = migrations[index];
    if (migration === undefined || when <= Number(had?.until)) continue;
    await whenTablesAreFree(tag, patience, () =>
      sql.begin(async (tx) => {
        for (const statement of migration.sql) await tx.unsafe(statement);
        await tx`
          insert into drizzle.__drizzle_migrations (hash, created_at) values (${migration.hash}, ${when})`;
      }),
    );
  }
}

async function underLock(
  databaseUrl: string,
  patience: LockPatience,
  work: (sql: postgres.Sql) => Promise<void>,
): Promise<void> {
  const sql = openSql(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await limitLockWaits(sql, patience);
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
