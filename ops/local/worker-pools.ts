/**
 * Keeps as many processes of each scaled group of workers as its rule wants: takes a reading, asks the rule, starts what
 * is missing and retires what is too much. What is retired finishes what it has in hand.
 */

import { SECOND_MS } from '#lib/clock.ts';
import { withDeadline } from '#lib/deadline.ts';
import { pause } from '#workers/consumer.ts';
import type { ScaledGroup } from '#workers/groups.ts';
import { decide, type ScalingRule, type ScalingState, UNSCALED } from '#workers/scaling.ts';
import type { Part } from './part.ts';
import type { Supervisor } from './supervisor.ts';

const READ_EVERY_MS = 2 * SECOND_MS;
const READING_TIMEOUT_MS = 4 * SECOND_MS;
/** What did not start just now hardly starts a moment later. */
const FAILED_START_MS = 15 * SECOND_MS;

export interface PoolOptions {
  readonly group: ScaledGroup;
  readonly rule: ScalingRule;
  /** @throws when it cannot be taken; then the pool stays as it is. */
  readonly read: () => Promise<number>;
  readonly makePart: (name: string) => Promise<Part>;
  readonly supervisor: Pick<Supervisor, 'start' | 'retire'>;
  readonly say: (text: string) => void;
  readonly everyMs?: number;
}

export interface WorkerPool {
  /** Ends every process of the pool, all at once. */
  stop(): Promise<void>;
}

export function startPool({ everyMs = READ_EVERY_MS, ...options }: PoolOptions): WorkerPool {
  const { rule, read } = options;
  const stopping = new AbortController();
  const processes = createProcesses(options);
  const follow = async () => {
    let state: ScalingState = UNSCALED;
    while (!stopping.signal.aborted) {
      const reading = await withDeadline(read(), READING_TIMEOUT_MS, () => null).catch(() => null);
      if (stopping.signal.aborted) return;
      state = decide(rule, state, reading, performance.now());
      processes.become(state.wanted, `${rule.reading} ${reading ?? 'unknown'}`);
      await pause(everyMs, stopping.signal);
    }
  };
  const following = follow();
  return {
    stop: async () => {
      stopping.abort();
      await following;
      await processes.end();
    },
  };
}

interface Process {
  readonly name: string;
  isWanted: boolean;
  hasBegun: boolean;
}

/** Nobody waits for those that start or end: there may be more to decide meanwhile. */
function createProcesses({ group, makePart, supervisor, say }: Omit<PoolOptions, 'rule' | 'read'>) {
  const wanted: Process[] = [];
  const ending = new Map<string, Promise<void>>();
  let startsNoneUntilMs = 0;

  function add(): Process {
    const isTaken = (name: string) => ending.has(name) || wanted.some((process) => process.name === name);
    let number = 1;
    while (isTaken(`workers-${group}-${number}`)) number += 1;
    const process = { name: `workers-${group}-${number}`, isWanted: true, hasBegun: false };
    wanted.push(process);
    return process;
  }

  function retire(process: Process): void {
    const { name } = process;
    process.isWanted = false;
    wanted.splice(wanted.indexOf(process), 1);
    if (!process.hasBegun) return;
    const end = supervisor
      .retire(name)
      .catch((error: unknown) => say(`! ${name} could not be ended: ${String(error)}`))
      .finally(() => ending.delete(name));
    ending.set(name, end);
  }

  async function start(process: Process): Promise<void> {
    try {
      const part = await makePart(process.name);
      if (!process.isWanted) return;
      process.hasBegun = true;
      await supervisor.start(part);
    } catch (error) {
      if (!process.isWanted) return;
      const [reason] = String(error).split('\n');
      say(`! ${process.name} did not start: ${reason}`);
      startsNoneUntilMs = performance.now() + FAILED_START_MS;
      retire(process);
    }
  }

  return {
    become: (count: number, why: string): void => {
      const canStart = performance.now() >= startsNoneUntilMs;
      if (count === wanted.length || (count > wanted.length && !canStart)) return;
      say(`workers for ${group}: ${wanted.length} → ${count} (${why})`);
      for (const process of wanted.slice(count)) retire(process);
      while (wanted.length < count) void start(add());
    },
    end: async (): Promise<void> => {
      for (const process of [...wanted]) retire(process);
      await Promise.all(ending.values());
    },
  };
}
