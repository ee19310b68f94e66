/** Keeps the parts of a stack alive: starts them, restarts those that die, and stops them in reverse order. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, present } from '#lib/assert.ts';
import { REQUEST_LIMITS } from '#lib/policies.ts';
import { watchLiveness } from './liveness.ts';
import type { Part } from './part.ts';
import { type Ending, endGroup, type Launched, launch, signalGroup, signalProcess } from './processes.ts';
import type { Register } from './register.ts';
import { waitUntil } from './waiting.ts';

export interface SupervisorOptions {
  readonly logFolder: string;
  readonly register: Register;
  readonly say: (text: string) => void;
}

export interface Supervisor {
  /** Resolves when the part serves. Rejects with the end of its log when it cannot. */
  start(part: Part): Promise<void>;
  /** Ends every part, the last started first, each before the next. */
  stop(): Promise<void>;
  /** Ends every part at once, without waiting for what they are doing. */
  kill(): Promise<void>;
  /** Ends one part for good; resolves when it has finished what it had in hand, or was ended for taking too long. */
  retire(name: string): Promise<void>;
  /** Of the process that is the part at the moment. */
  pidOf(name: string): number;
  /**
   * Ends a part and keeps it down for a while, for programs that break a stack on purpose. Resolves when it serves
   * again; rejects when it does not within its time, or the stack stops.
   */
  takeDown(name: string, outage: Outage): Promise<void>;
}

export interface Outage {
  readonly signal: NodeJS.Signals;
  readonly downMs: number;
  /** Once the process is gone. */
  readonly meanwhile?: () => Promise<void>;
}

interface Watched {
  readonly part: Part;
  process: Launched;
  startedAtMs: number;
  failuresInARow: number;
  isRetired: boolean;
  /** The wanted end that is under way. */
  outage: { readonly wanted: Outage; readonly over: PromiseWithResolvers<void> } | null;
}

/** Longer than any part gives itself: an origin is not ready for a moment, and then has its writes to finish. */
const STOP_DEADLINE_MS = REQUEST_LIMITS.drainMs + 10_000;
const KILL_DEADLINE_MS = 3_000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 30_000;
/** A part that ran for so long has recovered; its next death is a first one. */
const STEADY_AFTER_MS = 30_000;
const FAILURES_BEFORE_WARNING = 5;
const LOG_LINES_SHOWN = 12;

const now = () => performance.now();

function describeEnding({ code, signal }: Ending): string {
  return signal === null ? `exit code ${code}` : String(signal);
}

/** The first restart is immediate, for most deaths are single; later ones wait twice as long each. */
function backoffMs(failuresInARow: number): number {
  if (failuresInARow <= 1) return 0;
  return Math.min(FIRST_BACKOFF_MS * 2 ** (failuresInARow - 2), MAX_BACKOFF_MS);
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
}

function waitReady(part: Part, process: Launched): Promise<void> {
  let ending: Ending | null = null;
  process.ended.then(
    (value) => {
      ending = value;
    },
    () => undefined,
  );
  const giveUp = () => (ending === null ? null : `${part.name} ended (${describeEnding(ending)}).`);
  return waitUntil(part.name, () => part.isReady(), { deadlineMs: part.readyDeadlineMs, giveUp });
}

/** Until a part that ended by itself is started again. */
async function backOff(
  entry: Watched,
  ending: Ending,
  { say, logFile }: { readonly say: (text: string) => void; readonly logFile: string },
): Promise<void> {
  const { part, startedAtMs } = entry;
  entry.failuresInARow = now() - startedAtMs > STEADY_AFTER_MS ? 1 : entry.failuresInARow + 1;
  if (entry.failuresInARow === FAILURES_BEFORE_WARNING) {
    say(`! ${part.name} keeps ending; it is tried again more slowly. Its log: ${logFile}`);
  }
  say(`! ${part.name} ended (${describeEnding(ending)}) and is being restarted`);
  await Bun.sleep(backoffMs(entry.failuresInARow));
}

async function stayDown({ outage }: Watched): Promise<void> {
  await outage?.wanted.meanwhile?.();
  await Bun.sleep(outage?.wanted.downMs ?? 0);
}

function giveUp({ part, outage }: Watched): void {
  outage?.over.reject(new Error(`${part.name} was not started again, for the stack is stopping.`));
}

