/** Parcels as they are asked for: one for each Idempotency-Key, answered as the order's readers see them. */

import type { StoredAnswer } from '#db/idempotency.ts';
import type { EventId, OrderId, ShipmentId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { once } from '#origin/http/idempotency.ts';
import { goodsOfOrder, noteOwner, type Shipment } from '#origin/orders/service.ts';
import type { PlannedParcels, RerouteInput, ShipmentInput } from './model.ts';
import { plannedParcels, rerouteUnits } from './routing.ts';
import { packShipment, type Stepping, stepShipment } from './service.ts';

const OK = 200;
const CREATED = 201;

/** @throws {AppError} what {@link packShipment} and the Idempotency-Key refuse */
export async function askShipment(
  deps: Deps,
  caller: SignedIn,
  {
    orderId,
    key,
    input,
  }: { readonly orderId: OrderId; readonly key: string | undefined; readonly input: ShipmentInput },
): Promise<StoredAnswer> {
  const request = { scope: `ship:${caller.userId}`, key, payload: { shipmentOf: orderId, input } };
  return once<ShipmentId>(deps, request, async (shipmentId) => {
    await packShipment(deps, caller, { ...input, orderId, shipmentId });
    await noteOwner(deps, orderId);
    return { status: CREATED, body: await readShipment(deps, orderId, shipmentId) };
  });
}

/** @throws {AppError} what {@link rerouteUnits} and the Idempotency-Key refuse */
export async function askReroute(
  deps: Deps,
  admin: SignedIn,
  {
    orderId,
    key,
    input,
  }: { readonly orderId: OrderId; readonly key: string | undefined; readonly input: RerouteInput },
): Promise<StoredAnswer> {
  const request = { scope: `reroute:${admin.userId}`, key, payload: { rerouteOf: orderId, input } };
  return once<EventId>(deps, request, async (id) => {
    await rerouteUnits(deps, admin, { ...input, orderId, id });
    const planned = await plannedParcels(deps.db, [orderId]);
    return { status: OK, body: { plannedParcels: planned(orderId) } satisfies PlannedParcels };
  });
}

/** @throws {AppError} what {@link stepShipment} refuses */
export async function askStep(deps: Deps, caller: SignedIn, stepping: Stepping): Promise<Shipment> {
  const { orderId, shipmentId } = stepping;
  await stepShipment(deps, caller, stepping);
  await noteOwner(deps, orderId);
  return readShipment(deps, orderId, shipmentId);
}

async function readShipment({ db }: Deps, orderId: OrderId, id: ShipmentId): Promise<Shipment> {
  const { shipments } = await goodsOfOrder(db, orderId);
  const shipment = shipments.find((each) => each.id === id);
  if (shipment === undefined) throw new AppError('shipment_not_found');
  return shipment;
}
