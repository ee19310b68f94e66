/**
 * How far the primary's log is, for whoever wants to read no less from a replica. A primary that is gone, or that
 * hangs, holds nobody up: while it does not answer, any replica will do.
 */

import { createCircuit } from '#lib/circuit.ts';
import type { Clock } from '#lib/clock.ts';
import { withDeadline } from '#lib/deadline.ts';
import { POLICIES } from '#lib/policies.ts';
import type { Database } from './client.ts';
import { positionAfterCommit, WAL_START, type WalPosition } from './wal.ts';

/** Never fails. */
export type LatestPosition = () => Promise<WalPosition>;

const { timeoutMs: WAITS_MS, breaker: SILENCE } = POLICIES['postgres-position'];

class PrimarySilent extends Error {
  override readonly name = 'PrimarySilent';
}

export function createLatestPosition(db: Database, clock: Clock): LatestPosition {
  const circuit = createCircuit(SILENCE, clock);
  return async () => {
    if (!circuit.admits()) return WAL_START;
    const asked = withDeadline(positionAfterCommit(db), WAITS_MS, () => {
      throw new PrimarySilent('the primary does not say how far it is');
    });
    return circuit.observe(asked).catch(() => WAL_START);
  };
}
