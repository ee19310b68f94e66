/** The watch over all replicas of a process: sees where the primary is, then where each replica is, again and again. */

import { POLICIES } from '#lib/policies.ts';
import { connect } from './client.ts';
import { createInFlight } from './in-flight.ts';
import type { Replica } from './replica.ts';
import { createPrimaryTrail, type PrimaryTrail } from './replica-lag.ts';
import { flushedPosition } from './wal.ts';

export interface ReplicaWatch {
  readonly trail: PrimaryTrail;
  start(replicas: readonly Replica[]): void;
  stop(): Promise<void>;
}

const { timeoutMs: LOOK_MS } = POLICIES['postgres-watch'];
const WATCH_INTERVAL_MS = 250;
/** At one a round, more than eight minutes: longer than any role's bound. */
const MAX_SIGHTS = 2_048;

export function watchReplicas({
  primaryUrl,
  applicationName,
}: {
  readonly primaryUrl: string;
  readonly applicationName: string;
}): ReplicaWatch {
  const trail = createPrimaryTrail(MAX_SIGHTS);
  const sights = createInFlight({ max: 1, timeoutMs: LOOK_MS });
  const open = () =>
    connect(primaryUrl, {
      applicationName: `${applicationName}-watch`,
      maxConnections: 1,
      statementTimeoutMs: LOOK_MS,
      isReadOnly: true,
    });
  let primary = open();
  let loops: readonly Loop[] = [];

  async function seePrimary(): Promise<void> {
    const watcher = primary;
    try {
      trail.record(await sights.run(() => flushedPosition(watcher.db)), performance.now());
    } catch {
      // Whoever needs the primary says so; the replicas are measured by where it was seen last.
      primary = open();
      void watcher.abandon();
    }
  }

  return {
    trail,
    start: (replicas) => {
      if (replicas.length === 0) return;
      const sighting = repeat(seePrimary);
      // One that hangs holds up no other's watch; the first look waits for what it is measured by.
      const probing = replicas.map((replica) => repeat(() => sighting.first.then(replica.probe)));
      loops = [sighting, ...probing];
    },
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      await primary.abandon();
    },
  };
}

interface Loop {
  /** Settles when the work has been done once. */
  readonly first: Promise<void>;
  stop(): Promise<void>;
}

/** Does the work at the interval, never twice at once. */
function repeat(work: () => Promise<void>): Loop {
  let running: Promise<void> | null = null;
  const run = async () => {
    running ??= work().finally(() => {
      running = null;
    });
    await running;
  };
  const first = run();
  const timer = setInterval(() => void run(), WATCH_INTERVAL_MS);
  return {
    first,
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
