/** Sending again what was sent, and what was not: with the same id, so that a receiver knows what it has seen. */

import type { Transaction } from '#db/client.ts';
import type { WebhookDeliveryId, WebhookEndpointId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { lockEndpoint } from '#origin/webhook-endpoints/service.ts';
import { instantIn, toDelivery } from './log.ts';
import type { Delivery, Replayed, ReplayOrder } from './model.ts';
import * as store from './store.ts';

/** Written by one statement each, within what a statement may take. */
const MAX_REPLAYED = 10_000;

/** One that waits is tried at once. @throws {AppError} `webhook_delivery_not_found` and as {@link requireEnabled} */
export async function replayDelivery(
  deps: Deps,
  admin: SignedIn,
  endpointId: WebhookEndpointId,
  id: WebhookDeliveryId,
): Promise<Delivery> {
  const now = deps.clock.now();
  return deps.db.transaction(async (tx) => {
    await requireEnabled(tx, endpointId);
    const row = await store.sendAgain(tx, { endpointId, id, now });
    if (row === undefined) throw new AppError('webhook_delivery_not_found');
    await note(tx, admin, endpointId, { deliveryId: id });
    return toDelivery(row);
  });
}

/**
 * What has ended, or never began, of the events of that time.
 * @throws {AppError} `webhook_replay_too_large`, with nothing sent; as {@link requireEnabled}
 */
export async function replayRange(
  deps: Deps,
  admin: SignedIn,
  endpointId: WebhookEndpointId,
  { which, from, until }: ReplayOrder,
): Promise<Replayed> {
  const now = deps.clock.now();
  const range: store.Range = {
    ...{ endpointId, now, limit: MAX_REPLAYED + 1, from: instantIn(from, '/from') },
    until: until === undefined ? now : instantIn(until, '/until'),
  };
  return deps.db.transaction(async (tx) => {
    await requireEnabled(tx, endpointId);
    const statuses = which === 'all' ? (['failed', 'succeeded'] as const) : (['failed'] as const);
    const ended = which === 'missed' ? 0 : await store.sendAllAgain(tx, range, statuses);
    const missed = which === 'failed' ? 0 : await store.sendMissed(tx, range);
    const deliveries = ended + missed;
    if (deliveries > MAX_REPLAYED)
      throw new AppError('webhook_replay_too_large', { maxDeliveries: MAX_REPLAYED });
    await note(tx, admin, endpointId, { which, deliveries });
    return { deliveries };
  });
}

/** And lets it stay so until the transaction ends. @throws {AppError} `webhook_endpoint_not_found`, `webhook_endpoint_disabled` */
async function requireEnabled(tx: Transaction, id: WebhookEndpointId): Promise<void> {
  const endpoint = await lockEndpoint(tx, id);
  if (endpoint === undefined) throw new AppError('webhook_endpoint_not_found');
  if (endpoint.disabledAt !== null) throw new AppError('webhook_endpoint_disabled');
}

async function note(tx: Transaction, admin: SignedIn, id: WebhookEndpointId, changes: object): Promise<void> {
  const object = { kind: 'webhook_endpoint', id };
  await recordAct(tx, admin, { action: 'webhook_deliveries.replayed', object, changes: { ...changes } });
}
