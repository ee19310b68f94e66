/**
 * One server to read from: a pool that is thrown away with the first connection that breaks. The others of it are
 * most likely as dead, and the driver would find that out by failing a query on each.
 */

import type { Connection, Database } from './client.ts';
import { isConnectionFailure } from './failures.ts';
import { createInFlight, type InFlightLimits } from './in-flight.ts';

export interface ReadServer {
  inUse(): number;
  run<T>(read: (db: Database) => Promise<T>): Promise<T>;
  /** Gives up what is in flight, and begins with fresh connections. */
  renew(): void;
  /** At once: reads that still run fail. */
  close(): Promise<void>;
}

export interface ReadServerOptions {
  readonly open: () => Connection;
  readonly limits: InFlightLimits;
  /** Before the read that met it fails. */
  readonly onBroken: () => void;
}

/** While a server refuses connections, every read would renew the pool. */
const MIN_RENEWAL_INTERVAL_MS = 50;

/** As the driver's own error for a connection that was closed under a query. */
class ServerLost extends Error {
  override readonly name = 'ServerLost';
  readonly code = 'CONNECTION_DESTROYED';
}

export function openReadServer({ open, limits, onBroken }: ReadServerOptions): ReadServer {
  const inFlight = createInFlight(limits);
  let pool = open();
  let renewedAt = Number.NEGATIVE_INFINITY;

  function renew(): void {
    const now = performance.now();
    if (now - renewedAt < MIN_RENEWAL_INTERVAL_MS) return;
    renewedAt = now;
    const broken = pool;
    pool = open();
    inFlight.abandon(new ServerLost('the connections to the server were given up'));
    void broken.abandon();
  }

  return {
    inUse: inFlight.count,
    renew,
    run: async (read) => {
      const asked = pool;
      try {
        return await inFlight.run(() => read(asked.db));
      } catch (error) {
        if (asked === pool && isConnectionFailure(error)) {
          renew();
          onBroken();
        }
        throw error;
      }
    },
    close: () => pool.abandon(),
  };
}
