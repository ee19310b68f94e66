/** Positions in the primary's write-ahead log: how far a write has come, and how far a replica has read. */

import { sql } from 'drizzle-orm';
import { present } from '#lib/assert.ts';
import type { Queryable } from './client.ts';

/** Bytes since the log began: a `pg_lsn` as a number. */
export type WalPosition = bigint;

/** Behind everything: any server will do. */
export const WAL_START: WalPosition = 0n;
/** Ahead of everything that a replica can have replayed: only the primary will do. */
export const WAL_END: WalPosition = 2n ** 64n - 1n;

/**
 * Asked of the primary after a commit: a replica that has replayed up to here shows what was committed. It is
 * the position of insertion, for a commit that does not wait for the disk is not yet in the one of writing.
 */
export async function positionAfterCommit(db: Queryable): Promise<WalPosition> {
  const [row] = await db.execute<{ position: string }>(
    sql`select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text as position`,
  );
  return BigInt(present(row, 'the position of the log').position);
}

/** How far the log of the primary is on its disk, and so could be on a replica's. */
export async function flushedPosition(db: Queryable): Promise<WalPosition> {
  const [row] = await db.execute<{ position: string }>(
    sql`select (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::text as position`,
  );
  return BigInt(present(row, 'the position of the log').position);
}

/** How far a replica shows the primary's log; null from a server that is no replica. */
export async function replayedPosition(db: Queryable): Promise<WalPosition | null> {
  const [row] = await db.execute<{ position: string | null }>(
    sql`select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() end - '0/0'::pg_lsn)::text as position`,
  );
  const { position } = present(row, 'the position of the log');
  return position === null ? null : BigInt(position);
}
