/**
 * Edits of orders that are paid and not yet sent: units go, and their money goes back; or the address changes within
 * its place. What was bought stays on the order as it was. Every edit locks the order first, as packing, cancelling and
 * refunding do: of two that exclude each other, the one that comes second is refused.
 */

import { isDeepStrictEqual } from 'node:util';
import type { Transaction } from '#db/client.ts';
import type { ShippingAddress } from '#db/schema/orders.ts';
import type { ApiKeyId, OrderEditId, OrderId, RefundId, UserId } from '#lib/ids.ts';
import { formatMoney, type Minor, minor, money, sumMinor } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import { touchProductsOf } from '#origin/catalog/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import { followGoods, openUnits, takeOffPlan } from '#origin/fulfilment/service.ts';
import { unspentOf } from '#origin/ledger/service.ts';
import {
  isEditable,
  isReplacement,
  lockOrder,
  noteStep,
  type OrderRow,
  openAddress,
  requireOrder,
  sealAddress,
  sealAddressBefore,
} from '#origin/orders/service.ts';
import { carryOutOrWait, openRefund } from '#origin/payments/service.ts';
import { brokenTerm, isShippedAlike, placeOf } from '#origin/pricing/service.ts';
import { keptAfter, type Removal, removalsOf, type WantedLine } from './removals.ts';
import * as store from './store.ts';

/** By its shopper: each is told to the order's email, and stays for good. */
const MAX_SHOPPERS_EDITS = 20;

export interface Editing {
  readonly orderId: OrderId;
  /** Chosen beforehand: a repetition of the request finds the edit of the first. */
  readonly editId: OrderEditId;
  /** Of the order's own lines, each once. */
  readonly wanted: readonly WantedLine[];
  readonly address: ShippingAddress | null;
  readonly editor: store.NewEdit['editor'];
  readonly actorId: UserId | null;
  readonly apiKeyId?: ApiKeyId | undefined;
}

/**
 * What changes nothing is no edit. What Stripe cannot give back at once stays pending, and the reconciler carries on.
 * @throws {AppError} `order_not_found`, `order_not_editable`, `order_item_not_found`, `edit_costs_more`,
 * `units_not_left`, `edit_leaves_nothing`, `edit_breaks_terms`, `edit_moves_order`, `order_edits_full`
 */
export async function editOrder(deps: Deps, editing: Editing): Promise<void> {
  const { orderId, editId, editor } = editing;
  const { refundId, isNews } = await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId);
    const known = await store.findEdit(tx, orderId, editId);
    if (known !== undefined)
      return { refundId: known.refundMinor === null ? null : known.refundId, isNews: false };
    const takesFromReplacement = isReplacement(order) && editing.wanted.length > 0;
    if (takesFromReplacement || !isEditable(order.status)) throw notEditable(order);
    return edit(deps, tx, order, editing);
  });
  if (isNews) deps.metrics.count('order_edits_total', { editor });
  if (refundId !== null) await carryOutOrWait(deps, { orderId, refundId, actor: editor });
}

const notEditable = ({ status }: OrderRow) => new AppError('order_not_editable', { orderStatus: status });

interface Edited {
  readonly refundId: RefundId | null;
  readonly isNews: boolean;
}

async function edit(deps: Deps, tx: Transaction, order: OrderRow, editing: Editing): Promise<Edited> {
  const { editId: id, editor, actorId } = editing;
  await openUnits(tx, order.id);
  const lines = await store.findLines(tx, order.id);
  if (editor === 'shopper' && lines.some(({ packed }) => packed > 0)) throw notEditable(order);
  const removals = removalsOf(lines, editing.wanted, order.currency);
  if (editor === 'shopper' && removals.length > 0) {
    const broken = await brokenTerm(tx, order.id, keptAfter(lines, removals));
    if (broken !== null) throw new AppError('edit_breaks_terms', { ...broken });
  }
  const move = await moveOf(deps, tx, order, editing);
  if (removals.length === 0 && move === null) return { refundId: null, isNews: false };
  if (editor === 'shopper' && (await store.countShoppersEdits(tx, order.id)) >= MAX_SHOPPERS_EDITS)
    throw new AppError('order_edits_full', { maxEdits: MAX_SHOPPERS_EDITS });
  const refundId = deps.ids.next<RefundId>();
  const refundMinor = await refundOf(tx, order, removals);
  await takeOff(deps, tx, { order, actorId, removals });
  const change = { editor, actorId, refundId, refundMinor, madeAt: deps.clock.now() };
  const addressBefore = move?.before ?? null;
  const row = { id, orderId: order.id, ...change, addressBefore, changesAddress: move !== null };
  await store.insertEdit(
    tx,
    row,
    removals.map(({ lineId, removed, chargedMinor }) => ({ lineId, removed, chargedMinor })),
  );
  if (move !== null) await store.setAddress(tx, order.id, move.after);
  await tell(deps, tx, { order, editing, removals, refundMinor, isMoved: move !== null });
  if (refundMinor !== null) {
    const refund = { refundId, amount: refundMinor, reason: 'edited' };
    await openRefund(deps, tx, order, { ...refund, actor: editor, actorId });
  }
  await record(tx, order, editing);
  return { refundId: refundMinor === null ? null : refundId, isNews: true };
}

