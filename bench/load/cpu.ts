/** What processes have used, from Linux's /proc: requests per second are noisy, processor time is less so. */

import { readdirSync, readFileSync } from 'node:fs';

/** Of the kernel's interface, whatever the machine's own rate: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const TICKS_PER_SECOND = 100;
const BYTES_PER_KB = 1_024;

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  readonly seconds: number;
}

/** A line of /proc/<pid>/stat; the name in it may hold spaces and brackets. */
export function parseStat(pid: number, stat: string): ProcessTimes {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { pid, parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND };
}

function readTimes(): readonly ProcessTimes[] {
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
  return pids.flatMap((pid) => {
    try {
      return [parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'))];
    } catch {
      return [];
    }
  });
}

/** The process and whatever it has started; none where there is no /proc. */
export function processesOf(root: number): readonly number[] {
  if (process.platform !== 'linux') return [];
  const childrenOf = Map.groupBy(readTimes(), ({ parent }) => parent);
  const below = (pid: number): readonly number[] => [
    pid,
    ...(childrenOf.get(pid) ?? []).flatMap((child) => below(child.pid)),
  ];
  return below(root);
}

/** Processor seconds of the process and whatever it has started, so far; null where there is no /proc. */
export function cpuSeconds(root: number): number | null {
  if (process.platform !== 'linux') return null;
  const childrenOf = Map.groupBy(readTimes(), ({ parent }) => parent);
  const all = [...childrenOf.values()].flat();
  const total = (pid: number): number =>
    (childrenOf.get(pid) ?? []).reduce((sum, child) => sum + child.seconds + total(child.pid), 0);
  return (all.find(({ pid }) => pid === root)?.seconds ?? 0) + total(root);
}

/** Resident memory of one process in bytes, 0 of one that is ending; null where there is no /proc. */
export function residentBytes(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * BYTES_PER_KB;
}
