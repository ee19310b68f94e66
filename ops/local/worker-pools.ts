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
      await processes.become(state.wanted, `${rule.reading} ${reading ?? 'unknown'}`);
      await pause(everyMs, stopping.signal);
    }
  };
  const following = follow();
  return {
    stop: async () => {
      stopping.abort();
      await following;
      await processes.become(0, null);
      await processes.settled();
    },
  };
}

function createProcesses({ group, makePart, supervisor, say }: Omit<PoolOptions, 'rule' | 'read'>) {
  const running: string[] = [];
  const ending = new Map<string, Promise<void>>();

  function freeName(): string {
    for (let number = 1; ; number += 1) {
      const name = `workers-${group}-${number}`;
      if (!running.includes(name) && !ending.has(name)) return name;
    }
  }

  function retire(name: string): void {
    running.splice(running.indexOf(name), 1);
    const end = supervisor
      .retire(name)
      .catch((error: unknown) => say(`! ${name} could not be ended: ${String(error)}`))
      .finally(() => ending.delete(name));
    ending.set(name, end);
  }

  async function start(name: string): Promise<void> {
    try {
      await supervisor.start(await makePart(name));
    } catch (error) {
      const [reason] = String(error).split('\n');
      say(`! ${name} did not start: ${reason}`);
      retire(name);
    }
  }

  return {
    /** Does not wait for those that end: they may have much in hand. */
    become: async (wanted: number, why: string | null): Promise<void> => {
      if (wanted === running.length) return;
      if (why !== null) say(`workers for ${group}: ${running.length} → ${wanted} (${why})`);
      for (const name of running.slice(wanted)) retire(name);
      const names: string[] = [];
      while (running.length < wanted) {
        const name = freeName();
        running.push(name);
        names.push(name);
      }
      await Promise.all(names.map(start));
    },
    settled: async (): Promise<void> => {
      await Promise.all(ending.values());
    },
  };
}