interface Move {
  /** Sealed, each for its own row. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Null where the address stays. @throws {AppError} `edit_moves_order` */
async function moveOf(
  deps: Deps,
  tx: Transaction,
  order: OrderRow,
  { editId, address }: Editing,
): Promise<Move | null> {
  if (address === null) return null;
  const before = openAddress(deps, order);
  if (isDeepStrictEqual(before, address)) return null;
  const [from, to] = [placeOf(before), placeOf(address)];
  const isTaxedAlike = from.country === to.country && from.region === to.region;
  if (!isTaxedAlike || !(await isShippedAlike(tx, { from, to }))) throw new AppError('edit_moves_order');
  return {
    before: sealAddressBefore(deps, editId, before),
    after: sealAddress(deps, order.id, address),
  };
}

/** What was charged for the units, or what is left of it; null where that is nothing. */
async function refundOf(
  tx: Transaction,
  order: OrderRow,
  removals: readonly Removal[],
): Promise<Minor | null> {
  const charged = sumMinor(removals.map(({ chargedMinor }) => chargedMinor));
  if (charged === 0) return null;
  const unspent = await unspentOf(tx, order.id);
  return unspent === 0 ? null : minor(Math.min(charged, unspent));
}

interface TakingOff {
  readonly order: OrderRow;
  readonly actorId: UserId | null;
  readonly removals: readonly Removal[];
}

/** The units are back on the shelf, and the order is as far as those are that are left. */
async function takeOff(deps: Deps, tx: Transaction, { order, actorId, removals }: TakingOff): Promise<void> {
  if (removals.length === 0) return;
  await touchProductsOf(deps, tx, await takeOffPlan(deps, tx, order, removals));
  await followGoods(deps, tx, { order, actorId }, async () => {
    for (const removal of removals) await store.removeUnits(tx, removal);
  });
}

interface Told {
  readonly order: OrderRow;
  readonly editing: Editing;
  readonly removals: readonly Removal[];
  readonly refundMinor: Minor | null;
  readonly isMoved: boolean;
}

async function tell(deps: Deps, tx: Transaction, told: Told): Promise<void> {
  const { order, editing, removals, refundMinor, isMoved } = told;
  const { editId, editor: actor, actorId } = editing;
  const units = removals.reduce((sum, { removed }) => sum + removed, 0);
  const said = [
    ...(units === 0 ? [] : [`${units} taken off`]),
    ...(refundMinor === null ? [] : [formatMoney(money(refundMinor, order.currency))]),
    ...(isMoved ? ['another address'] : []),
  ];
  await noteStep(deps, tx, order.id, { event: 'order.edited', actor, actorId, detail: said.join(', ') });
  await emit(deps, tx, { name: 'order.edited', data: { orderId: order.id, editId } });
}

/** Of a member of staff; a shopper's own is no privilege. Last in the transaction. */
async function record(
  tx: Transaction,
  order: OrderRow,
  { editId, actorId, apiKeyId }: Editing,
): Promise<void> {
  if (actorId === null) return;
  const object = { kind: 'order', id: order.id };
  await recordAct(tx, { userId: actorId, apiKeyId }, { action: 'order.edited', object, changes: { editId } });
}

/** What the letter of an edit tells. @throws {AppError} `order_not_found` */
export async function readEdit(
  deps: Deps,
  { orderId, editId }: { readonly orderId: OrderId; readonly editId: OrderEditId },
) {
  const order = await requireOrder(deps.db, orderId);
  const row = await store.findEdit(deps.db, orderId, editId);
  if (row === undefined) throw new AppError('order_not_found');
  return {
    order,
    edit: row,
    shippingAddress: openAddress(deps, order),
    removed: await store.findRemoved(deps.db, editId),
  };
}

export type ReadEdit = Awaited<ReturnType<typeof readEdit>>;
