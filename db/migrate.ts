/** Brings a database to the schema of this code: `bun db/migrate.ts`, with DATABASE_URL in the environment. */

import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';

/** Any number that all migrators agree on: two of them at once would fail on each other's tables. */
const MIGRATION_LOCK = 727_001;
const FOLDER = `${import.meta.dir}/migrations`;
const CLOSE_TIMEOUT_SECONDS = 5;

/** Safe to run again and by several processes at once: one of them migrates, the rest wait for it. */
export async function migrate(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await applyMigrations(drizzle(sql), { migrationsFolder: FOLDER });
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }
}

const HELP = `bun run db:migrate

Brings the database in DATABASE_URL to the schema of this code. Safe to repeat, and to run by several at once.
`;

if (import.meta.main && process.argv.includes('--help')) {
  console.log(HELP);
} else if (import.meta.main) {
  const databaseUrl = process.env['DATABASE_URL'];
  if (!databaseUrl) {
    console.error('The environment variable DATABASE_URL is missing.');
    process.exit(1);
  }
  await migrate(databaseUrl);
  console.log('The database is at the schema of this code.');
}
