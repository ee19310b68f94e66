/** The demo catalogue of a new database, and the wait until search finds all of it. */

import { join } from 'node:path';
import postgres from 'postgres';
import { CHECKOUT } from './paths.ts';
import { say } from './progress.ts';
import { waitUntil } from './waiting.ts';

const CONNECT_TIMEOUT_SECONDS = 5;
const CLOSE_TIMEOUT_SECONDS = 2;
const SETTLE_DEADLINE_MS = 180_000;
const SETTLE_POLL_MS = 250;
const REPORT_EVERY_MS = 3_000;

async function query<T>(databaseUrl: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: CONNECT_TIMEOUT_SECONDS });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }
}

export async function isCatalogueEmpty(databaseUrl: string): Promise<boolean> {
  return query(databaseUrl, async (sql) => (await sql`select 1 from products limit 1`).length === 0);
}

/** Its progress is shown as it comes. */
export async function seedCatalogue(databaseUrl: string, signal: AbortSignal): Promise<void> {
  const child = Bun.spawn([process.execPath, join(CHECKOUT, 'db/seed/main.ts')], {
    cwd: CHECKOUT,
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'inherit', 'inherit'],
    signal,
  });
  const code = await child.exited;
  if (code !== 0) throw new Error(`The demo catalogue could not be made (exit code ${code}).`);
}

/** A new catalogue is complete once search finds every product; its events may go on through the parts meanwhile. */
export async function waitForSearch(databaseUrl: string): Promise<void> {
  await query(databaseUrl, async (sql) => {
    let reportedAt = performance.now();
    const isSettled = async () => {
      const [row] = await sql<[{ unindexed: number }]>`
        select count(*)::int as unindexed from products p where p.withdrawn_at is null
           and not exists (select 1 from search_documents d where d.product_id = p.id)`;
      if (row.unindexed > 0 && performance.now() - reportedAt > REPORT_EVERY_MS) {
        reportedAt = performance.now();
        say(`  ${row.unindexed} products to index`);
      }
      return row.unindexed === 0;
    };
    const patience = { deadlineMs: SETTLE_DEADLINE_MS, pollMs: SETTLE_POLL_MS };
    await waitUntil('The search index', isSettled, patience);
  });
}
