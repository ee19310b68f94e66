/** The run's own look into the database, around the proxies and past whatever is broken. */

import postgres from 'postgres';

export type Sql = postgres.Sql;

const CONNECTIONS = 4;
const CONNECT_TIMEOUT_SECONDS = 2;
const CLOSE_TIMEOUT_SECONDS = 2;
const RECONNECT_SECONDS = 0.1;

export async function withBooks<T>(databaseUrl: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = postgres(databaseUrl, {
    max: CONNECTIONS,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    backoff: () => RECONNECT_SECONDS,
    onnotice: () => undefined,
  });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }
}

/** What must come of a paid order, each once: an email and a sale. */
export const EFFECTS_OF_PAID = ['email', 'inventory'] as const;
