/**
 * Parcels: what sellers and admins pack of an order's goods, send and see delivered. Every verb locks the order first,
 * as its cancellation and its refunds do: of two that exclude each other, the one that comes second is refused.
 */

import type { Queryable, Transaction } from '#db/client.ts';
import { present } from '#lib/assert.ts';
import type { OrderId, OrderLineId, ShipmentId, StockLocationId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { may } from '#origin/http/permissions.ts';
import { balanceOf } from '#origin/ledger/service.ts';
import {
  findOrder,
  isShippable,
  lockOrder,
  moveOrder,
  noteStep,
  type OrderRow,
} from '#origin/orders/service.ts';
import type { ShipmentInput, Tracking } from './model.ts';
import { locationOf, returnUnpackedParcel } from './routing.ts';
import { milestoneOf, nextShipmentStatus, type ShipmentStep } from './steps.ts';
import * as store from './store.ts';

export { PlannedParcel, ShipmentParams } from './model.ts';
export { plannedParcels, returnUnpacked, takeOffPlan } from './routing.ts';
/** What has become of the units of an order's lines. */
export const unitsOf = store.findUnits;
/** Before something is done with units of an order for the first time. */
export const openUnits = store.openUnits;

export interface Packing extends ShipmentInput {
  readonly orderId: OrderId;
  /** Chosen beforehand: a repetition of the request finds the parcel of the first. */
  readonly shipmentId: ShipmentId;
}

/**
 * Packs units of an order's lines into a parcel, which leaves from one location.
 * @throws {AppError} `order_not_found`, `order_item_not_found`, `order_not_shippable`, `units_not_left` naming the line,
 * `units_not_at_location`
 */
export async function packShipment(deps: Deps, caller: SignedIn, packing: Packing): Promise<void> {
  const { orderId, shipmentId, items, locationId, ...tracking } = packing;
  const lines = items.map(({ itemId, quantity }) => ({ lineId: itemId as OrderLineId, quantity }));
  const isNew = await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId);
    const own = await requireOwnLines(tx, caller, orderId);
    if ((await store.findShipment(tx, orderId, shipmentId)) !== undefined) return false;
    requireNamedOnce(lines, own);
    await requireShippable(tx, order);
    await store.openUnits(tx, orderId);
    for (const line of lines) {
      if (!(await store.packUnits(tx, line))) throw await notLeft(tx, orderId, line);
    }
    const wanted = { lines, locationId: locationId as StockLocationId | undefined };
    const from = { locationId: await locationOf(deps, tx, order, wanted) };
    const shipment = { id: shipmentId, orderId, status: 'packed', packedAt: deps.clock.now() } as const;
    await store.insertShipment(tx, { ...shipment, ...from, ...tracking }, lines);
    await note(deps, tx, { order, shipmentId, caller, status: 'packed' });
    return true;
  });
  if (isNew) deps.metrics.count('shipment_steps_total', { step: 'pack' });
}

/** Nor may what costs something leave once all of its money is back, on its way there or disputed. */
async function requireShippable(tx: Transaction, { id, status }: OrderRow): Promise<void> {
  const { paid, refundable } = await balanceOf(tx, id);
  const isPaid = paid === 0 || refundable > 0;
  if (!isShippable(status) || !isPaid) throw new AppError('order_not_shippable', { orderStatus: status });
}

async function notLeft(tx: Transaction, orderId: OrderId, { lineId, quantity }: store.ParcelLine) {
  const line = (await store.findUnits(tx, orderId)).find((each) => each.lineId === lineId);
  const { bought, packed, removed } = present(line, `line ${lineId} of order ${orderId}`);
  return new AppError('units_not_left', {
    itemId: lineId,
    requested: quantity,
    left: bought - packed - removed,
  });
}

/** @throws {AppError} `order_item_not_found`, `invalid_input` */
export function requireNamedOnce(lines: readonly store.ParcelLine[], own: readonly store.LineUnits[]): void {
  const named = lines.map(({ lineId }) => lineId);
  for (const [index, lineId] of named.entries()) {
    if (!own.some((line) => line.lineId === lineId)) {
      throw new AppError('order_item_not_found', { itemId: lineId });
    }
    if (named.indexOf(lineId) < index) {
      const message = 'must not name a line that is named before';
      throw new AppError('invalid_input', { errors: [{ path: `/items/${index}/itemId`, message }] });
    }
  }
}

/** The caller's lines: a seller's own, of an admin all. @throws {AppError} `order_not_found` when there are none */
export async function requireOwnLines(
  db: Queryable,
  caller: SignedIn,
  orderId: OrderId,
): Promise<store.LineUnits[]> {
  const lines = await store.findUnits(db, orderId);
  const isOwn = ({ sellerId }: store.LineUnits) => sellerId === caller.userId || may(caller, 'sales:any');
  const own = lines.filter(isOwn);
  if (own.length === 0) throw new AppError('order_not_found', {}, OF_ANOTHER);
  return own;
}

