/** Stock by hand: what sellers receive, count again and want to be warned of. */

import type { Queryable, Transaction } from '#db/client.ts';
import type { StoredAnswer } from '#db/idempotency.ts';
import { markHandled } from '#db/outbox.ts';
import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import type { EventId, StockLocationId, VariantId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import { touchProductsOf } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { once } from '#origin/http/idempotency.ts';
import { isOwnProduct } from '#origin/http/permissions.ts';
import { activeLocations, requireActive } from '#origin/locations/service.ts';
import { isShownOtherwise, type Level, tellOfFalls, tellOfMore } from './levels.ts';
import * as places from './location-store.ts';
import type { Stock, StockAdjustment, StockByLocation, StockHistory } from './model.ts';
import { notThere, unitsAt } from './move-units.ts';
import * as store from './store.ts';

const OK = 200;
/** In the inbox, where an adjustment leaves word that it was made. */
const NAME = 'stock-adjustments';
const MAX_MOVEMENTS_SHOWN = 20;

/**
 * Adds units or takes them away, once for each Idempotency-Key, and answers the stock.
 * @throws {AppError} `variant_not_found`, also for another seller's; `stock_reserved` and `stock_not_at_location` with
 * the figures; `stock_location_not_found`, `stock_location_inactive`; `invalid_input`; and what the Idempotency-Key
 * refuses
 */
export async function adjustStock(
  deps: Deps,
  seller: SignedIn,
  idempotencyKey: string | undefined,
  adjustment: StockAdjustment,
): Promise<StoredAnswer> {
  const scope = `user:${seller.userId}`;
  const request = { scope, key: idempotencyKey, payload: { adjustmentOf: adjustment } };
  try {
    return await once<EventId>(deps, request, async (id) => {
      const { stock, level } = await deps.db.transaction((tx) =>
        adjust(deps, tx, { id, seller, adjustment }),
      );
      if (level !== null) {
        deps.metrics.count('stock_adjustments_total', { kind: kindOf(adjustment) });
      }
      return { status: OK, body: stock };
    });
  } finally {
    await deps.ownWrites.note(seller);
  }
}

const kindOf = ({ kind = 'correction' }: StockAdjustment) => kind;

interface Adjusting {
  readonly id: EventId;
  readonly seller: SignedIn;
  readonly adjustment: StockAdjustment;
}

/** The level is null where a run of the same request that was cut off has made the adjustment already. */
async function adjust(
  deps: Deps,
  tx: Transaction,
  { id, seller, adjustment }: Adjusting,
): Promise<{ readonly stock: Stock; readonly level: Level | null }> {
  const { delta, reason } = adjustment;
  const variantId = adjustment.variantId as VariantId;
  const movement = kindOf(adjustment);
  if (movement === 'receipt' && delta < 0) throw invalidDelta('must be above 0 in a receipt');
  const at = (adjustment.locationId ?? DEFAULT_LOCATION) as StockLocationId;
  await requireOwnVariant(tx, seller, variantId);
  if (!(await markHandled(tx, NAME, id))) return { stock: await readStock(tx, variantId), level: null };
  await requireActive(tx, at);
  const units = { variantId, locationId: at, quantity: delta };
  const row = await store.adjust(tx, { variantId, delta, isElsewhere: places.isElsewhere(units) });
  if (row === undefined) throw await refusal(tx, units);
  const told = { movement, reason, actorId: seller.userId };
  await store.recordAdjustment(tx, { variantId, onHandDelta: delta, ...told });
  if (places.isElsewhere(units)) await adjustAt(tx, units, told);
  const stock = toStock(row);
  const { available, lowAt } = stock;
  const level = { variantId, availableBefore: available - delta, available, lowAt };
  await tellOfFalls(deps, tx, [level]);
  if (delta > 0 && available > 0) await tellOfMore(deps, tx, [{ variantId, added: delta }]);
  if (isShownOtherwise(level)) await touchProductsOf(deps, tx, [variantId]);
  const changes = {
    ...{ movement, delta, onHand: stock.onHand },
    ...(places.isElsewhere(units) ? { locationId: at } : {}),
  };
  await recordAct(tx, seller, {
    action: 'stock.adjusted',
    object: { kind: 'variant', id: variantId },
    changes,
  });
  return { stock, level };
}

async function adjustAt(
  tx: Transaction,
  units: places.UnitsAt,
  told: places.LocationMovement,
): Promise<void> {
  const { variantId, locationId, quantity } = units;
  const taken = { ...units, quantity: -quantity };
  if (quantity > 0) await places.putAt(tx, units);
  else if (!(await places.takeAt(tx, taken))) throw notThere(taken, await unitsAt(tx, variantId, locationId));
  await places.recordAt(tx, [units], told);
}

async function refusal(
  tx: Transaction,
  { variantId, locationId, quantity: delta }: places.UnitsAt,
): Promise<AppError> {
  if (delta > 0) return invalidDelta(`would leave more than ${store.MAX_ON_HAND} on hand`);
  const { onHand, reserved, available } = await readStock(tx, variantId);
  if (onHand + delta < reserved) {
    return new AppError('stock_reserved', { variantId, delta, onHand, reserved, available });
  }
  return notThere({ variantId, locationId, quantity: -delta }, await unitsAt(tx, variantId, locationId));
}

function invalidDelta(message: string): AppError {
  return new AppError('invalid_input', { errors: [{ path: '/delta', message }] });
}

/** From which number on the stock is low. @throws {AppError} `variant_not_found` */
export async function setLowAt(
  deps: Deps,
  seller: SignedIn,
  variantId: VariantId,
  lowAt: number,
): Promise<Stock> {
  const stock = await deps.db.transaction(async (tx) => {
    await requireOwnVariant(tx, seller, variantId);
    const row = await store.setLowAt(tx, variantId, lowAt);
    const object = { kind: 'variant', id: variantId };
    await recordAct(tx, seller, { action: 'stock.threshold_set', object, changes: { lowAt } });
    return toStock(row);
  });
  await deps.ownWrites.note(seller);
  return stock;
}

/** A variant's stock and what has moved it of late. @throws {AppError} `variant_not_found` */
export async function readHistory(deps: Deps, seller: SignedIn, variantId: VariantId): Promise<StockHistory> {
  return deps.ownWrites.read(seller, async (db) => {
    await requireOwnVariant(db, seller, variantId);
    const movements = await store.latestMovements(db, variantId, MAX_MOVEMENTS_SHOWN);
    const locationMovements = await places.latestAt(db, variantId, MAX_MOVEMENTS_SHOWN);
    return {
      ...(await readByLocation(db, variantId)),
      movements: movements.map(withTime),
      locationMovements: locationMovements.map(withTime),
    };
  });
}

const withTime = <Row extends { readonly createdAt: Date }>({ createdAt, ...row }: Row) => ({
  ...row,
  at: createdAt.toISOString(),
});

/** The stock, and where it lies. */
export async function readByLocation(db: Queryable, variantId: VariantId): Promise<StockByLocation> {
  const row = (await store.findStock(db, variantId)) ?? { ...store.NO_STOCK, variantId };
  const [locations, elsewhere] = await Promise.all([
    activeLocations(db),
    places.findElsewhere(db, [variantId]),
  ]);
  const unitsOf = (id: StockLocationId) =>
    id === DEFAULT_LOCATION
      ? row.onHand - row.elsewhere
      : (elsewhere.find(({ locationId }) => locationId === id)?.onHand ?? 0);
  return {
    ...toStock(row),
    locations: locations.map(({ id, name }) => ({ locationId: id, name, onHand: unitsOf(id) })),
  };
}

/** A seller sees only their own variants; somebody else's is not there. */
export async function requireOwnVariant(db: Queryable, seller: SignedIn, id: VariantId): Promise<void> {
  const product = await store.findOwner(db, id);
  if (product === undefined) throw new AppError('variant_not_found');
  if (!isOwnProduct(seller, product)) throw new AppError('variant_not_found', {}, OF_ANOTHER);
}

async function readStock(db: Queryable, variantId: VariantId): Promise<Stock> {
  const row = await store.findStock(db, variantId);
  return toStock(row ?? { ...store.NO_STOCK, variantId });
}

function toStock({ variantId, onHand, reserved, lowAt }: store.StockRow): Stock {
  return { variantId, onHand, reserved, available: onHand - reserved, lowAt };
}
