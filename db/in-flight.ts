/** Work in flight at one server: a bounded number, each with a deadline, all given up at once when the server is. */

import { AppError } from '#lib/problems.ts';

/** No answer within the deadline. */
export class ReadLate extends AppError {
  constructor() {
    super('unavailable');
  }
}

export interface InFlight {
  readonly count: () => number;
  /** @throws {AppError} `unavailable` at the limit, {@link ReadLate} past the deadline, or what {@link abandon} was given. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Ends everything in flight with this error; whatever the server may still answer is dropped. */
  abandon(error: Error): void;
}

export interface InFlightLimits {
  readonly max: number;
  readonly timeoutMs: number;
}

export function createInFlight({ max, timeoutMs }: InFlightLimits): InFlight {
  const running = new Set<(error: Error) => void>();
  return {
    count: () => running.size,
    run: async <T>(work: () => Promise<T>) => {
      if (running.size >= max) throw new AppError('unavailable');
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const timer = setTimeout(() => reject(new ReadLate()), timeoutMs);
      running.add(reject);
      try {
        work().then(resolve, reject);
        return await promise;
      } finally {
        clearTimeout(timer);
        running.delete(reject);
      }
    },
    abandon: (error) => {
      for (const reject of running) reject(error);
    },
  };
}
