/** How a circuit breaker is told of. */

import type { Metrics } from './metrics.ts';

/** From now on the dependency has a circuit. Returns how to say that it has opened or closed. */
export function reportCircuit(metrics: Metrics, dependency: string): (isOpen: boolean) => void {
  const countOpening = metrics.counter('circuit_openings_total', { dependency });
  metrics.gauge('circuit_open', { dependency }, 0);
  return (isOpen) => {
    metrics.gauge('circuit_open', { dependency }, isOpen ? 1 : 0);
    if (isOpen) countOpening();
  };
}
