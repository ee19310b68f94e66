/** The steps of a parcel, as a table, and how far an order has come by the units of its lines. */

import type { shipmentStatus } from '#db/schema/fulfilment.ts';
import { AppError } from '#lib/problems.ts';
import type { OrderTrigger } from '#origin/orders/service.ts';

export type ShipmentStatus = (typeof shipmentStatus.enumValues)[number];

export const SHIPMENT_STEPS = ['unpack', 'ship', 'deliver'] as const;
export type ShipmentStep = (typeof SHIPMENT_STEPS)[number];

/** From a status, by a step, to a status. To the same status: a request that comes again changes nothing. */
export const SHIPMENT_TABLE: Readonly<Record<ShipmentStatus, Partial<Record<ShipmentStep, ShipmentStatus>>>> =
  {
    packed: { unpack: 'unpacked', ship: 'shipped' },
    shipped: { ship: 'shipped', deliver: 'delivered' },
    delivered: { ship: 'delivered', deliver: 'delivered' },
    unpacked: { unpack: 'unpacked' },
  };

/** @throws {AppError} `shipment_step_refused` when the table has no such step. */
export function nextShipmentStatus(status: ShipmentStatus, step: ShipmentStep): ShipmentStatus {
  const next = SHIPMENT_TABLE[status][step];
  if (next === undefined) throw new AppError('shipment_step_refused', { shipmentStatus: status, step });
  return next;
}

/** Units of a line. */
export interface Units {
  readonly bought: number;
  readonly removed: number;
  readonly shipped: number;
  readonly delivered: number;
  readonly returned: number;
}

/** How far the goods of an order have come, all lines together; null while nothing has left. */
export function milestoneOf(lines: readonly Units[]): OrderTrigger | null {
  const sum = (of: (units: Units) => number) => lines.reduce((total, units) => total + of(units), 0);
  const shipped = sum((units) => units.shipped);
  if (shipped === 0) return null;
  if (shipped < sum(({ bought, removed }) => bought - removed)) return 'fulfilment_begun';
  if (sum((units) => units.returned) === shipped) return 'goods_returned';
  return sum((units) => units.delivered) < shipped ? 'fulfilment_completed' : 'delivery_confirmed';
}
