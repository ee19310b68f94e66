/**
 * A limit on how much runs at once, with a bounded queue: what is over it is refused at once. Not cockatiel's, which
 * begins what has waited in the asynchronous context of the request that has just ended, and so with its time left.
 */

import type { BulkheadPolicy } from './policies.ts';
import { AppError } from './problems.ts';

export type Bulkhead = <T>(work: () => Promise<T>) => Promise<T>;

/** All places are taken, those in the queue, too. */
export class Overflow extends AppError {
  constructor() {
    super('unavailable');
  }
}

export interface Room {
  /** Resolves when there is a place; what it gives leaves the place again. @throws {Overflow} */
  enter(): Promise<() => void>;
  /** Whoever entered now would be refused. */
  isFull(): boolean;
  load(): { readonly running: number; readonly waiting: number };
}

export function createRoom({ maxRunning, maxWaiting }: BulkheadPolicy): Room {
  let running = 0;
  const waiting: (() => void)[] = [];
  /** The place goes to the one who has waited longest. */
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  const isFull = () => running >= maxRunning && waiting.length >= maxWaiting;
  return {
    isFull,
    enter: async () => {
      if (isFull()) throw new Overflow();
      if (running < maxRunning) running += 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return leave;
    },
    load: () => ({ running, waiting: waiting.length }),
  };
}

/** The function that it returns throws {@link Overflow} when the queue is full. */
export function createBulkhead(limits: BulkheadPolicy): Bulkhead {
  return within(createRoom(limits));
}

/** Runs work in a room that others look into. */
export function within(room: Room): Bulkhead {
  return async (work) => {
    const leave = await room.enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
