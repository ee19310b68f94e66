/** Which location is to send what of an order, less what is in parcels already; pure. */

import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import { assert } from '#lib/assert.ts';
import type { OrderLineId, StockLocationId } from '#lib/ids.ts';

/** Units of a line at the location that is to send them, or has packed them. */
export interface LineAt {
  readonly lineId: OrderLineId;
  /** Null of parcels of the time when there was but one location. */
  readonly locationId: StockLocationId | null;
  readonly quantity: number;
}

export interface Planned extends LineAt {
  readonly locationId: StockLocationId;
}

/** How many units of each line are left at each location: those that are packed are the line's, whatever location they name. */
export function stillToSend(allocations: readonly Planned[], packed: readonly LineAt[]): Planned[] {
  const at = (lineId: OrderLineId, locationId: StockLocationId) =>
    sum(
      packed.filter((each) => each.lineId === lineId && (each.locationId ?? DEFAULT_LOCATION) === locationId),
    );
  const leftOf = new Map<OrderLineId, number>();
  for (const { lineId, quantity } of allocations) leftOf.set(lineId, (leftOf.get(lineId) ?? 0) + quantity);
  for (const { lineId, quantity } of packed) leftOf.set(lineId, (leftOf.get(lineId) ?? 0) - quantity);
  return allocations.flatMap(({ lineId, locationId, quantity }) => {
    const left = leftOf.get(lineId) ?? 0;
    const units = Math.min(left, quantity - at(lineId, locationId));
    if (units <= 0) return [];
    leftOf.set(lineId, left - units);
    return [{ lineId, locationId, quantity: units }];
  });
}

const sum = (lines: readonly LineAt[]) => lines.reduce((total, { quantity }) => total + quantity, 0);

/** The first location that is to send all of these; undefined where none is. */
export function oneLocationFor(
  left: readonly Planned[],
  lines: readonly Pick<LineAt, 'lineId' | 'quantity'>[],
): StockLocationId | undefined {
  return [...new Set(left.map(({ locationId }) => locationId))].find((locationId) =>
    lines.every(({ lineId, quantity }) => leftAt(left, lineId, locationId) >= quantity),
  );
}

/** So many units of a line, of the locations that are to send the fewest of it first. There are as many. */
export function fewestFirst(left: readonly Planned[], lineId: OrderLineId, units: number): Planned[] {
  const own = left.filter((each) => each.lineId === lineId).toSorted((a, b) => a.quantity - b.quantity);
  let wanted = units;
  const taken = own.flatMap((each) => {
    const quantity = Math.min(each.quantity, wanted);
    wanted -= quantity;
    return quantity === 0 ? [] : [{ ...each, quantity }];
  });
  assert(wanted === 0, `${units} units of line ${lineId} are still to be sent`);
  return taken;
}

export function leftAt(left: readonly Planned[], lineId: OrderLineId, at: StockLocationId): number {
  return sum(left.filter((each) => each.lineId === lineId && each.locationId === at));
}
