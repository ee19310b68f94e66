/** Whoever may have had the old credentials is out. */

import type { Transaction } from '#db/client.ts';
import type { UserId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import * as store from './store.ts';

/** All of the user's, in the transaction of the change that they end for. */
export async function endSessions(deps: Pick<Deps, 'clock'>, tx: Transaction, userId: UserId): Promise<void> {
  await store.revokeAllFamilies(tx, userId, deps.clock.now());
}
