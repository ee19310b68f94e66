/**
 * What was sent back is here: on the shelf again or written off, line by line, and their order is as far as its goods
 * are. Replacements that were asked for are reserved and placed in the same transaction; what there is none left of, or
 * no money left for, is refunded like anything else.
 */

import type { Transaction } from '#db/client.ts';
import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import type { RefundId, StockLocationId, VariantId } from '#lib/ids.ts';
import { type Minor, minor } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { touchProductsOf } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import { asPaid, lockWithPaid, placeExchange, replaceable, worthOf } from '#origin/exchanges/service.ts';
import { followGoods } from '#origin/fulfilment/service.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { lockStock, takeBack } from '#origin/inventory/service.ts';
import { unspentOf } from '#origin/ledger/service.ts';
import { requireActive } from '#origin/locations/service.ts';
import { chargeOfUnits, linesOf, type OrderRow, paidPerUnit, toSell } from '#origin/orders/service.ts';
import { carryOutOrWait, openRefund } from '#origin/payments/service.ts';
import type { ReceiptInput } from './model.ts';
import { dueForAll, type ReturnName, requireOwnReturn, tell } from './service.ts';
import { nextReturnStatus } from './states.ts';
import * as store from './store.ts';

type Receipt = ReturnName & ReceiptInput;

const NOTHING = minor(0);

/**
 * @throws {AppError} `order_not_found`, `return_not_found`, `return_step_refused`, `order_item_not_found`,
 * `return_too_large`, `invalid_input` when nothing came, `stock_location_not_found`, `stock_location_inactive`
 */
export async function receiveReturn(deps: Deps, staff: SignedIn, receipt: Receipt): Promise<void> {
  const { orderId, returnId } = receipt;
  const { isNews, refundId } = await deps.db.transaction(async (tx) => {
    const { order, paid } = await lockWithPaid(tx, orderId);
    const row = await requireOwnReturn(tx, staff, receipt);
    const status = nextReturnStatus(row.status, 'receive');
    if (status === row.status) return { isNews: false, refundId: null };
    const lines = await takeGoods(deps, tx, { order, paid, row, staff, receipt });
    await store.updateReturn(tx, row.id, { status, receivedAt: deps.clock.now() });
    await tell(deps, tx, { orderId, returnId, staff, news: 'return.received' });
    const ending = { order, paid, row, staff, lines, status };
    return { isNews: true, refundId: await endExchange(deps, tx, ending) };
  });
  if (isNews) deps.metrics.count('return_steps_total', { step: 'receive' });
  if (refundId !== null) await carryOutOrWait(deps, { orderId, refundId, actor: 'staff' });
}

interface Receiving {
  readonly order: OrderRow;
  /** Whose money it is about: where the order is one of replacements, that of an order before. */
  readonly paid: OrderRow;
  readonly row: store.ReturnRow;
  readonly staff: SignedIn;
}

type Came = ReturnType<typeof whatCame>[number] & {
  readonly exchanged: number;
  readonly exchangedMinor: Minor;
};

async function takeGoods(
  deps: Deps,
  tx: Transaction,
  { order, paid, row, staff, receipt }: Receiving & { readonly receipt: Receipt },
): Promise<readonly Came[]> {
  const { items, locationId: at = DEFAULT_LOCATION } = receipt;
  const locationId = at as StockLocationId;
  await requireActive(tx, locationId);
  const asked = await store.findReturnLines(tx, row.id);
  const came = whatCame(await asPaid(tx, order.id, asked, ({ lineId }) => lineId), items);
  const bought = await linesOf(tx, order.id);
  const replacements = came.flatMap(({ replacementId }) => replacementId ?? []);
  // All at once: a line that goes back and one that goes out would else wait for two others that do the reverse.
  await lockStock(tx, [...bought.map(({ variantId }) => variantId), ...replacements]);
  const units = (of: 'restocked' | 'writtenOff') =>
    came.map(({ variantId, ...line }) => ({ variantId, quantity: line[of] }));
  const back = { bought, locationId, restocked: units('restocked'), writtenOff: units('writtenOff') };
  const backInStock = await takeBack(deps, tx, toSell(deps, order), back);
  for (const { lineId, restocked, writtenOff, chargedMinor } of came) {
    await store.updateLine(tx, { returnId: row.id, lineId }, { restocked, writtenOff, chargedMinor });
  }
  // After that: what paid for a replacement that came back pays for the next.
  const { lines, soldOut } = await exchange(deps, tx, { order, paid, row, came });
  for (const { lineId, exchanged, exchangedMinor } of lines.filter((line) => line.exchanged > 0)) {
    await store.updateLine(tx, { returnId: row.id, lineId }, { exchanged, exchangedMinor });
  }
  await followGoods(deps, tx, { order, actorId: staff.userId }, () => store.takeUnits(tx, row.id));
  // Once, for all of them: products are locked in one order, as stock is.
  await touchProductsOf(deps, tx, [...backInStock, ...soldOut]);
  return lines;
}

