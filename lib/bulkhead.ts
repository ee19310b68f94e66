/** A limit on how much runs at once, with a bounded queue: what is over it is refused at once. */

import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import { AppError } from './problems.ts';

export interface BulkheadLimits {
  readonly maxRunning: number;
  readonly maxWaiting: number;
}

export type Bulkhead = <T>(work: () => Promise<T>) => Promise<T>;

/** The function that it returns throws {@link AppError} `unavailable` when the queue is full. */
export function createBulkhead({ maxRunning, maxWaiting }: BulkheadLimits): Bulkhead {
  const policy = bulkhead(maxRunning, maxWaiting);
  return async (work) => {
    try {
      return await policy.execute(work);
    } catch (error) {
      throw error instanceof BulkheadRejectedError ? new AppError('unavailable') : error;
    }
  };
}
