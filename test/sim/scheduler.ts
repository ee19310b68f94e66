/**
 * A seeded scheduler for the real code: everything that a process does to the outside passes a turnstile, one at a
 * time, and the seed decides whose turn it is, what is lost on the way, and which process dies where. The same
 * seed gives the same story, to the step.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { present } from '#lib/assert.ts';

/** What happens to one operation. `lost_*`: it throws, and was not, or was, carried out. `crash_*`: nobody is told. */
export type Fate = 'done' | 'lost_before' | 'lost_after' | 'crash_before' | 'crash_after';

interface Turn {
  readonly process: string;
  readonly label: string;
  readonly go: () => void;
}

export interface SchedulerOptions {
  /** Of the turns that are possible, the index of the one that is taken. */
  readonly choose: (turns: readonly Pick<Turn, 'process' | 'label'>[]) => number;
  /** `step` counts the operations of the whole story. */
  readonly fateOf: (operation: {
    readonly process: string;
    readonly label: string;
    readonly step: number;
  }) => Fate;
}

export interface Operation<T> {
  readonly label: string;
  readonly run: () => Promise<T>;
  /** What the caller is told of a lost operation. */
  readonly lost: () => Error;
}

/** One process of the story: its operations wait here for their turn. */
export interface Gate {
  pass<T>(operation: Operation<T>): Promise<T>;
  /** Lets a turn go by: no operation, and never lost. */
  idle(): Promise<void>;
}

export interface Scheduler {
  /** Resolves with the work's value; `crashed` when its process died, which nothing else shows. */
  spawn<T>(process: string, work: (gate: Gate) => Promise<T>): Promise<Ended<T>>;
  /** Runs until every process has ended. @throws when one hangs */
  run(): Promise<void>;
  /** What was done, in order: a story's fingerprint and, when it fails, its explanation. */
  readonly trace: readonly string[];
  /** Operations so far, and those of them that met a fault. */
  readonly counts: { readonly operations: number; readonly faults: number };
}

export type Ended<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'crashed' };

interface Process {
  readonly name: string;
  readonly turns: Set<Turn>;
  /** Operations that are under way: the scheduler waits for them. */
  running: number;
  isOver: boolean;
  readonly crash: () => void;
}

const HANGS_AFTER_MS = 30_000;
const IDLE = 'idle';

export function createScheduler({ choose, fateOf }: SchedulerOptions): Scheduler {
  const alive = new Set<Process>();
  const trace: string[] = [];
  const counts = { operations: 0, faults: 0 };
  let changed = Promise.withResolvers<void>();
  const change = () => changed.resolve();
  // Statements of an open transaction are one operation with it: others would wait for its locks.
  const inside = new AsyncLocalStorage<true>();

  const turn = (process: Process, label: string) =>
    new Promise<void>((resolve) => {
      if (process.isOver) return;
      const waiting: Turn = {
        process: process.name,
        label,
        go: () => {
          process.turns.delete(waiting);
          resolve();
        },
      };
      process.turns.add(waiting);
      change();
    });

  const pass = async <T>(process: Process, { label, run, lost }: Operation<T>): Promise<T> => {
    if (inside.getStore()) return run();
    await turn(process, label);
    counts.operations += 1;
    const fate = fateOf({ process: process.name, label, step: counts.operations });
    if (fate !== 'done') {
      counts.faults += 1;
      trace.push(`  ${fate}`);
    }
    if (fate === 'crash_before') {
      process.crash();
      return never();
    }
    if (fate === 'lost_before') throw lost();
    process.running += 1;
    const [outcome] = await Promise.allSettled([inside.run(true, run)]);
    process.running -= 1;
    if (fate === 'crash_after') {
      process.crash();
      return never();
    }
    // What the others do before this process learns of its own operation happens here.
    await turn(process, `${label}: told`);
    if (fate === 'lost_after') throw lost();
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };

  /** Until each process waits for a turn, and nothing is under way. */
  const settled = async () => {
    const isBusy = () => [...alive].some(({ turns, running }) => running > 0 || turns.size === 0);
    await nextTick();
    while (isBusy()) {
      changed = Promise.withResolvers();
      const timer = setTimeout(() => changed.reject(hangs()), HANGS_AFTER_MS);
      await changed.promise.finally(() => clearTimeout(timer));
      await nextTick();
    }
  };
  const hangs = () => new Error(`a process hangs, after\n${trace.join('\n')}`);

  return {
    trace,
    counts,
    spawn: <T>(name: string, work: (gate: Gate) => Promise<T>) => {
      const ending = Promise.withResolvers<Ended<T>>();
      const end = (ended: Ended<T>) => {
        process.isOver = true;
        alive.delete(process);
        ending.resolve(ended);
        change();
      };
      const process: Process = {
        name,
        turns: new Set(),
        running: 0,
        isOver: false,
        crash: () => end({ kind: 'crashed' }),
      };
      alive.add(process);
      const gate: Gate = {
        pass: (operation) => pass(process, operation),
        idle: () => turn(process, IDLE),
      };
      // Its work begins outside of whatever operation has spawned it.
      inside
        .exit(() => work(gate))
        .then(
          (value) => end({ kind: 'value', value }),
          (error: unknown) => end({ kind: 'error', error }),
        );
      return ending.promise;
    },
    run: async () => {
      await settled();
      while (alive.size > 0) {
        const turns = [...alive].flatMap((process) => [...process.turns]);
        const next = present(turns[choose(turns)], 'a turn');
        if (next.label !== IDLE) trace.push(`${next.process}: ${next.label}`);
        next.go();
        await settled();
      }
    },
  };
}

function never(): Promise<never> {
  return new Promise(() => {});
}

function nextTick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
