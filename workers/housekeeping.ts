/** What is done again and again without an event asking for it. Any number of processes may do it at once. */

import { deleteExpiredKeys } from '#db/idempotency.ts';
import { deleteOldEvents, EVENT_KEPT_MS } from '#db/outbox.ts';
import { after, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { forgetLeftCarts } from '#origin/cart/service.ts';
import { forgetOldReminders, noteLeftCarts } from '#origin/cart-reminders/service.ts';
import { mendPrices, publishDue, repriceDue } from '#origin/catalog/service.ts';
import { forgetExpiredTokens } from '#origin/credentials/service.ts';
import type { Deps } from '#origin/deps.ts';
import { bookMissingFees, reconcileOverdue, reconcileRefunds } from '#origin/payments/service.ts';
import { learnFromViews } from '#origin/recommendations/service.ts';
import { indexMissing, refreshSearch, renewPopularity } from '#origin/search/service.ts';
import { deleteExpired } from '#origin/sessions/service.ts';
import { forgetOldNotices } from '#origin/stock-notices/service.ts';
import { forgetOldViews } from '#origin/views/service.ts';
import { sweepDeliveries } from '#origin/webhook-deliveries/service.ts';
import { pause } from './consumer.ts';

interface Chore {
  readonly name: string;
  readonly everyMs: number;
  run(deps: Deps): Promise<unknown>;
}

const CHORES: readonly Chore[] = [
  { name: 'publish what is due', everyMs: SECOND_MS, run: publishDue },
  { name: 'renew the prices that have begun or ended', everyMs: SECOND_MS, run: repriceDue },
  { name: 'mend prices that nobody has renewed', everyMs: 10 * MINUTE_MS, run: mendPrices },
  { name: 'reconcile open payments', everyMs: 15 * SECOND_MS, run: reconcileOverdue },
  { name: 'reconcile pending refunds', everyMs: 30 * SECOND_MS, run: reconcileRefunds },
  { name: 'book the fees that are missing', everyMs: MINUTE_MS, run: bookMissingFees },
  {
    name: 'delete expired idempotency keys',
    everyMs: 10 * MINUTE_MS,
    run: ({ db, clock }) => deleteExpiredKeys(db, clock.now()),
  },
  {
    name: 'forget events that are long settled',
    everyMs: 10 * MINUTE_MS,
    run: ({ db, clock }) => deleteOldEvents(db, after(clock.now(), -EVENT_KEPT_MS)),
  },
  { name: 'forget tokens that nobody used', everyMs: 10 * MINUTE_MS, run: forgetExpiredTokens },
  { name: 'delete sessions that are long over', everyMs: 30 * MINUTE_MS, run: deleteExpired },
  { name: 'sweep the log of webhooks', everyMs: 10 * MINUTE_MS, run: sweepDeliveries },
  { name: 'forget old notices of stock', everyMs: 30 * MINUTE_MS, run: forgetOldNotices },
  { name: 'learn what is looked at together', everyMs: 30 * SECOND_MS, run: learnFromViews },
  { name: 'forget what was looked at long ago', everyMs: 30 * MINUTE_MS, run: forgetOldViews },
  { name: "forget guests' carts that were left", everyMs: 30 * MINUTE_MS, run: forgetLeftCarts },
  { name: 'find carts that were left', everyMs: MINUTE_MS, run: noteLeftCarts },
  { name: 'forget old reminders of carts', everyMs: 30 * MINUTE_MS, run: forgetOldReminders },
  { name: 'index what search lacks', everyMs: 10 * MINUTE_MS, run: indexMissing },
  { name: "renew search's popularity", everyMs: 5 * MINUTE_MS, run: renewPopularity },
  { name: 'refresh the spelling and tiers of search', everyMs: 15 * MINUTE_MS, run: refreshSearch },
];

/** Runs until the signal aborts. */
export async function keepHouse(deps: Deps, signal: AbortSignal): Promise<void> {
  await Promise.all(CHORES.map((chore) => repeat(deps, chore, signal)));
}

async function repeat(deps: Deps, { name, everyMs, run }: Chore, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await run(deps);
    } catch (error) {
      deps.log.warn('a chore failed; it comes round again', { chore: name, error });
    }
    await pause(everyMs, signal);
  }
}
