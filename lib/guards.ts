/** The policies (`policies.ts`) at work in a process: a guard for each dependency, told of in logs and metrics. */

import { assert } from './assert.ts';
import { type Circuit, createCircuit } from './circuit.ts';
import { systemClock } from './clock.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { type BreakerPolicy, type Dependency, POLICIES } from './policies.ts';
import { type CallOutcome, createGuard, type Guard, type GuardOptions } from './resilience.ts';

export interface GuardSurroundings {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly timeLeftMs?: () => number | null;
}

/** The one guard of a dependency in a process, made when it is first asked for. @param isFailure as in {@link GuardOptions} */
export type Guards = (dependency: Dependency, isFailure?: GuardOptions['isFailure']) => Guard;

export function createGuards(surroundings: GuardSurroundings): Guards {
  const guards = new Map<Dependency, Guard>();
  return (dependency, isFailure = () => true) => {
    const guard = guards.get(dependency) ?? guardOf(dependency, surroundings, { isFailure });
    guards.set(dependency, guard);
    return guard;
  };
}

/** @param answers see {@link GuardOptions} */
export function guardOf(
  dependency: Dependency,
  surroundings: GuardSurroundings,
  answers: Pick<GuardOptions, 'isFailure' | 'isBusy'> = {},
): Guard {
  const { metrics, timeLeftMs = () => null } = surroundings;
  const tell = circuitTeller(dependency, surroundings);
  const guard = createGuard(POLICIES[dependency], {
    ...answers,
    timeLeftMs,
    observer: {
      ended: callCounter(dependency, metrics),
      retry: (outcome) => metrics.count('dependency_retries_total', { dependency, outcome }),
      circuit: (state) => {
        if (state !== 'half_open') tell(state === 'open');
      },
    },
  });
  metrics.onExpose(() => {
    const { running, waiting } = guard.load();
    metrics.gauge('bulkhead_running_calls', { dependency }, running);
    metrics.gauge('bulkhead_waiting_calls', { dependency }, waiting);
  });
  return guard;
}

/** The circuit of a dependency whose calls take no guard, see `circuit.ts`. */
export function circuitOf(dependency: Dependency, surroundings: GuardSurroundings): Circuit {
  const policy: BreakerPolicy | null = POLICIES[dependency].breaker;
  assert(policy !== null, `${dependency} has a breaker`);
  const tell = circuitTeller(dependency, surroundings);
  const count = callCounter(dependency, surroundings.metrics);
  return createCircuit(policy, systemClock, (change) => tell(change === 'opened'), count);
}

/** Looks each counter up once: some are counted with every request. */
function callCounter(dependency: Dependency, metrics: Metrics): (outcome: CallOutcome) => void {
  const counters = new Map<CallOutcome, () => void>();
  return (outcome) => {
    const known = counters.get(outcome);
    const counter = known ?? metrics.counter('dependency_calls_total', { dependency, outcome });
    counters.set(outcome, counter);
    counter();
  };
}

/**
 * How a circuit is told of in log and metrics. A probe that fails opens it again: it has been open all the while.
 * @param dependency a name of few
 */
export function circuitTeller(
  dependency: string,
  { log, metrics }: Pick<GuardSurroundings, 'log' | 'metrics'>,
): (isOpen: boolean) => void {
  let wasOpen = false;
  metrics.gauge('circuit_open', { dependency }, 0);
  return (isOpen) => {
    if (isOpen === wasOpen) return;
    wasOpen = isOpen;
    log.warn(isOpen ? 'a dependency is not called for now' : 'a dependency answers again', { dependency });
    metrics.gauge('circuit_open', { dependency }, isOpen ? 1 : 0);
    if (isOpen) metrics.count('circuit_openings_total', { dependency });
  };
}
