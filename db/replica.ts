/** One replica: its connections, and whether it may be read. It is ejected and taken back by what a look at it tells. */

import type { Logger } from '#lib/log.ts';
import { POLICIES } from '#lib/policies.ts';
import { type Connection, connect, type Database } from './client.ts';
import type { Bounds } from './entrance.ts';
import { createInFlight, type InFlightLimits } from './in-flight.ts';
import type { PoolWatch } from './pool-watch.ts';
import { openReadServer } from './read-server.ts';
import type { Lag, PrimaryTrail } from './replica-lag.ts';
import { replayedPosition, WAL_START, type WalPosition } from './wal.ts';

export type EjectionReason = 'unreachable' | 'lagging' | 'promoted';

export interface Replica {
  readonly name: string;
  isHealthy(): boolean;
  /** What it shows at least; nothing is known after a connection closed, for it may have started afresh. */
  replayed(): WalPosition;
  inUse(): number;
  /** As of the last look at it. */
  lagMs(): number;
  run<T>(read: (db: Database) => Promise<T>): Promise<T>;
  /** One look at the replica: how far it is, or that it does not answer. Never fails. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

export interface ReplicaOptions {
  /** In logs and metrics; the address may hold a password. */
  readonly name: string;
  readonly url: string;
  readonly applicationName: string;
  readonly maxConnections: number;
  readonly statementTimeoutMs: number;
  /** Of reads. */
  readonly bounds?: Bounds;
  readonly maxLagMs: number;
  readonly maxLagBytes: number;
  readonly inFlight: InFlightLimits;
  readonly trail: PrimaryTrail;
  readonly log: Logger;
  readonly observer: ReplicaObserver;
  readonly watch: PoolWatch;
}

export interface ReplicaObserver {
  ejected(reason: EjectionReason): void;
  seen(sight: { readonly isHealthy: boolean; readonly lag: Lag | null }): void;
}

const { timeoutMs: LOOK_MS } = POLICIES['postgres-watch'];
/** An ejected replica comes back below this part of its bound, so that one at the bound does not flap. */
const RETURN_AT = 0.5;

function connectTo(options: ReplicaOptions, purpose: 'read' | 'watch', onClosed: () => void): Connection {
  const { url, applicationName, maxConnections, statementTimeoutMs, bounds = {}, watch } = options;
  const own =
    purpose === 'read'
      ? { applicationName, maxConnections, statementTimeoutMs, bounds, watch }
      : {
          applicationName: `${applicationName}-watch`,
          maxConnections: 1,
          statementTimeoutMs: LOOK_MS,
        };
  return connect(url, { ...own, isReadOnly: true, onClosed });
}

/** The lag as a share of its bound, by time or by bytes, whichever is worse. */
function shareOfBound(lag: Lag | null, { maxLagMs, maxLagBytes }: ReplicaOptions): number {
  return lag === null ? 0 : Math.max(lag.ms / maxLagMs, lag.bytes / maxLagBytes);
}

export function openReplica(options: ReplicaOptions): Replica {
  const { name, log, observer, trail } = options;
  const probes = createInFlight({ max: 1, timeoutMs: LOOK_MS });
  let isHealthy = false;
  let replayed = WAL_START;
  let lagMs = 0;
  const forget = () => {
    replayed = WAL_START;
  };
  // Beside the pool, so that a busy replica is not taken for a dead one.
  let watcher = connectTo(options, 'watch', forget);
  const server = openReadServer({
    open: () => connectTo(options, 'read', forget),
    limits: options.inFlight,
    onBroken: () => eject('unreachable'),
  });

  function eject(reason: EjectionReason): void {
    forget();
    if (!isHealthy) return;
    isHealthy = false;
    observer.ejected(reason);
    log.warn('a replica is ejected', { replica: name, reason });
    if (reason !== 'unreachable') return;
    // Whatever hangs on it is read elsewhere at once.
    server.renew();
  }

  function judge(position: WalPosition | null): void {
    const lag = position === null ? null : trail.lagOf(position);
    lagMs = lag?.ms ?? 0;
    if (position === null) eject('promoted');
    else if (shareOfBound(lag, options) > (isHealthy ? 1 : RETURN_AT)) eject('lagging');
    else {
      replayed = position;
      if (!isHealthy) log.info('a replica takes reads', { replica: name });
      isHealthy = true;
    }
    observer.seen({ isHealthy, lag });
  }

  async function probe(): Promise<void> {
    const asked = watcher;
    try {
      judge(await probes.run(() => replayedPosition(asked.db)));
    } catch (error) {
      log.debug('a replica does not answer', { replica: name, error });
      watcher = connectTo(options, 'watch', forget);
      void asked.abandon();
      eject('unreachable');
      observer.seen({ isHealthy, lag: null });
    }
  }

  return {
    name,
    isHealthy: () => isHealthy,
    replayed: () => replayed,
    inUse: server.inUse,
    lagMs: () => lagMs,
    run: server.run,
    probe,
    close: async () => {
      await Promise.all([server.close(), watcher.abandon()]);
    },
  };
}
