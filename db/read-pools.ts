/**
 * Where reads go: a pool of replicas for each role, and the primary where no replica will do. Writes never come
 * here: the primary's own pool is in every write path, and every pool of this file is read-only.
 */

import { circuitOf, type GuardSurroundings } from '#lib/guards.ts';
import { POLICIES } from '#lib/policies.ts';
import { createRetryBudget } from '#lib/retry-budget.ts';
import { type ConnectOptions, connect } from './client.ts';
import type { InFlightLimits } from './in-flight.ts';
import { watchPool } from './pool-watch.ts';
import { openReadServer } from './read-server.ts';
import { createReader, type Reader, type RolePools } from './reader.ts';
import { openReplica } from './replica.ts';
import type { PrimaryTrail } from './replica-lag.ts';
import { watchReplicas } from './replica-watch.ts';

export const READ_ROLES = ['general', 'search', 'analytics', 'reporting'] as const;
export type ReadRole = (typeof READ_ROLES)[number];

export type Readers = Readonly<Record<ReadRole, Reader>>;

/** How many replicas a role has, how many of them take reads, and how far behind the last of those is. */
export type ReplicaCensus = (role: ReadRole) => {
  readonly healthy: number;
  readonly all: number;
  readonly lagMs: number;
};

export interface ReadPools {
  readonly readers: Readers;
  readonly census: ReplicaCensus;
  /** At once: reads that still run fail. */
  close(): Promise<void>;
}

/** Beside the role's line in `POLICIES`. */
export interface RolePolicy {
  readonly statementTimeoutMs: number;
  /** To each replica, and to the primary in their place: few enough for the primary to bear them. */
  readonly maxConnections: number;
  readonly maxLagMs: number;
  readonly maxLagBytes: number;
  /** See {@link ConnectOptions.preparesStatements}. */
  readonly preparesStatements?: boolean;
}

export const ROLE_POLICIES: Readonly<Record<ReadRole, RolePolicy>> = {
  general: {
    ...statementOf('general'),
    maxConnections: 10,
    maxLagMs: 2_000,
    maxLagBytes: 32 * 1024 ** 2,
    preparesStatements: true,
  },
  search: { ...statementOf('search'), maxConnections: 8, maxLagMs: 2_000, maxLagBytes: 32 * 1024 ** 2 },
  analytics: { ...statementOf('analytics'), maxConnections: 2, maxLagMs: 60_000, maxLagBytes: 1024 ** 3 },
  reporting: { ...statementOf('reporting'), maxConnections: 2, maxLagMs: 60_000, maxLagBytes: 1024 ** 3 },
};

function statementOf(role: ReadRole) {
  return { statementTimeoutMs: POLICIES[`postgres-${role}`].timeoutMs };
}

export interface ReadPoolsOptions extends GuardSurroundings {
  readonly primaryUrl: string;
  /** The primary as a database role of the pool's own; where it has none, as `primaryUrl` says. */
  readonly primaryUrls?: Partial<Record<ReadRole, string>>;
  readonly replicaUrls: Readonly<Record<ReadRole, readonly string[]>>;
  readonly policies?: Readonly<Record<ReadRole, RolePolicy>>;
  readonly applicationName: string;
}

export function openReadPools(options: ReadPoolsOptions): ReadPools {
  const watch = watchReplicas(options);
  const roles = READ_ROLES.map((name) => openRole(options, name, watch.trail));
  watch.start(roles.flatMap(({ replicas }) => replicas));
  const readers = Object.fromEntries(roles.map((pools) => [pools.role, createReader(pools, options)]));
  return {
    readers: readers as Readers,
    census: (role) => {
      const replicas = roles.find((pools) => pools.role === role)?.replicas ?? [];
      const healthy = replicas.filter((replica) => replica.isHealthy());
      const lagMs = Math.max(0, ...healthy.map((replica) => replica.lagMs()));
      return { healthy: healthy.length, all: replicas.length, lagMs };
    },
    close: async () => {
      await watch.stop();
      await Promise.all(roles.map(({ primary }) => primary.close()));
      await Promise.all(roles.flatMap(({ replicas }) => replicas).map((replica) => replica.close()));
    },
  };
}

function openRole(options: ReadPoolsOptions, role: ReadRole, trail: PrimaryTrail): RolePools {
  const { metrics, log, timeLeftMs } = options;
  const policy = (options.policies ?? ROLE_POLICIES)[role];
  const dependency = `postgres-${role}` as const;
  const { bulkhead, connectMs, retry } = POLICIES[dependency];
  const inFlight: InFlightLimits = {
    max: bulkhead.maxRunning,
    timeoutMs: policy.statementTimeoutMs + connectMs,
  };
  const shared = {
    ...policy,
    applicationName: `${options.applicationName}-${role}`,
    bounds: timeLeftMs === undefined ? {} : { timeLeftMs },
  };
  const watchOf = (name: string) => watchPool({ name, maxConnections: policy.maxConnections, metrics });
  const replicas = options.replicaUrls[role].map((url, index) => {
    const labels = { role, replica: String(index) };
    return openReplica({
      ...shared,
      name: `${role}-${index}`,
      watch: watchOf(`${role}-${index}`),
      url,
      inFlight,
      trail,
      log,
      observer: {
        ejected: (reason) => metrics.count('database_replica_ejections_total', { ...labels, reason }),
        seen: ({ isHealthy, lag }) => {
          metrics.gauge('database_replica_healthy', labels, isHealthy ? 1 : 0);
          if (lag !== null) metrics.gauge('database_replica_lag_seconds', labels, lag.ms / 1_000);
        },
      },
    });
  });
  const own = { ...shared, isReadOnly: true, watch: watchOf(role) };
  const primary = openReadServer({
    open: () => connect(options.primaryUrls?.[role] ?? options.primaryUrl, own),
    limits: inFlight,
    onBroken: () => log.warn('connections to the primary broke under reads', { role }),
  });
  metrics.onExpose(() => {
    const running = [primary, ...replicas].reduce((sum, server) => sum + server.inUse(), 0);
    metrics.gauge('bulkhead_running_calls', { dependency }, running);
  });
  return {
    role,
    replicas,
    primary,
    circuit: circuitOf(dependency, options),
    budget: createRetryBudget(retry.budget),
    retry,
  };
}
