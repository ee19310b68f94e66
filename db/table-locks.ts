/**
 * Changes that want tables for themselves. Whoever comes after such a change waits behind it, readers too, so it waits
 * for a moment only, lets them all by, and comes again: a backup reads every table for as long as it takes.
 */

import postgres from 'postgres';

export interface LockPatience {
  /** Less than the shop's statements may take: those that wait behind the change still get their answer. */
  readonly lockWaitMs: number;
  readonly pauseMs: number;
  readonly tries: number;
  say(what: string): void;
}

const LOCK_NOT_AVAILABLE = '55P03';

/** Every statement of the connection from here on; undo it by another `set`. */
export async function limitLockWaits(sql: postgres.Sql, { lockWaitMs }: LockPatience): Promise<void> {
  await sql`select set_config('lock_timeout', ${String(lockWaitMs)}, false)`;
}

/**
 * Does the change, again and again where others have its tables. Of one that fails nothing may stay: a transaction.
 * @param name for people
 */
export async function whenTablesAreFree(
  name: string,
  { pauseMs, tries, say }: LockPatience,
  change: () => Promise<unknown>,
): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      await change();
      return;
    } catch (error) {
      if (!(error instanceof postgres.PostgresError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
      if (tried === tries) throw new Error(neverFree(name, tries), { cause: error });
      say(`${name} waits for a table that others use, and lets them by (${tried} of ${tries} tries)`);
    }
    await Bun.sleep(pauseMs);
  }
}

const neverFree = (name: string, tries: number) =>
  `${name} was not done: in ${tries} tries others always used one of its tables. A backup may be under way, or a long ` +
  'transaction (pg_stat_activity tells). Nothing of it stays; run it again when that has ended.';