function whatCame(lines: readonly store.ReturnLine[], items: ReceiptInput['items']) {
  for (const { itemId } of items) {
    const isAsked = lines.some(({ lineId }) => lineId === itemId);
    if (!isAsked) throw new AppError('order_item_not_found', { itemId });
  }
  const came = lines.map((line) => {
    const named = items.filter(({ itemId }) => itemId === line.lineId);
    const sum = (of: 'restock' | 'writeOff') => named.reduce((total, item) => total + (item[of] ?? 0), 0);
    const [restocked, writtenOff] = [sum('restock'), sum('writeOff')];
    const units = restocked + writtenOff;
    if (units > line.asked) {
      throw new AppError('return_too_large', { itemId: line.lineId, requested: units, left: line.asked });
    }
    const chargedMinor = chargeOfUnits(line, { before: line.returned + line.removed, units });
    return { ...line, restocked, writtenOff, units, chargedMinor };
  });
  if (came.every(({ units }) => units === 0)) {
    throw new AppError('invalid_input', {
      errors: [{ path: '/items', message: 'must hold a unit at least' }],
    });
  }
  return came;
}

/** A line is exchanged as a whole, or not at all. */
async function exchange(
  deps: Deps,
  tx: Transaction,
  {
    order,
    paid,
    row,
    came,
  }: Pick<Receiving, 'order' | 'paid' | 'row'> & { readonly came: ReturnType<typeof whatCame> },
): Promise<{ readonly lines: readonly Came[]; readonly soldOut: readonly VariantId[] }> {
  const wanted = came.flatMap((line) => {
    const { lineId, replacementId: variantId, replacementMinor, units: quantity } = line;
    if (variantId === null || replacementMinor === null || quantity === 0) return [];
    const exchangedMinor = worthOf({ ...line, paidMinor: paidPerUnit(line), replacementMinor });
    return [{ lineId, variantId, quantity, exchangedMinor }];
  });
  const replacements = await replaceable(tx, paid.id, wanted);
  const exchange = { order, returnId: row.id, replacements };
  const soldOut = replacements.length === 0 ? [] : await placeExchange(deps, tx, exchange);
  const lines = came.map((line) => {
    const made = replacements.find(({ lineId }) => lineId === line.lineId);
    return { ...line, exchanged: made?.quantity ?? 0, exchangedMinor: made?.exchangedMinor ?? NOTHING };
  });
  return { lines, soldOut };
}

/**
 * Where all that came is exchanged there is nothing left to decide: the difference goes back at once. Null where there
 * is none; and where there is more to be refunded, which is for staff to do, with the difference in it.
 */
async function endExchange(
  deps: Deps,
  tx: Transaction,
  {
    order,
    paid,
    row,
    staff,
    lines,
    status,
  }: Receiving & { readonly lines: readonly Came[]; readonly status: store.ReturnRow['status'] },
): Promise<RefundId | null> {
  if (lines.some(({ units, exchanged }) => exchanged < units)) return null;
  const refundMinor = minor(Math.min(dueForAll(lines), await unspentOf(tx, paid.id)));
  if (refundMinor === 0) {
    await store.updateReturn(tx, row.id, { status: nextReturnStatus(status, 'exchange') });
    return null;
  }
  const { refundId } = row;
  const by = { actor: 'staff', actorId: staff.userId } as const;
  await openRefund(deps, tx, paid, { refundId, amount: refundMinor, reason: 'exchange', ...by });
  const refundedAt = deps.clock.now();
  await store.updateReturn(tx, row.id, {
    status: nextReturnStatus(status, 'refund'),
    refundMinor,
    refundedAt,
  });
  await tell(deps, tx, { orderId: order.id, returnId: row.id, staff, news: 'return.refunded' });
  return refundId;
}
