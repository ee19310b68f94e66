/** A shopper asks to send goods back: units that have left, not long ago, and that nobody has asked back before. */

import type { Transaction } from '#db/client.ts';
import { present } from '#lib/assert.ts';
import type { OrderId, OrderLineId, RefundId, ReturnId, VariantId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { type Deps, emit } from '#origin/deps.ts';
import { asPaid, priceReplacement } from '#origin/exchanges/service.ts';
import { requireNamedOnce, unitsOf } from '#origin/fulfilment/service.ts';
import type { Caller } from '#origin/http/auth.ts';
import {
  linesOf,
  lockOrder,
  noteStep,
  type OrderRow,
  paidPerUnit,
  requireOwn,
} from '#origin/orders/service.ts';
import type { ReturnInput } from './model.ts';
import { windowEnd } from './policy.ts';
import * as store from './store.ts';

/** Of one order, those that were withdrawn or rejected among them: each is told of, and stays for good. */
const MAX_RETURNS = 50;

export interface AskedReturn extends ReturnInput {
  readonly orderId: OrderId;
  /** Chosen beforehand: a repetition of the request finds the return of the first. */
  readonly returnId: ReturnId;
}

/**
 * @throws {AppError} `order_not_found`, `order_item_not_found`; `return_too_large`, `return_window_closed`,
 * `exchange_not_offered`, `exchange_costs_more`, which name the line; `returns_full`
 */
export async function requestReturn(deps: Deps, caller: Caller, asked: AskedReturn): Promise<void> {
  const { orderId, returnId, items, reason, note = '' } = asked;
  const lines = items.map(({ itemId, quantity, replacementVariantId = null }) => ({
    ...{ lineId: itemId as OrderLineId, quantity },
    replacementId: replacementVariantId as VariantId | null,
  }));
  const isNew = await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId);
    await requireOwn(tx, caller, orderId);
    if ((await store.findReturn(tx, orderId, returnId)) !== undefined) return false;
    if ((await store.countReturns(tx, orderId)) >= MAX_RETURNS) {
      throw new AppError('returns_full', { maxReturns: MAX_RETURNS });
    }
    requireNamedOnce(lines, await unitsOf(tx, orderId));
    for (const line of lines) await askBack(deps, tx, orderId, line);
    const refundId = deps.ids.next<RefundId>();
    const requestedAt = deps.clock.now();
    const row = { id: returnId, orderId, status: 'requested', reason, note, refundId, requestedAt } as const;
    await store.insertReturn(tx, row, await withPrices(deps, tx, order, lines));
    await noteStep(deps, tx, orderId, { event: 'return.requested', actor: 'shopper', detail: reason });
    await emit(deps, tx, { name: 'return.requested', data: { orderId, returnId } });
    return true;
  });
  if (isNew) deps.metrics.count('return_steps_total', { step: 'request' });
}

type Asked = store.AskedLine & { readonly replacementId: VariantId | null };

/** @throws {AppError} `exchange_not_offered`, `exchange_costs_more` */
async function withPrices(
  deps: Deps,
  tx: Transaction,
  order: OrderRow,
  lines: readonly Asked[],
): Promise<readonly store.NewReturnLine[]> {
  const bought = await asPaid(tx, order.id, await linesOf(tx, order.id), ({ id }) => id);
  const priced: store.NewReturnLine[] = [];
  for (const { replacementId, ...asked } of lines) {
    if (replacementId === null) {
      priced.push(asked);
      continue;
    }
    const { lineId, quantity } = asked;
    const line = present(
      bought.find(({ id }) => id === lineId),
      `line ${lineId}`,
    );
    const { variantId, sellerId, productId, unitPriceMinor } = line;
    const replacementMinor = await priceReplacement(deps, tx, order, {
      ...{ lineId, variantId, sellerId, productId, unitPriceMinor },
      ...{ paidMinor: paidPerUnit(line), quantity, replacementId },
    });
    priced.push({ ...asked, replacementId, replacementMinor });
  }
  return priced;
}

async function askBack(deps: Deps, tx: Transaction, orderId: OrderId, line: store.AskedLine): Promise<void> {
  const { lineId, quantity } = line;
  if (!(await store.askUnits(tx, line))) {
    const units = (await unitsOf(tx, orderId)).find((each) => each.lineId === lineId);
    const left = (units?.shipped ?? 0) - (units?.comingBack ?? 0);
    throw new AppError('return_too_large', { itemId: lineId, requested: quantity, left });
  }
  const seenOutAt = await store.lastSeenOut(tx, lineId);
  if (seenOutAt === null) return;
  const until = windowEnd(deps.returns, seenOutAt);
  if (deps.clock.now() > until) {
    throw new AppError('return_window_closed', { itemId: lineId, until: until.toISOString() });
  }
}
