/** Waits until a shop has nothing half-done: everything published, handled, settled. An audit then demands all of it. */

import { sql } from 'drizzle-orm';
import { connect, type Database } from '#db/client.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { OPEN_STATUSES } from '#origin/orders/lifecycle.ts';
import { AuditError, type AuditSources } from './audit.ts';
import { readStream } from './stream-source.ts';

/** How much is still under way, by what it is. */
export interface UnderWay {
  readonly unpublishedEvents: number;
  readonly unhandledMessages: number;
  readonly openOrders: number;
  readonly pendingRefunds: number;
}

export interface Settled {
  readonly isSettled: boolean;
  readonly waitedMs: number;
  readonly left: UnderWay;
}

export interface SettleOptions {
  readonly timeoutMs: number;
  readonly onProgress?: (left: UnderWay) => void;
}

const POLL_MS = 250;
const STATEMENT_TIMEOUT_MS = 30 * SECOND_MS;

/** Until nothing is under way, or the time is up. @throws {AuditError} when the database or NATS does not answer */
export async function settle(
  sources: Pick<AuditSources, 'databaseUrl' | 'natsUrl'>,
  { timeoutMs, onProgress = () => {} }: SettleOptions,
): Promise<Settled> {
  const { db, close } = connect(sources.databaseUrl, {
    applicationName: 'hotshelf-settle',
    maxConnections: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const startedAt = performance.now();
  try {
    for (;;) {
      const left = await underWay(db, sources.natsUrl);
      const waitedMs = performance.now() - startedAt;
      const isSettled = Object.values(left).every((count) => count === 0);
      if (isSettled || waitedMs >= timeoutMs) return { isSettled, waitedMs, left };
      onProgress(left);
      await Bun.sleep(POLL_MS);
    }
  } catch (cause) {
    if (cause instanceof AuditError) throw cause;
    throw new AuditError(
      'the database or NATS does not answer, so nobody knows whether the shop has settled',
      {
        cause,
      },
    );
  } finally {
    await close();
  }
}

async function underWay(db: Database, natsUrl: string | null): Promise<UnderWay> {
  const open = sql.join(
    OPEN_STATUSES.map((status) => sql`${status}`),
    sql`, `,
  );
  const [row] = await db.execute<{ events: number; orders: number; refunds: number }>(sql`
    select (select count(*)::int from outbox where published_at is null) as events,
           (select count(*)::int from orders where status in (${open})) as orders,
           (select count(*)::int from refunds where status = 'pending') as refunds`);
  const consumers = natsUrl === null ? [] : await readStream(natsUrl);
  return {
    unpublishedEvents: row?.events ?? 0,
    unhandledMessages: consumers.reduce((sum, { waiting }) => sum + waiting, 0),
    openOrders: row?.orders ?? 0,
    pendingRefunds: row?.refunds ?? 0,
  };
}
