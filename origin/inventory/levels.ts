/** What is left to sell, and who hears when it falls: told once for each time that it does. */

import type { Transaction } from '#db/client.ts';
import type { EventData, EventInput } from '#lib/events.ts';
import type { VariantId } from '#lib/ids.ts';
import { type Deps, emit } from '#origin/deps.ts';

/** A variant before and after a movement; `available` is what could be sold afterwards. */
export interface Level {
  readonly variantId: VariantId;
  readonly availableBefore: number;
  readonly available: number;
  /** With so many left, or fewer, the stock is low. */
  readonly lowAt: number;
}

const hasFallenTo = ({ availableBefore, available }: Level, mark: number): boolean =>
  availableBefore > mark && available <= mark;

export const hasRunOut = (level: Level): boolean => hasFallenTo(level, 0);

/** Whether it can be bought and could not before, or the other way about. */
export const isShownOtherwise = ({ availableBefore, available }: Level): boolean =>
  availableBefore > 0 !== available > 0;

const eventsOf = (level: Level): EventInput[] => {
  const { variantId, available } = level;
  const data = { variantId, available };
  return [
    ...(hasFallenTo(level, level.lowAt) ? [{ name: 'stock.ran_low', data } as const] : []),
    ...(hasRunOut(level) ? [{ name: 'stock.ran_out', data } as const] : []),
  ];
};

/** A variant of which so many more can be sold than before. */
export type Replenished = EventData<'stock.replenished'>;

/** In the transaction of the movements: who waits for it hears of it. */
export async function tellOfMore(deps: Deps, tx: Transaction, more: readonly Replenished[]): Promise<void> {
  const events = more.map((data) => ({ name: 'stock.replenished', data }) as const);
  if (events.length > 0) await emit(deps, tx, ...events);
}

/** In the transaction of the movements. */
export async function tellOfFalls(deps: Deps, tx: Transaction, levels: readonly Level[]): Promise<void> {
  const events = levels.flatMap(eventsOf);
  if (events.length > 0) await emit(deps, tx, ...events);
}