async function waitFirstReady({ part, process }: Watched, logFile: string): Promise<void> {
  try {
    await waitReady(part, process);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${reason} The end of its log:\n${await lastLines(logFile)}`, { cause });
  }
}

function firstOf(part: Part, process: Launched): Watched {
  return { part, process, startedAtMs: now(), failuresInARow: 0, isRetired: false, outage: null };
}

function findPart(watched: readonly Watched[], name: string): Watched {
  return present(
    watched.find(({ part }) => part.name === name),
    `a part called ${name}`,
  );
}

async function stopAll(watched: readonly Watched[]): Promise<void> {
  for (const { part, process } of watched.toReversed()) {
    await endGroup(process.pid, part.stopSignal, STOP_DEADLINE_MS);
  }
}

async function endForGood(watched: Watched[], entry: Watched, register: Register): Promise<void> {
  entry.isRetired = true;
  await endGroup(entry.process.pid, entry.part.stopSignal, STOP_DEADLINE_MS);
  watched.splice(watched.indexOf(entry), 1);
  await register.remove(entry.part);
}

async function killAll(watched: readonly Watched[]): Promise<void> {
  const ends = watched.map(({ part, process }) => endGroup(process.pid, part.killSignal, KILL_DEADLINE_MS));
  await Promise.all(ends);
}

function takeDown(entry: Watched, wanted: Outage): Promise<void> {
  assert(entry.outage === null, `${entry.part.name} is down already`);
  const over = Promise.withResolvers<void>();
  entry.outage = { wanted, over };
  signalProcess(entry.process.pid, wanted.signal);
  return over.promise;
}

export function createSupervisor({ logFolder, register, say }: SupervisorOptions): Supervisor {
  const watched: Watched[] = [];
  let isStopping = false;
  const isOver = (entry: Watched) => isStopping || entry.isRetired;
  const logOf = (part: Part) => join(logFolder, `${part.name}.log`);

  async function reportReturn(entry: Watched, diedAtMs: number): Promise<void> {
    const { part, process, outage } = entry;
    entry.outage = null;
    try {
      await waitReady(part, process);
      await register.serves(part);
      watchLife(entry);
      outage?.over.resolve();
      if (!isOver(entry)) say(`✓ ${part.name} is back after ${Math.round(now() - diedAtMs)} ms`);
    } catch (error) {
      outage?.over.reject(error);
      const reason = error instanceof Error ? error.message : String(error);
      if (!isOver(entry)) say(`! ${part.name} is not back yet: ${reason}`);
    }
  }

  async function restart(entry: Watched, ending: Ending): Promise<void> {
    const { part } = entry;
    const diedAtMs = now();
    signalGroup(entry.process.pid, 'SIGKILL');
    await (entry.outage === null ? backOff(entry, ending, { say, logFile: logOf(part) }) : stayDown(entry));
    if (isOver(entry)) return giveUp(entry);
    entry.process = launch(part, logOf(part));
    entry.startedAtMs = now();
    await register.put(part, entry.process.pid);
    watch(entry);
    await reportReturn(entry, diedAtMs);
  }

  /** Only from when the part has served: a slow start is not a death. */
  function watchLife(entry: Watched): void {
    const { part, process } = entry;
    const unwatch = watchLiveness(part, () => {
      if (isOver(entry)) return;
      say(`! ${part.name} no longer answers`);
      signalGroup(process.pid, 'SIGKILL');
    });
    process.ended.then(unwatch, unwatch);
  }

  function watch(entry: Watched): void {
    entry.process.ended
      .then((ending) => (isOver(entry) ? undefined : restart(entry, ending)))
      .catch((error: unknown) => say(`! ${entry.part.name} could not be restarted: ${String(error)}`));
  }

  async function start(part: Part): Promise<void> {
    if (isStopping) throw new Error(`${part.name} was not started, for the stack is stopping.`);
    const process = launch(part, logOf(part));
    const entry = firstOf(part, process);
    watched.push(entry);
    await register.put(part, process.pid);
    await waitFirstReady(entry, logOf(part));
    await register.serves(part);
    watch(entry);
    watchLife(entry);
  }

  async function end(endAll: (all: readonly Watched[]) => Promise<void>): Promise<void> {
    isStopping = true;
    await endAll(watched);
    await register.clear();
  }

  return {
    start,
    stop: () => end(stopAll),
    kill: () => end(killAll),
    retire: (name) => endForGood(watched, findPart(watched, name), register),
    takeDown: (name, outage) => takeDown(findPart(watched, name), outage),
    pidOf: (name) => findPart(watched, name).process.pid,
  };
}
