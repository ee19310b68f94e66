/**
 * Being reminded of a cart that one has left. Nobody is who has not asked for it (`PATCH /me`), and everybody once for
 * each time that they leave one: the next is after they have changed something in it.
 */

import { createHash, randomBytes } from 'node:crypto';
import type { Transaction } from '#db/client.ts';
import { after, DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import type { CartReminderId, UserId } from '#lib/ids.ts';
import { type Deps, emit } from '#origin/deps.ts';
import * as store from './store.ts';

/** Whoever has not touched their cart for so long has left it. */
export const LEFT_AFTER_MS = 4 * 60 * MINUTE_MS;
/** Of one that was left longer ago nobody hears any more: the workers were out for as long. */
const TOO_LATE_MS = 3 * DAY_MS;
/** In one transaction, which keeps whoever owns one of them waiting. */
const BATCH = 200;
const MAX_BATCHES = 50;
/** For so long the link in the mail stops others. */
const KEPT_AFTERWARDS_MS = 60 * DAY_MS;
const TOKEN_BYTES = 32;
/** That a mail names. */
const MAX_NAMED = 20;

/** A chore: finds the carts that were left, whoever else looks for them at the same time. */
export async function noteLeftCarts(deps: Deps): Promise<void> {
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const { taken, due } = await deps.db.transaction((tx) => noteBatch(deps, tx));
    if (due > 0) deps.metrics.count('cart_reminders_due_total', {}, due);
    if (taken < BATCH) return;
  }
}

async function noteBatch(deps: Deps, tx: Transaction) {
  const now = deps.clock.now();
  const since = after(now, -LEFT_AFTER_MS);
  const ids = await store.takeIdle(tx, { since, limit: BATCH, now });
  const left = await store.findLeft(tx, ids, after(since, -TOO_LATE_MS));
  const reminders = left.map((each) => ({ ...each, id: deps.ids.next<CartReminderId>(), dueAt: now }));
  const due = await store.insertReminders(tx, reminders);
  const events = due.map(
    ({ id: reminderId, cartId }) => ({ name: 'cart.abandoned', data: { cartId, reminderId } }) as const,
  );
  await emit(deps, tx, ...events);
  return { taken: ids.length, due: due.length };
}

export interface ReminderLetter {
  readonly to: string;
  /** Ends all of them. */
  readonly token: string;
  readonly goods: readonly { readonly name: string; readonly quantity: number }[];
  /** Beyond those. */
  readonly more: number;
}

/**
 * What is mailed, decided at the last moment: null where they have come back to the cart, bought it, or want no mails any
 * more, and where nothing of it is on sale.
 */
export async function reminderLetterFor(deps: Deps, id: CartReminderId): Promise<ReminderLetter | null> {
  const found = await store.findAddressee(deps.db, id);
  if (found === undefined) return null;
  const goods = await store.findGoods(deps.db, found.cartId);
  if (goods.length === 0) return null;
  const token = `cr_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  await store.setStopHash(deps.db, id, hashToken(token));
  const named = goods.slice(0, MAX_NAMED).map(({ name, optionValues, quantity }) => ({
    name: [name, ...optionValues].join(', '),
    quantity,
  }));
  return { to: found.email, token, goods: named, more: goods.length - named.length };
}

/** No more such mails to whom this one went. Of a token that is none nothing is told. */
export async function stopReminders({ db }: Deps, token: string): Promise<void> {
  await store.withdrawConsent(db, hashToken(token));
}

export const eraseRemindersOf = (tx: Transaction, userId: UserId) => store.deleteOfUser(tx, userId);
/** For the export of what is held of somebody. */
export const reminderRecordsOf = store.recordsOf;

/** A chore. */
export async function forgetOldReminders({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  await store.deleteOld(db, after(clock.now(), -KEPT_AFTERWARDS_MS));
}

/** The token has 256 random bits: a fast hash is enough to make a stolen table worthless. */
function hashToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}
