/** What each part of the shop holds in memory, with the processes that it has started, once a second. */

import { residentBytes } from '#bench/load/cpu.ts';
import type { WatchedShop } from '#bench/watched/shop.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { listProcesses } from '#ops/local/processes.ts';

export const WATCHED = ['origin-1', 'origin-2', 'workers-1', 'workers-2', 'edge'] as const;
export type WatchedName = (typeof WATCHED)[number];

export interface MemoryTrace {
  readonly name: WatchedName;
  /** Megabytes, one a second from the first. */
  readonly megabytes: number[];
  /** Whether it is another process by now. */
  wasRestarted: boolean;
}

const BYTES_PER_MB = 1_000_000;

/** Until the signal. @throws {Error} where the system does not tell */
export async function traceMemory(shop: WatchedShop, until: AbortSignal): Promise<readonly MemoryTrace[]> {
  const { supervisor } = shop.stack;
  const first = new Map(WATCHED.map((name) => [name, supervisor.pidOf(name)]));
  const traces = WATCHED.map((name): MemoryTrace => ({ name, megabytes: [], wasRestarted: false }));
  const begun = performance.now();
  for (let second = 1; !until.aborted; second += 1) {
    const processes = await listProcesses();
    for (const trace of traces) {
      const leader = supervisor.pidOf(trace.name);
      trace.wasRestarted ||= leader !== first.get(trace.name);
      // Each part leads a group of its own.
      const pids = processes.filter(({ group }) => group === leader).map(({ pid }) => pid);
      trace.megabytes.push(pids.reduce((sum, pid) => sum + residentOf(pid), 0) / BYTES_PER_MB);
    }
    await Bun.sleep(Math.max(0, begun + second * SECOND_MS - performance.now()));
  }
  return traces;
}

/** One that has just ended holds nothing. */
function residentOf(pid: number): number {
  try {
    return residentBytes(pid) ?? Number.NaN;
  } catch {
    return 0;
  }
}
