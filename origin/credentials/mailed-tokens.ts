/**
 * Tokens that are mailed. One is made when its mail is written and leaves in that mail alone: neither the outbox nor
 * the broker ever carries it. It works once, and with it go the others of its purpose.
 */

import { createHash, randomBytes } from 'node:crypto';
import type { Transaction } from '#db/client.ts';
import { after, DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import type { EventId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import * as store from './store.ts';

const TOKEN_BYTES = 32;
const PREFIX: Record<store.Purpose, string> = { verify_email: 'ev', reset_password: 'pr' };

const TOKEN_LIFE_MS: Record<store.Purpose, number> = {
  verify_email: DAY_MS,
  reset_password: 30 * MINUTE_MS,
};

/**
 * So many at a time, and so many mails: a stranger who asks again and again fills no mailbox, and does not make
 * worthless what its owner has asked for.
 */
const MAX_LIVE = 5;

/** Null when enough of them are under way. The mail of one event has one token, the last that was made for it. */
export async function issueToken(
  deps: Pick<Deps, 'db' | 'clock'>,
  mail: { readonly userId: UserId; readonly purpose: store.Purpose; readonly eventId: EventId },
): Promise<string | null> {
  const token = `${PREFIX[mail.purpose]}_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  const issuedAt = deps.clock.now();
  const expiresAt = after(issuedAt, TOKEN_LIFE_MS[mail.purpose]);
  const isIssued = await deps.db.transaction(async (tx) => {
    if ((await store.countLiveTokens(tx, mail, issuedAt)) >= MAX_LIVE) return false;
    await store.insertToken(tx, { ...mail, tokenHash: hashToken(token), issuedAt, expiresAt });
    return true;
  });
  return isIssued ? token : null;
}

/** Whose it is, without using it up. @throws {AppError} `link_invalid` */
export async function ownerOf(
  deps: Pick<Deps, 'db' | 'clock'>,
  token: string,
  purpose: store.Purpose,
): Promise<store.UserRow> {
  const userId = await store.findToken(deps.db, hashToken(token), purpose, deps.clock.now());
  const user = userId === undefined ? undefined : await store.findUser(deps.db, userId);
  if (user === undefined) throw new AppError('link_invalid');
  return user;
}

/** Uses it up, and locks and answers its owner: of two at once, one finds it. @throws {AppError} `link_invalid` */
export async function redeemToken(
  deps: Pick<Deps, 'clock'>,
  tx: Transaction,
  { token, purpose, userId }: { token: string; purpose: store.Purpose; userId: UserId },
): Promise<store.UserRow> {
  // Whoever was kept out meanwhile has no link that works.
  const user = await store.lockUser(tx, userId);
  if (user === undefined) throw new AppError('link_invalid');
  const owner = await store.findToken(tx, hashToken(token), purpose, deps.clock.now());
  if (owner !== userId) throw new AppError('link_invalid');
  await store.deleteTokens(tx, userId, purpose);
  return user;
}

/** The token has 256 random bits: a fast hash is enough to make a stolen table worthless. */
function hashToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}