export interface Stepping {
  readonly orderId: OrderId;
  readonly shipmentId: ShipmentId;
  readonly step: ShipmentStep;
  readonly tracking?: Tracking;
}

/**
 * Takes a parcel a step further, and its order with it. Again, it changes nothing but the tracking that it brings.
 * @throws {AppError} `order_not_found`, `shipment_not_found`, also for one with lines of another seller;
 * `order_not_shippable`, `shipment_step_refused`
 */
export async function stepShipment(deps: Deps, caller: SignedIn, stepping: Stepping): Promise<void> {
  const { orderId, shipmentId, step, tracking = {} } = stepping;
  const isNews = await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId);
    const shipment = await requireOwnShipment(tx, caller, orderId, shipmentId);
    const status = nextShipmentStatus(shipment.status, step);
    if (status === shipment.status) {
      await store.updateShipment(tx, shipmentId, tracking);
      return false;
    }
    if (step === 'ship') await requireShippable(tx, order);
    const now = deps.clock.now();
    const when = { shipped: { shippedAt: now }, delivered: { deliveredAt: now } };
    const times = status === 'shipped' || status === 'delivered' ? when[status] : {};
    await store.updateShipment(tx, shipmentId, { ...tracking, ...times, status });
    const following = { order, actorId: caller.userId };
    await followGoods(deps, tx, following, () => store.countUnits(tx, shipmentId, step));
    const isTooLate = status === 'unpacked' && order.status === 'refunded';
    if (isTooLate) await returnUnpackedParcel(deps, tx, order, shipment);
    if (status === 'shipped' || status === 'delivered') {
      await emit(deps, tx, { name: `shipment.${status}`, data: { orderId, shipmentId } });
    }
    // No tracking number: it tells where somebody lives, and the time line is for good.
    const { carrier } = { ...shipment, ...tracking };
    await note(deps, tx, { order, shipmentId, caller, status, detail: carrier ?? '' });
    return true;
  });
  if (isNews) deps.metrics.count('shipment_steps_total', { step });
}

/**
 * Units go further by the given change, and the order with them: the one place that moves it by its goods. Its caller
 * has locked the order.
 */
export async function followGoods(
  deps: Deps,
  tx: Transaction,
  { order, actorId }: { readonly order: OrderRow; readonly actorId: UserId | null },
  change: () => Promise<void>,
): Promise<void> {
  const before = milestoneOf(await store.findUnits(tx, order.id));
  await change();
  const trigger = milestoneOf(await store.findUnits(tx, order.id));
  if (trigger === null || trigger === before) return;
  await moveOrder(deps, tx, order, { trigger, actor: 'staff', actorId });
}

/** @throws {AppError} `order_not_found`, `shipment_not_found`, also for one with lines of another seller */
export async function requireOwnShipment(
  tx: Queryable,
  caller: SignedIn,
  orderId: OrderId,
  id: ShipmentId,
): Promise<store.ShipmentRow> {
  const own = await requireOwnLines(tx, caller, orderId);
  const shipment = await store.findShipment(tx, orderId, id);
  if (shipment === undefined) throw new AppError('shipment_not_found');
  const lines = await store.findParcelLines(tx, id);
  const isOwn = lines.every(({ lineId }) => own.some((line) => line.lineId === lineId));
  if (!isOwn) throw new AppError('shipment_not_found', {}, OF_ANOTHER);
  return shipment;
}

interface Noted {
  readonly order: OrderRow;
  readonly shipmentId: ShipmentId;
  readonly caller: SignedIn;
  readonly status: store.ShipmentRow['status'];
  readonly detail?: string;
}

/** On the order's time line and in the log of privileged acts. */
async function note(deps: Deps, tx: Transaction, noted: Noted): Promise<void> {
  const { order, shipmentId, caller, status, detail = '' } = noted;
  const event = `shipment.${status}` as const;
  await noteStep(deps, tx, order.id, { event, actor: 'staff', actorId: caller.userId, detail });
  const object = { kind: 'order', id: order.id };
  await recordAct(tx, caller, { action: event, object, changes: { shipmentId } });
}

/** An order ends: what is packed of it is unpacked, in the transaction that has locked it. */
export async function unpackAll(tx: Transaction, orderId: OrderId): Promise<void> {
  for (const { id } of await store.findPacked(tx, orderId)) {
    await store.updateShipment(tx, id, { status: 'unpacked' });
    await store.countUnits(tx, id, 'unpack');
  }
}

/** What the letters of a parcel tell. @throws {AppError} `order_not_found`, `shipment_not_found` */
export async function readParcel({ db }: Deps, orderId: OrderId, shipmentId: ShipmentId) {
  const [order, shipment] = await Promise.all([
    findOrder(db, orderId),
    store.findShipment(db, orderId, shipmentId),
  ]);
  if (order === undefined) throw new AppError('order_not_found');
  if (shipment === undefined) throw new AppError('shipment_not_found');
  return { order, shipment, contents: await store.findContents(db, shipmentId) };
}

export type Parcel = Awaited<ReturnType<typeof readParcel>>;
