/** A paid order's units leave the shelf: from which locations is decided here, once, and kept with the order. */

import type { Queryable, Transaction } from '#db/client.ts';
import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import { assert, present } from '#lib/assert.ts';
import type { OrderId, OrderLineId } from '#lib/ids.ts';
import {
  type Allocation,
  activeLocations,
  type Destination,
  route,
  writeDefaultLocation,
} from '#origin/locations/service.ts';
import * as places from './location-store.ts';
import * as store from './store.ts';

export interface SoldLine extends store.StockLine {
  readonly id: OrderLineId;
}

/** A paid order, locked by whoever hands it in. */
export interface SoldOrder {
  readonly id: OrderId;
  /** Asked for only where more than one location has something. */
  readonly destination: (tx: Transaction) => Promise<Destination>;
}

type Lines = readonly SoldLine[];

/** In the order in which all stock is locked, so that two orders never wait for each other. */
export const inLockOrder = <Line extends store.StockLine>(lines: readonly Line[]): readonly Line[] =>
  lines.toSorted((a, b) => (a.variantId < b.variantId ? -1 : a.variantId > b.variantId ? 1 : 0));

/** What an order had reserved leaves the shelves of the locations that send it, once. */
export async function sellStock(tx: Transaction, order: SoldOrder, lines: Lines): Promise<void> {
  if ((await store.findMovements(tx, order.id)).has('sale')) return;
  const allocations = await plan(tx, order, lines);
  for (const line of inLockOrder(lines)) {
    const own = allocations.filter(({ lineId }) => lineId === line.id);
    const sold = await store.sell(tx, line, unitsElsewhere(own));
    assert(sold, `order ${order.id} had not reserved ${line.quantity} of ${line.variantId}`);
  }
  await store.recordMovements(tx, lines, {
    ...{ movement: 'sale', onHandSign: -1, reservedSign: -1, orderId: order.id },
  });
  await writeAllocations(tx, order.id, allocations);
  const left = allocations.filter(places.isElsewhere);
  for (const units of left) {
    const { variantId, locationId } = units;
    assert(await places.takeAt(tx, units), `fewer of ${variantId} were at ${locationId} than were allocated`);
  }
  const leaving = left.map(({ quantity, ...units }) => ({ ...units, quantity: -quantity }));
  await places.recordAt(tx, leaving, { movement: 'sale', orderId: order.id });
}

/** Of these, the units that are not the default location's. */
export const unitsElsewhere = (units: readonly Pick<places.UnitsAt, 'locationId' | 'quantity'>[]): number =>
  units.filter(places.isElsewhere).reduce((sum, { quantity }) => sum + quantity, 0);

async function plan(tx: Transaction, order: SoldOrder, lines: Lines): Promise<Allocation[]> {
  const variantIds = lines.map(({ variantId }) => variantId);
  const rows = await places.lockInventory(tx, variantIds);
  if (rows.every(({ elsewhere }) => elsewhere === 0)) return lines.map(fromDefault);
  const elsewhere = await places.findElsewhere(tx, variantIds);
  const here = rows.map((row) => ({
    variantId: row.variantId,
    locationId: DEFAULT_LOCATION,
    onHand: row.onHand - row.elsewhere,
  }));
  const destination = await order.destination(tx);
  const allocations = route(lines, [...here, ...elsewhere], destination, await activeLocations(tx));
  for (const { id, quantity } of lines) {
    const placed = allocations.filter(({ lineId }) => lineId === id);
    const units = placed.reduce((sum, each) => sum + each.quantity, 0);
    assert(units === quantity, `${units} of ${quantity} units of line ${id} have a location`);
  }
  return allocations;
}

const fromDefault = ({ id: lineId, variantId, quantity }: SoldLine): Allocation => ({
  ...{ lineId, variantId, quantity },
  locationId: DEFAULT_LOCATION,
});

async function writeAllocations(
  tx: Transaction,
  orderId: OrderId,
  allocations: readonly places.AllocatedUnits[],
): Promise<void> {
  if (!allocations.every(places.isElsewhere)) await writeDefaultLocation(tx);
  await places.insertAllocations(tx, orderId, allocations);
}

/**
 * Who sends an order that is locked. Its sale is written first where that is still to come; one that was sold before
 * there were locations has all of it at the default one, and says so from now on.
 */
export async function openAllocations(
  tx: Transaction,
  order: SoldOrder,
  lines: Lines,
): Promise<readonly places.AllocatedUnits[]> {
  await sellStock(tx, order, lines);
  const found = await places.findAllocations(tx, [order.id]);
  if (found.length > 0) return found;
  const allocations = lines.map(fromDefault);
  await writeAllocations(tx, order.id, allocations);
  return allocations;
}

/** Where each line's units were taken from: of an order of the time before there were locations, the default one. */
export async function originsOf(
  tx: Transaction,
  orderId: OrderId,
  lines: Lines,
): Promise<readonly places.UnitsAt[]> {
  const found = await places.findAllocations(tx, [orderId]);
  if (found.length === 0) return lines.map(fromDefault);
  return found.map(({ lineId, locationId, quantity }) => {
    const line = lines.find(({ id }) => id === lineId);
    return { variantId: present(line, `line ${lineId}`).variantId, locationId, quantity };
  });
}

/** By order, who sends what of it. */
export async function allocationsOf(db: Queryable, orderIds: readonly OrderId[]) {
  return places.findAllocations(db, orderIds);
}
