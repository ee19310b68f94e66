/** Whose turn it is when something has come in: of those who wait longest, a few for each unit. */

import type { Transaction } from '#db/client.ts';
import type { VariantId } from '#lib/ids.ts';
import { type Deps, emit } from '#origin/deps.ts';
import * as store from './store.ts';

/** Not everybody who is told buys; but of ten thousand who come for three units, most would come for nothing. */
const TOLD_FOR_EACH_UNIT = 2;
/** In one transaction. The rest follow by an event of their own. */
const MAX_TOLD_AT_ONCE = 500;

export interface Replenishment {
  readonly variantId: VariantId;
  /** Units that can be sold and could not before. */
  readonly added: number;
}

/** In the transaction in which the event of it is marked as handled. Returns how many are to be told. */
export async function fallDue(
  deps: Deps,
  tx: Transaction,
  { variantId, added }: Replenishment,
): Promise<number> {
  await store.takeTurn(tx, variantId);
  // Some of it may be sold by now.
  const available = await store.lockAvailable(tx, variantId);
  const most = TOLD_FOR_EACH_UNIT * Math.min(added, available);
  const limit = Math.min(most, MAX_TOLD_AT_ONCE);
  const next = limit <= 0 ? [] : await store.lockNext(tx, variantId, limit);
  if (next.length === 0) return 0;
  const ids = next.map(({ id }) => id);
  await store.setDue(tx, ids, deps.clock.now());
  const due = ids.map((noticeId) => ({ name: 'notice.fallen_due', data: { noticeId } }) as const);
  await emit(deps, tx, ...due);
  const rest = added - MAX_TOLD_AT_ONCE / TOLD_FOR_EACH_UNIT;
  if (ids.length === MAX_TOLD_AT_ONCE && rest > 0) {
    await emit(deps, tx, { name: 'stock.replenished', data: { variantId, added: rest } });
  }
  return ids.length;
}
