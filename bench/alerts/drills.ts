/** Each fault, the alerts that it is to raise, and what tells Prometheus of it. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChaosStack } from '#bench/chaos/stack.ts';
import type { WantedAlert } from './watch.ts';

export interface ExpectedAlert extends WantedAlert {
  /** The series that say so, and how they do. */
  readonly selector: string;
  readonly bad: number;
  /** A circuit opens and closes in its own time: the alert is measured from then. Who logs it, and of what. */
  readonly circuit?: LoggedCircuit;
  /** Stands between the repair and the process that looks: it answers no probe before it has closed. */
  readonly closesBehind?: LoggedCircuit;
}

export interface LoggedCircuit {
  readonly logs: readonly string[];
  readonly dependency: string;
}

export interface Drill {
  readonly name: string;
  /** The processes that are killed. */
  readonly parts: readonly string[];
  readonly alerts: readonly ExpectedAlert[];
}

const ORIGIN_LOGS = ['origin-1', 'origin-2'];
const PROBING_LOGS = [...ORIGIN_LOGS, 'workers-1', 'workers-2'];

function up(name: string, job: string): ExpectedAlert {
  return { name, labels: {}, selector: `up{job="${job}"}`, bad: 0 };
}

function dependency(name: string, label: string, circuitOf?: string): ExpectedAlert {
  return {
    ...{ name, labels: {}, selector: `dependency_up{dependency="${label}"}`, bad: 0 },
    ...(circuitOf === undefined ? {} : { closesBehind: { logs: PROBING_LOGS, dependency: circuitOf } }),
  };
}

function circuit(name: string, job: 'origin' | 'edge', label: string): ExpectedAlert {
  return {
    name,
    labels: name === 'CircuitOpen' ? { job, dependency: label } : {},
    selector: `circuit_open{job="${job}",dependency="${label}"}`,
    bad: 1,
    circuit: { logs: job === 'edge' ? ['edge'] : ORIGIN_LOGS, dependency: label },
  };
}

export const DRILLS = {
  redis: {
    name: 'Redis killed',
    parts: ['redis'],
    alerts: [dependency('RedisDown', 'redis', 'redis'), circuit('CircuitOpen', 'origin', 'redis')],
  },
  nats: { name: 'NATS killed', parts: ['nats'], alerts: [dependency('NatsDown', 'nats')] },
  oneOrigin: {
    name: 'one origin killed',
    parts: ['origin-1'],
    alerts: [up('OriginDown', 'origin'), circuit('CircuitOpen', 'edge', 'origin-1')],
  },
  stripe: {
    name: 'Stripe down',
    parts: ['stripe'],
    alerts: [circuit('CircuitOpen', 'origin', 'stripe'), circuit('PaymentsUnavailable', 'origin', 'stripe')],
  },
  postgres: {
    name: 'Postgres killed',
    parts: ['postgres'],
    alerts: [dependency('PostgresDown', 'database_primary', 'postgres')],
  },
  workers: {
    name: 'all workers killed',
    parts: ['workers-1', 'workers-2'],
    alerts: [up('WorkersDown', 'workers')],
  },
  allOrigins: {
    name: 'all origins killed',
    parts: ['origin-1', 'origin-2'],
    alerts: [up('AllOriginsDown', 'origin')],
  },
  edge: { name: 'the edge killed', parts: ['edge'], alerts: [up('EdgeDown', 'edge')] },
} as const satisfies Record<string, Drill>;

/** What follows from these faults, beside what each drill waits for. */
export const FOLLOWERS: ReadonlySet<string> = new Set([
  ...['Heartbeat', 'CircuitOpen', 'ErrorRateHigh', 'AvailabilityBurnsFast', 'LatencyBurnsFast'],
  ...['DegradedAnswers', 'RetryBudgetSpent', 'OutboxOld', 'OriginDown', 'EventLoopBlocked', 'SlowQueries'],
]);

export interface CircuitChange {
  readonly atMs: number;
  readonly isOpen: boolean;
}

/** As the processes' logs tell it. */
export async function circuitChanges(
  { folder }: ChaosStack,
  { logs, dependency: label }: LoggedCircuit,
): Promise<readonly CircuitChange[]> {
  const texts = await Promise.all(logs.map((name) => readFile(join(folder, `${name}.log`), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.includes(`"dependency":"${label}"`))
    .flatMap((line): CircuitChange[] => {
      const { time, message } = JSON.parse(line) as { readonly time: string; readonly message: string };
      const atMs = Date.parse(time);
      if (message === 'a dependency is not called for now') return [{ atMs, isOpen: true }];
      return message === 'a dependency answers again' ? [{ atMs, isOpen: false }] : [];
    })
    .toSorted((a, b) => a.atMs - b.atMs);
}
