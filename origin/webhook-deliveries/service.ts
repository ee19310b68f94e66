/** Deliveries of webhooks: what other features and the workers call. */

import { after, DAY_MS, SECOND_MS } from '#lib/clock.ts';
import type { Deps } from '#origin/deps.ts';
import { reportDisabled, sweepEndpoints } from '#origin/webhook-endpoints/service.ts';
import * as store from './store.ts';

export { attempt, claimDue } from './attempt.ts';
export { fanOut } from './fan-out.ts';
export type { Claimed } from './store.ts';

const KEPT_MS = 30 * DAY_MS;
const BATCH = 1_000;
/** Of one sweep; the next goes on. */
const MAX_BATCHES = 100;

/** What is older than the log goes back, and what is left of deleted endpoints. */
export async function sweepDeliveries(deps: Deps): Promise<void> {
  const before = after(deps.clock.now(), -KEPT_MS);
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const gone = await deps.db.transaction((tx) => store.purge(tx, before, BATCH));
    if (gone === 0) break;
  }
  await sweepEndpoints(deps);
}

/** Looked up whenever the process's metrics are read. */
export function reportDeliveries(deps: Deps): void {
  const { db, clock, metrics } = deps;
  metrics.onExpose(() => reportDisabled(deps));
  metrics.onExpose(async () => {
    const { waiting, dueSince } = await store.readBacklog(db);
    const ageMs = dueSince === null ? 0 : Math.max(0, clock.now().getTime() - dueSince.getTime());
    metrics.gauge('webhook_deliveries_waiting', {}, waiting);
    metrics.gauge('webhook_oldest_due_age_seconds', {}, ageMs / SECOND_MS);
  });
}
