/** How a read finds its server: a replica that is fit for it, another one, then the primary. */

import type { Circuit } from '#lib/circuit.ts';
import type { Logger } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { RetryPolicy } from '#lib/policies.ts';
import { AppError } from '#lib/problems.ts';
import type { RetryBudget } from '#lib/retry-budget.ts';
import type { Database } from './client.ts';
import { isConnectionFailure, isNotServed, isServersOwnFailure } from './failures.ts';
import { ReadLate } from './in-flight.ts';
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
  /** Of the primary: opened by its silence alone, for lost connections tell at once. */
  readonly circuit: Circuit;
  readonly retry: RetryPolicy;
  readonly budget: RetryBudget;
}

const MAX_REPLICAS_TRIED = 2;

export function createReader(
  { role, replicas, primary, circuit, retry, budget }: RolePools,
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
    if (!circuit.admits()) throw new AppError('unavailable');
    countPrimary();
    for (let failed = 0; ; failed += 1) {
      try {
        const result = await primary.run(read);
        circuit.succeeded();
        return result;
      } catch (error) {
        learn(error);
        if (!isConnectionFailure(error)) throw error;
        requireRetry(failed, error);
      }
      await Bun.sleep(waitMs(retry, failed));
    }
  }

  /** Lost connections tell at once; what nobody has time for says nothing. */
  function learn(error: unknown): void {
    if (error instanceof ReadLate) circuit.failed();
    else if (!isConnectionFailure(error) && !isNotServed(error)) circuit.succeeded();
  }

  function requireRetry(failed: number, error: unknown): void {
    const isLast = failed === retry.most;
    const isMade = !isLast && budget.take();
    const dependency = `postgres-${role}`;
    if (!isLast) {
      const outcome = isMade ? 'made' : 'over_budget';
      metrics.count('dependency_retries_total', { dependency, outcome });
    }
    if (isMade) return;
    log.warn('no server is there to read from', { role, error });
    throw new AppError('unavailable');
  }

  return async (read, { atLeast = WAL_START, accept = () => true } = {}) => {
    budget.earn();
    const found = await fromReplica(read, atLeast);
    return found !== null && accept(found.result) ? found.result : fromPrimary(read);
  };
}

/** The second try is at once, on another connection; then lost ones have time to be noticed. */
function waitMs({ firstWaitMs, longestWaitMs }: RetryPolicy, failed: number): number {
  if (failed === 0) return 0;
  const ceilingMs = Math.min(firstWaitMs * 3 ** (failed - 1), longestWaitMs);
  return ceilingMs * (0.75 + Math.random() / 4);
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
