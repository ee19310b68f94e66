/**
 * Floors that Redis was not told of while it was away. It may come back with what it held before, and a process that
 * starts then has heard of no change: so the floors are raised before anything is read.
 */

export interface Raise {
  readonly fence: string;
  readonly version: number;
  /** What is dropped with it. */
  readonly keys: readonly string[];
}

export interface OwedRaises {
  add(raise: Raise): void;
  /** To be called before anything else is asked of a Redis that has come back. */
  pay(): void;
}

const MAX_OWED = 10_000;

/** `tell` gives null where Redis was not reached after all. */
export function createOwedRaises(tell: (raise: Raise) => Promise<unknown>): OwedRaises {
  const owed = new Map<string, Raise>();
  const add = (raise: Raise) => {
    if (raise.version < (owed.get(raise.fence)?.version ?? 0)) return;
    owed.delete(raise.fence);
    owed.set(raise.fence, raise);
    for (const oldest of owed.keys()) {
      if (owed.size <= MAX_OWED) break;
      owed.delete(oldest);
    }
  };
  const payOne = async (raise: Raise) => {
    if ((await tell(raise)) === null) add(raise);
  };
  return {
    add,
    pay: () => {
      const all = [...owed.values()];
      owed.clear();
      for (const raise of all) void payOne(raise);
    },
  };
}
