/** The engine behind a circuit: while it gives no answers, nobody waits for them. Writing to it has time, and goes past. */

import type { Logger } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import { type CallPolicy, createGuard } from '#lib/resilience.ts';
import { SearchBudgetSpent, type SearchEngine } from './engine.ts';

/** A search that costs too much says nothing of the engine: nobody shall close it to others by asking for much. */
export const SEARCH_POLICY: CallPolicy = {
  timeoutMs: 1_500,
  retries: 0,
  breakAfter: 5,
  halfOpenAfterMs: 5_000,
  isFailure: (error) => !(error instanceof SearchBudgetSpent),
};

export function guardedEngine(
  engine: SearchEngine,
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
): SearchEngine {
  const guard = createGuard(SEARCH_POLICY);
  guard.onStateChange((state) => {
    log.warn('the circuit to the search engine changed', { state });
    metrics.gauge('circuit_open', { dependency: 'search' }, state === 'open' ? 1 : 0);
  });
  return {
    ...engine,
    search: (request) => guard.run(() => engine.search(request)),
    suggest: (text, limit) => guard.run(() => engine.suggest(text, limit)),
  };
}
