/** Where an order's parcels leave from: as they were planned with its sale, or as an operator has it since. */

import type { Queryable, Transaction } from '#db/client.ts';
import { markHandled } from '#db/outbox.ts';
import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import { present } from '#lib/assert.ts';
import type { EventId, OrderId, OrderLineId, StockLocationId, StockMoveId, VariantId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import { touchProductsOf } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import {
  allocationsOf,
  moveAllocation,
  moveUnits,
  openAllocations,
  putBackRemoved,
  returnUnsent,
} from '#origin/inventory/service.ts';
import { requireActive } from '#origin/locations/service.ts';
import { isShippable, linesOf, lockOrder, type OrderRow, toSell } from '#origin/orders/service.ts';
import type { PlannedParcel, RerouteInput } from './model.ts';
import { fewestFirst, leftAt, oneLocationFor, type Planned, stillToSend } from './plan.ts';
import * as store from './store.ts';

/** What each location is yet to pack of an order that is locked. */
async function leftToPack(deps: Deps, tx: Transaction, order: OrderRow): Promise<Planned[]> {
  const allocations = await openAllocations(tx, toSell(deps, order), await linesOf(tx, order.id));
  return stillToSend(allocations, await store.findPackedAt(tx, [order.id]));
}

/** Units of a line that the order wants no more, none of which is packed. */
export interface Removed {
  readonly lineId: OrderLineId;
  readonly variantId: VariantId;
  readonly removed: number;
}

/**
 * They are back on the shelves of the locations that were to send them: of those with the fewest first, for so there may
 * be a parcel less. Returns the variants that can be bought again.
 */
export async function takeOffPlan(
  deps: Deps,
  tx: Transaction,
  order: OrderRow,
  removals: readonly Removed[],
): Promise<VariantId[]> {
  const left = await leftToPack(deps, tx, order);
  const units = removals.flatMap(({ lineId, variantId, removed }) =>
    fewestFirst(left, lineId, removed).map((part) => ({ ...part, variantId })),
  );
  return putBackRemoved(deps, tx, order.id, units);
}

/**
 * All of an order's money is back: what nobody has packed of it goes on sale again, once. Its caller has locked the
 * order, and just moved it.
 */
export async function returnUnpacked(deps: Deps, tx: Transaction, order: OrderRow): Promise<void> {
  const units = await store.findUnits(tx, order.id);
  if (units.every(({ bought, packed, removed }) => packed + removed === bought)) return;
  await putOnSale(deps, tx, order, await leftToPack(deps, tx, order));
}

/** The same of units that are unpacked only afterwards. */
export async function returnUnpackedParcel(
  deps: Deps,
  tx: Transaction,
  order: OrderRow,
  { id, locationId }: Pick<store.ShipmentRow, 'id' | 'locationId'>,
): Promise<void> {
  const lines = await store.findParcelLines(tx, id);
  const parts = lines.map((line) => ({ ...line, locationId: locationId ?? DEFAULT_LOCATION }));
  await putOnSale(deps, tx, order, parts);
}

async function putOnSale(
  deps: Deps,
  tx: Transaction,
  order: OrderRow,
  parts: readonly Planned[],
): Promise<void> {
  const bought = await linesOf(tx, order.id);
  const units = parts.map(({ lineId, locationId, quantity }) => {
    const line = present(
      bought.find(({ id }) => id === lineId),
      `line ${lineId}`,
    );
    return { variantId: line.variantId, locationId, quantity };
  });
  await touchProductsOf(deps, tx, await returnUnsent(deps, tx, order.id, units));
}

interface Wanted {
  readonly lines: readonly store.ParcelLine[];
  /** Undefined: whichever can. */
  readonly locationId: StockLocationId | undefined;
}

/**
 * The one location that a parcel with these units leaves from; before they are counted as packed.
 * @throws {AppError} `units_not_at_location` where the location named, or any, is not to send all of them
 */
export async function locationOf(
  deps: Deps,
  tx: Transaction,
  order: OrderRow,
  { lines, locationId }: Wanted,
): Promise<StockLocationId> {
  const left = await leftToPack(deps, tx, order);
  if (locationId === undefined) {
    const found = oneLocationFor(left, lines);
    if (found === undefined) throw new AppError('units_not_at_location', { plan: left.map(told) });
    return found;
  }
  for (const { lineId, quantity } of lines) {
    const there = leftAt(left, lineId, locationId);
    if (there < quantity) throw notAllocated({ lineId, quantity, locationId }, there);
  }
  return locationId;
}

const told = ({ lineId: itemId, ...units }: Planned) => ({ itemId, ...units });

function notAllocated({ lineId, quantity, locationId }: Planned, left: number): AppError {
  return new AppError('units_not_at_location', { itemId: lineId, locationId, requested: quantity, left });
}

export interface Rerouting extends RerouteInput {
  readonly orderId: OrderId;
  /** Chosen beforehand: a repetition of the request finds that it was done. */
  readonly id: EventId;
}

/** In the inbox, where it leaves word that it was done. */
const NAME = 'order-reroutes';

/**
 * Has another location send units of a line that nobody has packed: they are taken from its shelf, and put back on that
 * of the location that was to send them.
 * @throws {AppError} `order_not_found`, `order_item_not_found`, `order_not_shippable`, `units_not_at_location`,
 * `stock_location_not_found`, `stock_location_inactive`, `stock_not_at_location`, `invalid_input`
 */
export async function rerouteUnits(deps: Deps, admin: SignedIn, rerouting: Rerouting): Promise<void> {
  const { orderId, id, quantity } = rerouting;
  const lineId = rerouting.itemId as OrderLineId;
  const from = rerouting.fromLocationId as StockLocationId;
  const to = rerouting.toLocationId as StockLocationId;
  const isNew = await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId);
    const line = (await linesOf(tx, orderId)).find((each) => each.id === lineId);
    if (line === undefined) throw new AppError('order_item_not_found', { itemId: lineId });
    if (!(await markHandled(tx, NAME, id))) return false;
    if (!isShippable(order.status)) throw new AppError('order_not_shippable', { orderStatus: order.status });
    if (from === to) throw sameLocation();
    const left = leftAt(await leftToPack(deps, tx, order), lineId, from);
    if (left < quantity) throw notAllocated({ lineId, quantity, locationId: from }, left);
    await requireActive(tx, to);
    const moved = { variantId: line.variantId, from: to, to: from, quantity };
    const moveId = id as string as StockMoveId;
    await moveUnits(tx, moved, { movement: 'reroute', orderId, moveId, actorId: admin.userId });
    await moveAllocation(tx, { orderId, lineId, from, to, quantity });
    const object = { kind: 'order', id: orderId };
    await recordAct(tx, admin, { action: 'order.rerouted', object, changes: { lineId, from, to, quantity } });
    return true;
  });
  if (isNew) deps.metrics.count('orders_rerouted_total', {});
}

function sameLocation(): AppError {
  const message = 'must be another location than the one that was to send them';
  return new AppError('invalid_input', { errors: [{ path: '/toLocationId', message }] });
}

/** What is planned of orders and not packed yet, by order; for whoever may see it. Nothing of one whose sale is to come. */
export async function plannedParcels(
  db: Queryable,
  orderIds: readonly OrderId[],
): Promise<(id: OrderId) => PlannedParcel[]> {
  const [allocations, packed] = await Promise.all([
    allocationsOf(db, orderIds),
    store.findPackedAt(db, orderIds),
  ]);
  const names = new Map(allocations.map(({ locationId, location }) => [locationId, location]));
  return (id) => {
    const left = stillToSend(
      allocations.filter(({ orderId }) => orderId === id),
      packed.filter(({ orderId }) => orderId === id),
    );
    return [...Map.groupBy(left, ({ locationId }) => locationId)].map(([locationId, lines]) => ({
      ...{ locationId, location: names.get(locationId) ?? '' },
      items: lines.map(({ lineId, quantity }) => ({ itemId: lineId, quantity })),
    }));
  };
}
