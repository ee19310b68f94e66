/** Processes of the operating system: starting one in a group of its own, ending the group, listing all. */

import { closeSync, openSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { runCommand } from './commands.ts';
import type { Part } from './part.ts';
import { waitUntil } from './waiting.ts';

export interface Ending {
  readonly code: number | null;
  readonly signal: string | number | null;
}

export interface Launched {
  readonly pid: number;
  readonly ended: Promise<Ending>;
}

/**
 * Starts the part as the leader of its own session, so that Ctrl-C in the terminal does not reach it and the
 * order of the shutdown is the launcher's. What it prints is appended to the log file.
 */
export function launch(part: Part, logFile: string): Launched {
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = Bun.spawn([...part.command], {
      cwd: part.cwd,
      env: { ...process.env, ...part.environment },
      stdio: ['ignore', log, log],
      detached: true,
    });
    const ended = child.exited.then(() => ({ code: child.exitCode, signal: child.signalCode }));
    return { pid: child.pid, ended };
  } finally {
    closeSync(log);
  }
}

function signalTo(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A process that has ended but was not collected by its new parent still takes signals. */
function isUncollected(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

export function isAlive(pid: number): boolean {
  return signalTo(pid, 0) && !isUncollected(pid);
}

export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  signalTo(pid, signal);
}

/** Reaches what the process started as well, also after its leader has gone. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  signalTo(-leader, signal);
}

const KILL_DEADLINE_MS = 5_000;

/** A graceful end within the deadline, or a hard one; afterwards nothing of the group is left. */
export async function endGroup(leader: number, signal: NodeJS.Signals, deadlineMs: number): Promise<void> {
  const isGone = async () => !isAlive(leader);
  signalProcess(leader, signal);
  try {
    await waitUntil('The end of a process', isGone, { deadlineMs, pollMs: 20 });
  } catch {
    signalGroup(leader, 'SIGKILL');
    await waitUntil('The end of a killed process', isGone, { deadlineMs: KILL_DEADLINE_MS, pollMs: 20 });
  }
  signalGroup(leader, 'SIGKILL');
}

export interface ProcessEntry {
  readonly pid: number;
  readonly group: number;
  readonly command: string;
}

/** From Linux's /proc, for slim images carry no `ps`. */
async function readProcEntry(pid: number): Promise<ProcessEntry | null> {
  try {
    const [status, commandLine] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    const [state, , group] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') return null;
    return { pid, group: Number(group), command: commandLine.replaceAll('\0', ' ') };
  } catch {
    return null;
  }
}

async function listWithPs(): Promise<ProcessEntry[]> {
  const { output } = await runCommand(['ps', '-A', '-ww', '-o', 'pid=,pgid=,command=']);
  return output.split('\n').flatMap((line) => {
    const [, pid, group, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return command === undefined ? [] : [{ pid: Number(pid), group: Number(group), command }];
  });
}

export async function listProcesses(): Promise<readonly ProcessEntry[]> {
  if (process.platform !== 'linux') return listWithPs();
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const entries = await Promise.all(pids.map(readProcEntry));
  return entries.filter((entry) => entry !== null);
}
