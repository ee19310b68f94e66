/** Who waits for whom in the database while a load runs: looked at many times a second. */

import { withConnection } from '#bench/data/catalogue.ts';

export interface Waits {
  /** At how many looks. */
  readonly looks: number;
  /** Sessions that waited for a row's lock, at the worst look and on average. */
  readonly mostForLocks: number;
  readonly meanForLocks: number;
  /** Sessions that waited for the disk to have their commit, on average. */
  readonly meanForDisk: number;
}

const EVERY_MS = 50;

export async function waitsDuring<T>(
  databaseUrl: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly waits: Waits }> {
  return withConnection(databaseUrl, async (sql) => {
    const forLocks: number[] = [];
    const forDisk: number[] = [];
    let isOver = false;
    const watch = async () => {
      while (!isOver) {
        const [row] = await sql<{ locks: number; disk: number }[]>`
          select count(*) filter (where wait_event_type = 'Lock')::int as locks,
                 count(*) filter (where wait_event in ('WALSync', 'WalSync', 'WALWrite', 'WalWrite'))::int as disk
            from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
        forLocks.push(row?.locks ?? 0);
        forDisk.push(row?.disk ?? 0);
        await Bun.sleep(EVERY_MS);
      }
    };
    const watching = watch();
    try {
      const result = await work();
      return {
        result,
        waits: {
          looks: forLocks.length,
          mostForLocks: Math.max(0, ...forLocks),
          meanForLocks: mean(forLocks),
          meanForDisk: mean(forDisk),
        },
      };
    } finally {
      isOver = true;
      await watching;
    }
  });
}

const mean = (values: readonly number[]) =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
