/**
 * The policy around calls that leave the process: timeout, retries with jittered exponential backoff, and a
 * circuit breaker. A thin, typed front on cockatiel, so that every dependency is described the same way.
 */

import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  isBrokenCircuitError,
  isTaskCancelledError,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';

export interface CallPolicy {
  /** How long one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
  /** How many times a failed attempt is repeated; 0 where repeating is not safe. */
  readonly retries: number;
  /** The circuit opens after so many consecutive failures... */
  readonly breakAfter: number;
  /** ...and lets a probe through after so many milliseconds. */
  readonly halfOpenAfterMs: number;
  /** Which failures count: an answer that says 'you are wrong' is no failure of the dependency. */
  readonly isFailure: (error: unknown) => boolean;
}

export interface Guard {
  /** Runs the call under the policy. The signal is aborted when the attempt's time is up. */
  run<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T>;
  onStateChange(listener: (state: CircuitName) => void): void;
}

const CIRCUIT_NAMES = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Isolated]: 'open',
} as const;

export type CircuitName = (typeof CIRCUIT_NAMES)[CircuitState];

const INITIAL_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 2_000;

export function createGuard(policy: CallPolicy): Guard {
  const failures = handleWhen(policy.isFailure);
  const breaker = circuitBreaker(failures, {
    halfOpenAfter: policy.halfOpenAfterMs,
    breaker: new ConsecutiveBreaker(policy.breakAfter),
  });
  const retries = retry(
    handleWhen((error) => policy.isFailure(error) && !isBrokenCircuitError(error)),
    {
      maxAttempts: policy.retries,
      backoff: new ExponentialBackoff({ initialDelay: INITIAL_BACKOFF_MS, maxDelay: MAX_BACKOFF_MS }),
    },
  );
  const attempt = timeout(policy.timeoutMs, {
    strategy: TimeoutStrategy.Aggressive,
    // An answer's body may be read after the call has returned; aborting then would cut it off.
    abortOnReturn: false,
  });
  const stack = wrap(retries, breaker, attempt);
  return {
    run: (call) => stack.execute(({ signal }) => call(signal)),
    onStateChange: (listener) => {
      breaker.onStateChange((state) => listener(CIRCUIT_NAMES[state]));
    },
  };
}

/** True when the call was never made because the circuit is open. */
export function isCircuitOpen(error: unknown): boolean {
  return isBrokenCircuitError(error);
}

/** True when the attempt's time ran out; whether the other side acted is not known. */
export function isTimeout(error: unknown): boolean {
  return isTaskCancelledError(error);
}
