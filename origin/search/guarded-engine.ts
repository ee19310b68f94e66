/** The engine behind a guard: while it gives no answers, nobody waits for them. Writing to it has time, and goes past. */

import type { Guard } from '#lib/resilience.ts';
import { SearchBudgetSpent, type SearchEngine } from './engine.ts';

export function guardedEngine(engine: SearchEngine, guard: Guard): SearchEngine {
  return {
    ...engine,
    search: (request) => guard.run(() => engine.search(request)),
    suggest: (text, limit) => guard.run(() => engine.suggest(text, limit)),
  };
}

/** A search that costs too much says nothing of the engine: nobody shall close it to others by asking for much. */
export function isEnginesFailure(error: unknown): boolean {
  return !(error instanceof SearchBudgetSpent);
}
