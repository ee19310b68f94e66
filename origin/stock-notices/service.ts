/**
 * Being told, once, that something can be bought again. Nobody is written to who has not asked for it: an address that
 * is not an account's own, and proven, is asked first. What a stranger learns is the same whether it is known or not.
 */

import type { Transaction } from '#db/client.ts';
import { after, DAY_MS } from '#lib/clock.ts';
import type { StockNoticeId, UserId, VariantId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { type Deps, emit } from '#origin/deps.ts';
import type { Caller, SignedIn } from '#origin/http/auth.ts';
import type { NewStockNotice, StockNotices } from './model.ts';
import * as store from './store.ts';
import { hashToken } from './tokens.ts';

export { fallDue } from './fall-due.ts';
export { type StockLetter, stockLetterFor } from './letters.ts';

/** Of an account, at once. */
const MAX_LIVE = 100;
/** Of an address, a day: so many mails that it never asked for, at most, whoever types it in. */
const MAX_UNCONFIRMED = 5;
const CONFIRMED_WITHIN_MS = DAY_MS;
const WAITS_AT_MOST_MS = 180 * DAY_MS;
/** For so long the link in the mail stops others. */
const KEPT_AFTERWARDS_MS = 30 * DAY_MS;

/** @throws {AppError} `variant_not_found`, `variant_in_stock`, `stock_notices_full`; `invalid_input` without an address */
export async function askForNotice(
  deps: Deps,
  caller: Caller,
  { variantId: asked, email }: NewStockNotice,
): Promise<void> {
  const variantId = asked as VariantId;
  if (!(await store.isOnSale(deps.db, variantId))) throw new AppError('variant_not_found');
  const account = caller.kind === 'user' ? await store.findAddressee(deps.db, caller.userId) : undefined;
  const isProven = email === undefined && account !== undefined && account.emailVerifiedAt !== null;
  if (isProven && caller.kind === 'user') {
    await waitAsUser(deps, caller.userId, variantId);
    await deps.ownWrites.note(caller);
    return;
  }
  const address = email ?? account?.email;
  if (address === undefined) {
    const message = 'is needed of whoever is not signed in';
    throw new AppError('invalid_input', { errors: [{ path: '/email', message }] });
  }
  await askAddress(deps, address.toLowerCase(), variantId);
}

async function waitAsUser(deps: Deps, userId: UserId, variantId: VariantId): Promise<void> {
  const now = deps.clock.now();
  const id = deps.ids.next<StockNoticeId>();
  await deps.db.transaction(async (tx) => {
    await store.takeTurn(tx, userId);
    await requireSoldOut(tx, variantId);
    if ((await store.countLiveOfUser(tx, userId)) >= MAX_LIVE) {
      throw new AppError('stock_notices_full', { maxNotices: MAX_LIVE });
    }
    const times = { askedAt: now, waitingSince: now };
    await store.insertNotice(tx, { id, variantId, userId, status: 'waiting', ...times });
  });
}

/** An event is written in any case: that somebody waits already takes no less. */
async function askAddress(deps: Deps, email: string, variantId: VariantId): Promise<void> {
  const id = deps.ids.next<StockNoticeId>();
  const indexes = deps.fields.indexesOf('noticeEmail', email);
  const [emailIndex] = indexes;
  const notice = {
    ...({ id, variantId, emailIndex, status: 'unconfirmed', askedAt: deps.clock.now() } as const),
    email: deps.fields.seal('noticeEmail', id, email),
  };
  await deps.db.transaction(async (tx) => {
    await store.takeTurn(tx, Buffer.from(emailIndex).toString('hex'));
    await requireSoldOut(tx, variantId);
    const live = await store.liveOfAddress(tx, indexes);
    const isKnown = live.some((each) => each.variantId === variantId);
    const unconfirmed = live.filter(({ status }) => status === 'unconfirmed').length;
    if (!isKnown && unconfirmed < MAX_UNCONFIRMED) await store.insertNotice(tx, notice);
    await emit(deps, tx, { name: 'notice.requested', data: { noticeId: id } });
  });
}

async function requireSoldOut(tx: Transaction, variantId: VariantId): Promise<void> {
  if ((await store.lockAvailable(tx, variantId)) > 0) throw new AppError('variant_in_stock');
}

/** Whoever reads the address's mail wants it. @throws {AppError} `link_invalid` */
export async function confirmNotice(deps: Deps, token: string): Promise<void> {
  const now = deps.clock.now();
  await deps.db.transaction(async (tx) => {
    const notBefore = after(now, -CONFIRMED_WITHIN_MS);
    const notice = await store.lockByConfirmToken(tx, hashToken(token), notBefore);
    if (notice === undefined) throw new AppError('link_invalid');
    await store.setWaiting(tx, notice.id, now);
    // It came in before they had confirmed, and was told of to others.
    if ((await store.lockAvailable(tx, notice.variantId)) === 0) return;
    await store.setDue(tx, [notice.id], now);
    await emit(deps, tx, { name: 'notice.fallen_due', data: { noticeId: notice.id } });
  });
}

/** No more such mails to whom this one went. Of a token that is none nothing is told. */
export async function stopNotices({ db }: Deps, token: string): Promise<void> {
  await db.transaction(async (tx) => {
    const notice = await store.findByStopToken(tx, hashToken(token));
    if (notice === undefined) return;
    const { userId, emailIndex } = notice;
    await store.deleteOf(tx, { userId, indexes: emailIndex === null ? [] : [emailIndex] });
  });
}

export async function listNotices(deps: Deps, user: SignedIn): Promise<StockNotices> {
  const rows = await deps.ownWrites.read(user, (db) => store.listOfUser(db, user.userId, MAX_LIVE));
  return { items: rows.map((row) => ({ ...row, askedAt: row.askedAt.toISOString() })) };
}

/** @throws {AppError} `stock_notice_not_found`, also for somebody else's */
export async function withdrawNotice(deps: Deps, user: SignedIn, id: StockNoticeId): Promise<void> {
  const isGone = await deps.db.transaction((tx) => store.deleteOwn(tx, user.userId, id));
  if (!isGone) throw new AppError('stock_notice_not_found');
  await deps.ownWrites.note(user);
}

interface Person {
  readonly userId: UserId;
  readonly verifiedEmail: string | null;
}

export async function eraseNoticesOf(deps: Deps, tx: Transaction, person: Person): Promise<void> {
  await store.deleteOf(tx, { userId: person.userId, indexes: indexesOf(deps, person) });
}

/** For the export of what is held of somebody. */
export async function noticeRecordsOf(deps: Deps, person: Person) {
  const rows = await store.recordsOf(deps.db, { ...person, indexes: indexesOf(deps, person) });
  return rows.map(({ id, variantId, status, email, askedAt, waitingSince, dueAt }) => ({
    ...{ id, variantId, status, askedAt, waitingSince, dueAt },
    email: email === null ? null : deps.fields.open('noticeEmail', id, email),
  }));
}

const indexesOf = ({ fields }: Deps, { verifiedEmail }: Person) =>
  verifiedEmail === null ? [] : fields.indexesOf('noticeEmail', verifiedEmail);

/** A chore: what nobody has confirmed, has waited for too long, or is long over. */
export async function forgetOldNotices({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  const now = clock.now();
  await store.deleteOld(db, {
    unconfirmed: after(now, -CONFIRMED_WITHIN_MS),
    waiting: after(now, -WAITS_AT_MOST_MS),
    due: after(now, -KEPT_AFTERWARDS_MS),
  });
}
