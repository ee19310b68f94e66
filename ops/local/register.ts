/**
 * The register of what a launcher has started, written at each start of a process. A launcher that was killed
 * leaves it behind, and the next one ends what still runs.
 */

import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Part } from './part.ts';
import { endGroup, listProcesses, type ProcessEntry, signalProcess } from './processes.ts';

export interface Registered {
  readonly name: string;
  readonly pid: number;
  readonly marker: string;
  readonly stopSignal: NodeJS.Signals;
  readonly renewSignal?: NodeJS.Signals;
  /** Whether this very process has come so far. */
  readonly serves: boolean;
}

export interface Register {
  /** A process that was started. */
  put(part: Part, pid: number): Promise<void>;
  serves(part: Part): Promise<void>;
  remove(part: Part): Promise<void>;
  clear(): Promise<void>;
}

const OWNER_ONLY = 0o600;
const STOP_DEADLINE_MS = 10_000;

const registerFile = (folder: string) => join(folder, 'processes.json');

export function openRegister(folder: string): Register {
  const entries = new Map<string, Registered>();
  const file = registerFile(folder);
  let written = Promise.resolve();
  const write = async () => {
    await writeFile(`${file}.new`, JSON.stringify([...entries.values()]), { mode: OWNER_ONLY });
    await rename(`${file}.new`, file);
  };
  const writeNext = () => {
    written = written.then(write);
    return written;
  };
  return {
    put: ({ name, marker, stopSignal, renewSignal }, pid) => {
      const signals = { stopSignal, ...(renewSignal === undefined ? {} : { renewSignal }) };
      entries.set(name, { name, pid, marker, ...signals, serves: false });
      return writeNext();
    },
    serves: async ({ name }) => {
      const entry = entries.get(name);
      if (entry === undefined) return;
      entries.set(name, { ...entry, serves: true });
      await writeNext();
    },
    remove: ({ name }) => {
      entries.delete(name);
      return writeNext();
    },
    clear: async () => {
      await written;
      await rm(file, { force: true });
    },
  };
}

/** In the order in which they were started first. */
export async function readRegister(folder: string): Promise<readonly Registered[]> {
  try {
    return JSON.parse(await readFile(registerFile(folder), 'utf8')) as Registered[];
  } catch {
    return [];
  }
}

/** Ends one part and what it had started. A process id that is now somebody else's is left alone. */
async function endLeftover(part: Registered, running: readonly ProcessEntry[]): Promise<boolean> {
  const members = running.filter((entry) => entry.group === part.pid);
  const isOurs = members.some((entry) => entry.pid === part.pid && entry.command.includes(part.marker));
  if (isOurs) {
    await endGroup(part.pid, part.stopSignal, STOP_DEADLINE_MS);
    return true;
  }
  const orphans = members.filter((entry) => entry.pid !== part.pid && entry.command.includes(folderOf(part)));
  for (const orphan of orphans) signalProcess(orphan.pid, 'SIGKILL');
  return orphans.length > 0;
}

/** A marker is a path inside the checkout for the parts that have children of their own. */
function folderOf(part: Registered): string {
  return part.marker.replace(/\/(ops|origin|workers)\/.*$/, '/');
}

/**
 * Ends what an earlier launcher left running, last started first.
 * @returns the names of the parts that were still there.
 */
export async function endLeftovers(folder: string): Promise<readonly string[]> {
  const registered = await readRegister(folder);
  if (registered.length === 0) return [];
  const running = await listProcesses();
  const ended: string[] = [];
  for (const part of registered.toReversed()) {
    if (await endLeftover(part, running)) ended.push(part.name);
  }
  await rm(registerFile(folder), { force: true });
  return ended;
}
