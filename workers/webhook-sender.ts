/**
 * Sends what is due to integrators' endpoints: claims it, tries each at once with the others, and looks again. An
 * endpoint that is slow or dead has its own few attempts under way and takes none of another's.
 */

import { SECOND_MS } from '#lib/clock.ts';
import { POLICIES } from '#lib/policies.ts';
import type { Deps } from '#origin/deps.ts';
import { attempt, type Claimed, claimDue } from '#origin/webhook-deliveries/service.ts';
import { pause } from './consumer.ts';

const MAX_UNDER_WAY = POLICIES.webhooks.bulkhead.maxRunning;
const IDLE_MS = 250;
const FAILED_MS = SECOND_MS;

/** Runs until the signal aborts; what it has under way then is finished. Any number of processes may run it. */
export async function sendWebhooks(deps: Deps, signal: AbortSignal): Promise<void> {
  const underWay = new Set<Promise<void>>();
  let wake = () => {};
  const begin = (delivery: Claimed) => {
    const trial = tryOnce(deps, delivery).finally(() => {
      underWay.delete(trial);
      wake();
    });
    underWay.add(trial);
  };
  while (!signal.aborted) {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    const claimed = await claimOrReport(deps, MAX_UNDER_WAY - underWay.size);
    for (const delivery of claimed ?? []) begin(delivery);
    if (claimed === null) await pause(FAILED_MS, signal);
    else if (claimed.length === 0) await Promise.race([ended, pause(IDLE_MS, signal)]);
  }
  await Promise.all(underWay);
}

/** Null when it could not be seen what is due. */
async function claimOrReport(deps: Deps, limit: number): Promise<readonly Claimed[] | null> {
  try {
    return await claimDue(deps, limit);
  } catch (error) {
    deps.log.warn('webhooks that are due could not be claimed', { error });
    return null;
  }
}

async function tryOnce(deps: Deps, delivery: Claimed): Promise<void> {
  try {
    await attempt(deps, delivery);
  } catch (error) {
    // Its claim ends by itself, and it is tried again.
    const { id: deliveryId, endpointId } = delivery;
    deps.log.warn('a webhook was not sent, or what became of it not written down', {
      deliveryId,
      endpointId,
      error,
    });
  }
}
