/**
 * How the shop is, by what it stands on, and how this process is. Only the primary is needed to serve; what else is
 * gone is missed. However often it is asked, everything is looked at twice a second at most.
 */

import { statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { pingDatabase } from '#db/health.ts';
import { READ_ROLES } from '#db/read-pools.ts';
import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { withDeadline } from '#lib/deadline.ts';
import type { Deps } from '#origin/deps.ts';

export interface Check {
  readonly name: string;
  readonly status: 'up' | 'down';
  /** What it took to find out. */
  readonly durationMs: number;
  readonly figures: Readonly<Record<string, number>>;
}

export interface Health {
  /** `degraded`: shoppers are served, though something is missing. */
  readonly status: 'ok' | 'degraded' | 'down';
  readonly checks: readonly Check[];
}

export interface Probes {
  /** Null while the process gets on; else what holds it up. */
  heldUpBy(): string | null;
  /** Whether traffic may come: once everything has been up or waited for, until the process drains. */
  isReady(): Promise<boolean>;
  health(): Promise<Health>;
}

const CHECK_TIMEOUT_MS = 2 * SECOND_MS;
/** Short beside the interval of any scrape, or an alert would come late by a whole one. */
const GOOD_FOR_MS = SECOND_MS / 2;
const MAX_WAIT_MS = 3 * SECOND_MS;
const MAX_LAG_MS = 5 * SECOND_MS;
/** Longer than anything takes that comes to an end. */
const MAX_IN_HAND_MS = 3 * MINUTE_MS;
const PRIMARY = 'database_primary';
/** Below this part of it a file system counts as full. */
const MIN_AVAILABLE_DISK = 0.02;

export function createProbes(deps: Deps): Probes {
  const { vitals } = deps;
  let known: Promise<Health> | null = null;
  let askedAt = 0;
  let hasBeenUp = false;
  const startedAt = performance.now();
  /** Each as soon as it is known: what hangs keeps no other from being told of. */
  const tell = ({ name: dependency, status, durationMs }: Check) => {
    deps.metrics.gauge('dependency_up', { dependency }, status === 'up' ? 1 : 0);
    deps.metrics.gauge('dependency_probe_duration_seconds', { dependency }, durationMs / SECOND_MS);
  };
  const health = () => {
    const now = performance.now();
    if (known === null || now - askedAt >= GOOD_FOR_MS) {
      askedAt = now;
      known = checkHealth(deps, tell);
    }
    return known;
  };
  deps.metrics.onExpose(async () => {
    await health();
  });
  return {
    health,
    heldUpBy: () => {
      if (vitals.lagMs() >= MAX_LAG_MS) return 'the event loop';
      const oldest = vitals.oldest();
      return oldest !== null && oldest.ms >= MAX_IN_HAND_MS ? oldest.name : null;
    },
    isReady: async () => {
      if (vitals.isDraining()) return false;
      // What all processes share and lose together is no reason to send traffic to none of them.
      hasBeenUp ||= isUpEnough((await health()).status, performance.now() - startedAt);
      return hasBeenUp;
    },
  };
}

/** At first all of it is waited for; then what can be missed is missed. */
function isUpEnough(status: Health['status'], afterMs: number): boolean {
  return status === 'ok' || (status === 'degraded' && afterMs >= MAX_WAIT_MS);
}

type Figures = Check['figures'];

async function checkHealth(deps: Deps, tell: (check: Check) => void): Promise<Health> {
  const { db, readers, replicas, sharedCache, bus } = deps;
  const check = async (name: string, look: () => Promise<Figures>): Promise<Check> => {
    const checked = await checkOne(name, look);
    tell(checked);
    return checked;
  };
  const checks = await Promise.all([
    check(PRIMARY, () => plain(pingDatabase(db))),
    ...READ_ROLES.map((role) =>
      check(`database_${role}`, async () => {
        await readers[role](pingDatabase);
        const { all, healthy, lagMs } = replicas(role);
        return { replicas: all, healthyReplicas: healthy, lagSeconds: lagMs / SECOND_MS };
      }),
    ),
    check('redis', () => plain(sharedCache.ping())),
    check('nats', () => plain(bus.ping())),
    check('jetstream', async () => figuresOfStream(await bus.backlog())),
    check('disk', checkDisk),
    check('memory', async () => {
      const { rss, heapUsed } = process.memoryUsage();
      return { residentBytes: rss, heapUsedBytes: heapUsed, freeBytes: freemem() };
    }),
  ]);
  const isUp = (name: string) => checks.some((each) => each.name === name && each.status === 'up');
  if (!isUp(PRIMARY)) return { status: 'down', checks };
  return { status: checks.every(({ status }) => status === 'up') ? 'ok' : 'degraded', checks };
}

/** Never fails, and takes no longer than its time. */
async function checkOne(name: string, look: () => Promise<Figures>): Promise<Check> {
  const startedAt = performance.now();
  const found = look().then(
    (figures) => ({ status: 'up' as const, figures }),
    () => ({ status: 'down' as const, figures: {} }),
  );
  const outcome = await withDeadline(found, CHECK_TIMEOUT_MS, () => ({
    status: 'down' as const,
    figures: {},
  }));
  return { name, ...outcome, durationMs: Math.round((performance.now() - startedAt) * 100) / 100 };
}

/** Of a check that only tells that something answers. */
async function plain(answered: Promise<void>): Promise<Figures> {
  await answered;
  return {};
}

function figuresOfStream({
  messages,
  bytes,
  consumers,
}: Awaited<ReturnType<Deps['bus']['backlog']>>): Figures {
  const each = consumers.flatMap(({ name, pending, ackPending, oldestAgeMs }) => [
    [`${name}.pending`, pending] as const,
    [`${name}.ackPending`, ackPending] as const,
    [`${name}.oldestAgeSeconds`, oldestAgeMs / SECOND_MS] as const,
  ]);
  return { messages, bytes, ...Object.fromEntries(each) };
}

/** @throws when there is next to no room left */
async function checkDisk(): Promise<Figures> {
  const { bavail, blocks, bsize } = await statfs('.');
  if (bavail < blocks * MIN_AVAILABLE_DISK) throw new Error('the file system is full');
  return { availableBytes: bavail * bsize, sizeBytes: blocks * bsize };
}
