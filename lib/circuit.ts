/**
 * Remembers that something on the other side is gone, so that nobody waits for it in vain: opens after so many
 * failures in a row, or when too many of the last calls failed, then lets one caller in each interval try, and closes
 * with the first success. Its figures are in `policies.ts`. It stands beside the breaker of `resilience.ts` where that
 * one does not fit: in front of every call of Redis and the database, where it costs 0.1 µs against 0.3, or 1.8 with
 * cockatiel's timeout; and where success and failure are told from outside, by a connection that is there again, or by
 * a probe that is no call.
 */

import type { Clock } from './clock.ts';
import { type BreakerPolicy, RATE_MIN_CALLS, RATE_WINDOW_MS } from './policies.ts';

export interface Circuit {
  isOpen(): boolean;
  /** Whether the caller may go ahead: always while it is closed, else when it is the one whose turn it is to try. */
  admits(): boolean;
  succeeded(): void;
  failed(): void;
  /** Learns from how a call ends. A failure that the other side itself has told of is an answer. */
  observe<T>(call: Promise<T>, isAnswer?: (error: unknown) => boolean): Promise<T>;
}

type State =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly nextTryAt: number };

/** Of calls, in which their share of failures is looked at. */
interface Window {
  readonly beganAtMs: number;
  calls: number;
  failures: number;
}

const newWindow = (beganAtMs: number): Window => ({ beganAtMs, calls: 0, failures: 0 });

export type CircuitChange = 'opened' | 'closed';
export type CircuitOutcome = 'succeeded' | 'failed' | 'short_circuited';

export function createCircuit(
  policy: Pick<BreakerPolicy, 'failures' | 'failureRate' | 'halfOpenAfterMs'>,
  clock: Clock,
  onChange: (change: CircuitChange) => void = () => {},
  onCall: (outcome: CircuitOutcome) => void = () => {},
): Circuit {
  const { failures: breakAfter, failureRate, halfOpenAfterMs: tryEveryMs } = policy;
  let state: State = { kind: 'closed', failures: 0 };
  const nowMs = () => clock.now().getTime();
  /** Over, so that the first call begins one. */
  let window = newWindow(Number.NEGATIVE_INFINITY);
  const note = (hasFailed: boolean) => {
    if (nowMs() - window.beganAtMs >= RATE_WINDOW_MS) window = newWindow(nowMs());
    window.calls += 1;
    if (hasFailed) window.failures += 1;
  };
  const isTooMany = ({ calls, failures }: Window) =>
    calls >= RATE_MIN_CALLS && failures > failureRate * calls;
  const circuit: Circuit = {
    isOpen: () => state.kind === 'open',
    admits: () => {
      if (state.kind === 'closed') return true;
      if (nowMs() < state.nextTryAt) {
        onCall('short_circuited');
        return false;
      }
      // Counted from its beginning: a try that never ends holds up nobody after it.
      state = { kind: 'open', nextTryAt: nowMs() + tryEveryMs };
      return true;
    },
    succeeded: () => {
      onCall('succeeded');
      const wasOpen = state.kind === 'open';
      state = { kind: 'closed', failures: 0 };
      if (wasOpen) window = newWindow(nowMs());
      note(false);
      if (wasOpen) onChange('closed');
    },
    failed: () => {
      onCall('failed');
      if (state.kind === 'open') return;
      note(true);
      state = { kind: 'closed', failures: state.failures + 1 };
      if (state.failures < breakAfter && !isTooMany(window)) return;
      state = { kind: 'open', nextTryAt: nowMs() + tryEveryMs };
      onChange('opened');
    },
    observe: async (call, isAnswer = () => false) => {
      try {
        const answer = await call;
        circuit.succeeded();
        return answer;
      } catch (error) {
        if (isAnswer(error)) circuit.succeeded();
        else circuit.failed();
        throw error;
      }
    },
  };
  return circuit;
}
