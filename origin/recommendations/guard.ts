/** How long recommendations may keep an answer waiting, and when they are not asked any more. */

import type { Logger } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import { type CallPolicy, createGuard, type Guard } from '#lib/resilience.ts';
import { isRefusal } from '#origin/cache/stand-ins.ts';

export const RECOMMENDATIONS_POLICY: CallPolicy = {
  timeoutMs: 300,
  retries: 0,
  breakAfter: 5,
  halfOpenAfterMs: 5_000,
  isFailure: (error) => !isRefusal(error),
};

export function createRecommendationsGuard({
  log,
  metrics,
}: {
  readonly log: Logger;
  readonly metrics: Metrics;
}): Guard {
  const guard = createGuard(RECOMMENDATIONS_POLICY);
  guard.onStateChange((state) => {
    log.warn('the circuit to recommendations changed', { state });
    metrics.gauge('circuit_open', { dependency: 'recommendations' }, state === 'open' ? 1 : 0);
  });
  return guard;
}
