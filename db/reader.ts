/** How a read finds its server: a replica that is fit for it, another one, then the primary. */

import type { Logger } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import { AppError } from '#lib/problems.ts';
import type { Database } from './client.ts';
import { isConnectionFailure, isServersOwnFailure } from './failures.ts';
import type { ReadServer } from './read-server.ts';
import type { Replica } from './replica.ts';
import { WAL_START, type WalPosition } from './wal.ts';

type Read<T> = (db: Database) => Promise<T>;

interface Found<T> {
  readonly result: T;
}

export interface ReadOptions<T> {
  /** Only a replica that has replayed so far will do. */
  readonly atLeast?: WalPosition;
  /** What a replica brings and this refuses, an older version say, is read again from the primary. */
  readonly accept?: (result: T) => boolean;
}

/**
 * Runs one read on one server, again on another when its server fails: it must do nothing but read. Queries of
 * one read never see an earlier state than the ones before them.
 * @throws {AppError} `unavailable` when the servers are gone or have more to do than they can.
 */
export type Reader = <T>(read: Read<T>, options?: ReadOptions<T>) => Promise<T>;

/** The servers of one role. */
export interface RolePools {
  readonly role: string;
  readonly replicas: readonly Replica[];
  /** With a pool of the role's own, so that reads never take what writes need. */
  readonly primary: ReadServer;
}

const MAX_REPLICAS_TRIED = 2;
/** Before each further try: the second is at once, on another connection; then lost ones have time to be noticed. */
const PRIMARY_WAITS_MS = [0, 20, 60, 120] as const;

export function createReader(
  { role, replicas, primary }: RolePools,
  { metrics, log }: { readonly metrics: Metrics; readonly log: Logger },
): Reader {
  const counterOf = (target: string) => metrics.counter('database_reads_total', { role, target });
  const countPrimary = counterOf('primary');
  const counts = new Map(replicas.map((replica, index) => [replica, counterOf(String(index))]));
  const pick = createPicker(replicas);

  async function fromReplica<T>(read: Read<T>, atLeast: WalPosition): Promise<Found<T> | null> {
    const tried = new Set<Replica>();
    while (tried.size < MAX_REPLICAS_TRIED) {
      const replica = pick(atLeast, tried);
      if (replica === null) break;
      tried.add(replica);
      counts.get(replica)?.();
      try {
        return { result: await replica.run(read) };
      } catch (error) {
        if (!isServersOwnFailure(error)) throw error;
      }
    }
    return null;
  }

  async function fromPrimary<T>(read: Read<T>): Promise<T> {
    countPrimary();
    for (const waitMs of [...PRIMARY_WAITS_MS, null]) {
      try {
        return await primary.run(read);
      } catch (error) {
        if (!isConnectionFailure(error)) throw error;
        if (waitMs === null) log.warn('no server is there to read from', { role, error });
        else await Bun.sleep(waitMs);
      }
    }
    throw new AppError('unavailable');
  }

  return async (read, { atLeast = WAL_START, accept = () => true } = {}) => {
    const found = await fromReplica(read, atLeast);
    return found !== null && accept(found.result) ? found.result : fromPrimary(read);
  };
}

type Picker = (atLeast: WalPosition, tried: ReadonlySet<Replica>) => Replica | null;

/** Of the replicas that are fit, the one with the least to do; of several, each in its turn. */
function createPicker(replicas: readonly Replica[]): Picker {
  let turn = 0;
  return (atLeast, tried) => {
    turn += 1;
    let best: Replica | null = null;
    for (let step = 0; step < replicas.length; step += 1) {
      const replica = replicas[(turn + step) % replicas.length];
      if (replica === undefined || tried.has(replica)) continue;
      if (!replica.isHealthy() || replica.replayed() < atLeast) continue;
      if (best === null || replica.inUse() < best.inUse()) best = replica;
    }
    return best;
  };
}
