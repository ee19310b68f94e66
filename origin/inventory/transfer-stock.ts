/** Transfers: units that a seller, or an admin, takes from one location to another. */

import type { Transaction } from '#db/client.ts';
import type { StoredAnswer } from '#db/idempotency.ts';
import { markHandled } from '#db/outbox.ts';
import type { EventId, StockLocationId, StockMoveId, VariantId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { once } from '#origin/http/idempotency.ts';
import { requireActive } from '#origin/locations/service.ts';
import { readByLocation, requireOwnVariant } from './adjust-stock.ts';
import type { StockTransfer } from './model.ts';
import { moveUnits } from './move-units.ts';

const OK = 200;
/** In the inbox, where a transfer leaves word that it was made. */
const NAME = 'stock-transfers';

/**
 * Takes units from one location to another, once for each Idempotency-Key, and answers where the variant's stock lies.
 * What can be sold stays as it is.
 * @throws {AppError} `variant_not_found`, also for another seller's; `stock_location_not_found`,
 * `stock_location_inactive`, `stock_not_at_location` with what is there; `invalid_input`; and what the key refuses
 */
export async function transferStock(
  deps: Deps,
  seller: SignedIn,
  idempotencyKey: string | undefined,
  transfer: StockTransfer,
): Promise<StoredAnswer> {
  const scope = `user:${seller.userId}`;
  const request = { scope, key: idempotencyKey, payload: { transferOf: transfer } };
  try {
    return await once<EventId>(deps, request, async (id) => {
      const variantId = transfer.variantId as VariantId;
      const isNew = await deps.db.transaction((tx) => move(tx, seller, { id, variantId, transfer }));
      if (isNew) deps.metrics.count('stock_transfers_total', {});
      return { status: OK, body: await readByLocation(deps.db, variantId) };
    });
  } finally {
    await deps.ownWrites.note(seller);
  }
}

interface Transferring {
  readonly id: EventId;
  readonly variantId: VariantId;
  readonly transfer: StockTransfer;
}

/** False where a run of the same request that was cut off has made it already. */
async function move(
  tx: Transaction,
  seller: SignedIn,
  { id, variantId, transfer }: Transferring,
): Promise<boolean> {
  const { quantity, reason = '' } = transfer;
  const [from, to] = [transfer.fromLocationId as StockLocationId, transfer.toLocationId as StockLocationId];
  await requireOwnVariant(tx, seller, variantId);
  if (!(await markHandled(tx, NAME, id))) return false;
  if (from === to) {
    const message = 'must be another location than the one that they leave';
    throw new AppError('invalid_input', { errors: [{ path: '/toLocationId', message }] });
  }
  await requireActive(tx, from);
  await requireActive(tx, to);
  await moveUnits(
    tx,
    { variantId, from, to, quantity },
    { movement: 'transfer', moveId: id as string as StockMoveId, actorId: seller.userId, reason },
  );
  await recordAct(tx, seller, {
    action: 'stock.transferred',
    object: { kind: 'variant', id: variantId },
    changes: { quantity, from, to },
  });
  return true;
}
