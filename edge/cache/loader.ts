/** Loads from the origin, one fetch at a time for each key, fenced against purges that overtake a fetch. */

import { SECOND_MS } from '#lib/clock.ts';
import { withDeadline } from '#lib/deadline.ts';
import { REQUEST_LIMITS } from '#lib/policies.ts';
import { AppError } from '#lib/problems.ts';
import { type FillDeps, type Filled, type FillRequest, fill, type Near } from './fill.ts';
import { createSingleFlight } from './single-flight.ts';

const MAX_FLIGHT_MS = REQUEST_LIMITS.catalogMs + SECOND_MS;
/** So often a request joins flights that turn out not to be for it, before it fetches for itself. */
const MAX_JOINS = 2;
const OK = 200;

export interface Loaded extends Filled {
  /** Fetched on behalf of another request. */
  readonly isCollapsed: boolean;
}

export interface LoadRequest extends FillRequest {
  /** Keeps work alive after the answer has gone out. */
  readonly inBackground: (work: Promise<unknown>) => void;
  /** Requests of one flight ask the origin the same, word by word. */
  readonly flight: string;
}

export type Loader = (request: LoadRequest, near: Near) => Promise<Loaded>;

export function createLoader(deps: FillDeps): Loader {
  const flights = createSingleFlight<Filled>(deps.clock, MAX_FLIGHT_MS);
  return async (request, near) => {
    for (let joins = 0; joins < MAX_JOINS; joins += 1) {
      const flight = flights.join(request.flight, () => fill(deps, request, near));
      if (flight.isLeader) {
        // Others may wait for it: it must land even if this client hangs up.
        request.inBackground(flight.outcome.catch(() => undefined));
        return { ...(await flight.outcome), isCollapsed: false };
      }
      const filled = await withDeadline(flight.outcome, MAX_FLIGHT_MS, () => {
        throw new AppError('unavailable');
      });
      // A request that came after a purge must not be given what was read before it.
      const isOurs = isShareable(filled) && !(await deps.store.isPurged(filled.answer));
      if (isOurs) return { ...filled, isCollapsed: true };
    }
    return { ...(await fill(deps, request, near)), isCollapsed: false };
  };
}

/** Refusals and failures are shared as well, so that a failing origin is not asked by everyone at once. */
function isShareable({ answer, isStored }: Filled): boolean {
  const setsCookie = answer.headers.some(([name]) => name === 'set-cookie');
  return isStored || (answer.status !== OK && !setsCookie);
}
