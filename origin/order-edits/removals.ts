/** What an edit takes off an order, line by line, or why it must not. */

import type { OrderLineId } from '#lib/ids.ts';
import { type Currency, minor, money, timesQuantity } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { chargeOfUnits } from '#origin/orders/service.ts';
import type { EditableLine, RemovedLine } from './store.ts';

export interface WantedLine {
  readonly lineId: OrderLineId;
  /** How many of it there are to be. */
  readonly quantity: number;
}

export interface Removal extends RemovedLine, Pick<EditableLine, 'variantId'> {}

const kept = ({ quantity, removed }: EditableLine) => quantity - removed;

/**
 * The units that go, with what was charged for them: lines that stay as they are, are left out.
 * @throws {AppError} `edit_costs_more`, `units_not_left`, each naming the line; `edit_leaves_nothing`
 */
export function removalsOf(
  lines: readonly EditableLine[],
  wanted: readonly WantedLine[],
  currency: Currency,
): readonly Removal[] {
  const removals = wanted.flatMap(({ lineId, quantity }) => {
    const line = lines.find((each) => each.lineId === lineId);
    if (line === undefined || quantity === kept(line)) return [];
    return [removalOf(line, quantity, currency)];
  });
  const left = lines.reduce((sum, line) => sum + kept(line), 0);
  const gone = removals.reduce((sum, { removed }) => sum + removed, 0);
  if (gone > 0 && gone === left) throw new AppError('edit_leaves_nothing');
  return removals;
}

/** How many of each line there are to be. */
export function keptAfter(
  lines: readonly EditableLine[],
  removals: readonly Removal[],
): ReadonlyMap<OrderLineId, number> {
  const gone = new Map(removals.map(({ lineId, removed }) => [lineId, removed] as const));
  return new Map(lines.map((line) => [line.lineId, kept(line) - (gone.get(line.lineId) ?? 0)]));
}

function removalOf(line: EditableLine, quantity: number, currency: Currency): Removal {
  const { lineId, variantId } = line;
  const removed = kept(line) - quantity;
  if (removed < 0) {
    const difference = money(timesQuantity(line.unitPriceMinor, -removed), currency);
    throw new AppError('edit_costs_more', { itemId: lineId, difference });
  }
  const left = kept(line) - line.packed;
  if (removed > left) throw new AppError('units_not_left', { itemId: lineId, requested: removed, left });
  const before = line.removed + line.returned;
  const chargedMinor = minor(chargeOfUnits(line, { before, units: removed }));
  return { lineId, variantId, removed, chargedMinor };
}
