/**
 * The policy around calls that leave the process (`policies.ts`), on cockatiel: bulkhead, retries within a budget,
 * circuit breaker, timeout. What happens is told to an observer, for metrics and logs.
 */

import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  ExponentialBackoff,
  handleWhen,
  type IBreaker,
  isBrokenCircuitError,
  isTaskCancelledError,
  retry,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
} from 'cockatiel';
import { createRoom, Overflow } from './bulkhead.ts';
import { SECOND_MS } from './clock.ts';
import { withDeadline } from './deadline.ts';
import {
  type BreakerPolicy,
  halfOpenAfterMs,
  type Policy,
  RATE_MIN_CALLS,
  RATE_WINDOW_MS,
} from './policies.ts';
import { AppError } from './problems.ts';
import { createRetryBudget } from './retry-budget.ts';

export interface GuardOptions {
  /** Which failures count: an answer that says 'you are wrong' is no failure of the dependency. */
  readonly isFailure?: (error: unknown) => boolean;
  /** Which answers that are no failure say 'not now': they are worth repeating, and open no circuit. */
  readonly isBusy?: (error: unknown) => boolean;
  /** What the request at hand has left, in milliseconds; null where nobody waits. */
  readonly timeLeftMs?: () => number | null;
  readonly observer?: GuardObserver;
}

/** `refused`: the dependency said no, and is well. `short_circuited` and `overflowed`: it was not called. */
export type CallOutcome =
  | 'succeeded'
  | 'refused'
  | 'failed'
  | 'timed_out'
  | 'out_of_time'
  | 'short_circuited'
  | 'overflowed';

export interface GuardObserver {
  ended?(outcome: CallOutcome): void;
  /** `over_budget`: it would have been worth it, but was not made. */
  retry?(outcome: 'made' | 'over_budget'): void;
  circuit?(state: CircuitName): void;
}

export interface Guard {
  /**
   * Runs the call under the policy. The signal is aborted when the attempt's time is up.
   * @throws {AppError} `unavailable` when the bulkhead is full or the request has no time left; else what the call does
   */
  run<T>(call: Call<T>): Promise<T>;
  load(): { readonly running: number; readonly waiting: number };
}

type Call<T> = (signal: AbortSignal) => Promise<T>;

const CIRCUIT_NAMES = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Isolated]: 'open',
} as const;

export type CircuitName = (typeof CIRCUIT_NAMES)[CircuitState];

/** The request has no time left for the call: that says nothing of the dependency. */
class OutOfTime extends AppError {
  constructor() {
    super('unavailable');
  }
}

/** Carries a failure past the retries, for their budget is spent. */
class NotAgain extends Error {}

export function createGuard(policy: Policy, options: GuardOptions = {}): Guard {
  const { isFailure = () => true, isBusy = () => false, observer = {} } = options;
  const counts = (error: unknown) => !(error instanceof OutOfTime) && isFailure(error);
  const isWorthRepeating = (error: unknown) =>
    (counts(error) || isBusy(error)) && !isBrokenCircuitError(error) && !(error instanceof NotAgain);
  const attempt = attempts(policy, options);
  const throughBreaker = breakerOf(policy.breaker, counts, observer);
  const room = policy.bulkhead && createRoom(policy.bulkhead);
  const { most, firstWaitMs, longestWaitMs } = policy.retry;
  const budget = createRetryBudget(policy.retry.budget);
  const retries = retry(handleWhen(isWorthRepeating), {
    maxAttempts: most,
    backoff: new ExponentialBackoff({ initialDelay: firstWaitMs, maxDelay: longestWaitMs }),
  });

  const repeated = <T>(call: Call<T>): Promise<T> => {
    budget.earn();
    return retries.execute(async ({ attempt: before }) => {
      if (before > 0) observer.retry?.('made');
      try {
        return await throughBreaker(() => attempt(call));
      } catch (error) {
        if (before === most || !isWorthRepeating(error) || budget.take()) throw error;
        observer.retry?.('over_budget');
        throw new NotAgain('the retry budget is spent', { cause: error });
      }
    });
  };
  return {
    run: async (call) => {
      let leave: (() => void) | undefined;
      try {
        leave = await room?.enter();
        const answer = await repeated(call);
        observer.ended?.('succeeded');
        return answer;
      } catch (thrown) {
        const error = thrown instanceof NotAgain ? thrown.cause : thrown;
        observer.ended?.(outcomeOf(error, isFailure));
        throw error;
      } finally {
        leave?.();
      }
    },
    load: () => room?.load() ?? { running: 0, waiting: 0 },
  };
}

/** One attempt, which ends with the request's time at the latest. */
function attempts({ timeoutMs }: Policy, { timeLeftMs = () => null }: GuardOptions) {
  const limit = timeout(timeoutMs, {
    strategy: TimeoutStrategy.Aggressive,
    // An answer's body may be read after the call has returned; aborting then would cut it off.
    abortOnReturn: false,
  });
  return async <T>(call: Call<T>): Promise<T> => {
    const leftMs = timeLeftMs() ?? timeoutMs;
    if (leftMs <= 0) throw new OutOfTime();
    const limited = limit.execute(({ signal }) => call(signal));
    if (leftMs >= timeoutMs) return limited;
    return withDeadline(limited, leftMs, () => {
      throw new OutOfTime();
    });
  };
}

type Through = <T>(call: () => Promise<T>) => Promise<T>;

function breakerOf(
  policy: BreakerPolicy | null,
  counts: (error: unknown) => boolean,
  observer: GuardObserver,
): Through {
  if (policy === null) return (call) => call();
  // A probe that ran out of its request's time has not shown that all is well.
  const isFailure = (error: unknown) =>
    counts(error) || (error instanceof OutOfTime && breaker.state === CircuitState.HalfOpen);
  const breaker = circuitBreaker(handleWhen(isFailure), {
    halfOpenAfter: new DelegateBackoff(({ attempt }: { readonly attempt: number }) =>
      halfOpenAfterMs(policy, attempt),
    ),
    breaker: eitherOf(
      new ConsecutiveBreaker(policy.failures),
      new SamplingBreaker({
        threshold: policy.failureRate,
        duration: RATE_WINDOW_MS,
        minimumRps: (RATE_MIN_CALLS * SECOND_MS) / RATE_WINDOW_MS,
      }),
    ),
  });
  breaker.onStateChange((state) => observer.circuit?.(CIRCUIT_NAMES[state]));
  return (call) => {
    // The one that probes is under way: cockatiel would have everybody else wait for it.
    if (breaker.state === CircuitState.HalfOpen) throw new BrokenCircuitError();
    return breaker.execute(call);
  };
}

/** Opens when one of the two would; both hear of every call. */
function eitherOf(one: IBreaker, other: IBreaker): IBreaker {
  return {
    state: null,
    success: (state) => {
      one.success(state);
      other.success(state);
    },
    failure: (state) => [one.failure(state), other.failure(state)].includes(true),
  };
}

function outcomeOf(error: unknown, isFailure: (error: unknown) => boolean): CallOutcome {
  if (error instanceof OutOfTime) return 'out_of_time';
  if (error instanceof Overflow) return 'overflowed';
  if (isCircuitOpen(error)) return 'short_circuited';
  if (isTimeout(error)) return 'timed_out';
  return isFailure(error) ? 'failed' : 'refused';
}

/** True when the call was never made because the circuit is open. */
export function isCircuitOpen(error: unknown): boolean {
  return isBrokenCircuitError(error);
}

/** True when the attempt's time ran out; whether the other side acted is not known. */
export function isTimeout(error: unknown): boolean {
  return isTaskCancelledError(error);
}
