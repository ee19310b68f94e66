/** Sessions: opened by a log-in, carried on by refresh tokens, ended by their user or by a thief's mistake. */

import { createHash, randomBytes } from 'node:crypto';
import type { Transaction } from '#db/client.ts';
import { after, DAY_MS, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { CartId, SessionId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { mergeAtLogin } from '#origin/cart/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import type { Role, SignedIn } from '#origin/http/auth.ts';
import { grantedRole } from '#origin/http/granted-role.ts';
import type { Client, SessionTransport } from '#origin/http/session-transport.ts';
import type { SessionView } from './model.ts';
import * as store from './store.ts';

export { LoginHeaders, Tokens } from './model.ts';

/** What a log-in or a refresh gives: whom the access token is for, and what carries the session on. */
export interface Grant {
  readonly userId: UserId;
  readonly role: Role;
  readonly epoch: number;
  readonly hasSecondFactor: boolean;
  readonly sessionId: SessionId;
  /** Null for whoever comes a moment after the token was traded: see {@link refresh}. */
  readonly refreshToken: string | null;
  /** The customer's, where a guest's went into it at log-in, or became it. */
  readonly cartId?: CartId | null;
}

/** A refresh token, the way it came, and who brought it. */
export interface Presented {
  readonly token: string;
  readonly transport: SessionTransport;
  readonly client: Client;
}

/** How a session is opened, and by whom. */
export interface Opening extends Omit<Presented, 'token'> {
  /** Of the guest's cart that is to become the customer's; null where none was sent. */
  readonly cartToken: string | null;
}

export const REFRESH_TOKEN_LIFE_MS = 7 * DAY_MS;
/** However often it is refreshed: then one logs in again. */
const MAX_SESSION_LIFE_MS = 90 * DAY_MS;
const REFRESH_TOKEN_BYTES = 32;
/** As long as an answer may take to reach the tab beside the one that asked. */
const SIBLING_GRACE_MS = 10 * SECOND_MS;
/** Beyond these the ones that were used least recently end. */
const MAX_SESSIONS = 100;
/** ASVS 5.0.0, 7.5.2: whoever ends other sessions has just proven who they are. */
const RECENT_LOGIN_MS = 10 * MINUTE_MS;
/** What is over is kept so long for whoever has to look into it. */
const KEEP_EXPIRED_MS = 30 * DAY_MS;
const KEEP_REVOCATIONS_MS = 60 * MINUTE_MS;

/** Who has just proven who they are, and by what. */
export interface Proven {
  readonly userId: UserId;
  /** Of the password that was right. */
  readonly passwordHash: string;
  readonly byCode: boolean;
}

/**
 * Whatever has ended the user's sessions meanwhile ends this one before it begins: a log-in takes its time.
 * @throws {AppError} `credentials_invalid` when the user is kept out or gone by now, when the password was replaced, or
 * when a second factor was turned on that the log-in has not seen
 */
export async function openSession(
  deps: Deps,
  { userId, ...proven }: Proven,
  { transport, client, cartToken }: Opening,
): Promise<Grant> {
  const { grant, ended } = await deps.db.transaction(async (tx) => {
    const user = await store.lockUser(tx, userId);
    // Asked for once the lock is held: what the lock waited for need not have changed the user's own row.
    const asked = await store.findAsked(tx, userId);
    const isProven = asked?.passwordHash === proven.passwordHash && (proven.byCode || !asked.hasSecondFactor);
    if (user === undefined || !isProven) throw new AppError('credentials_invalid', {}, { userId });
    const now = deps.clock.now();
    const sessionId = deps.ids.next<SessionId>();
    await store.insertSession(tx, {
      ...{ id: sessionId, userId, transport, userAgent: client.userAgent },
      ...{ createdAt: now, lastUsedAt: now, expiresAt: after(now, REFRESH_TOKEN_LIFE_MS) },
    });
    const refreshToken = await issue(tx, { id: sessionId, userId, createdAt: now }, now);
    const beyond = await store.endBeyond(tx, userId, { now, keep: MAX_SESSIONS });
    return { grant: { ...grantTo(deps, user, sessionId), refreshToken }, ended: beyond };
  });
  announce(deps, ended);
  const by = proven.byCode ? 'password and code' : 'password';
  deps.security.record('login.succeeded', deps, { userId, sessionId: grant.sessionId, by });
  const customer = { kind: 'user', userId, role: grant.role, sessionId: grant.sessionId } as const;
  return { ...grant, cartId: await mergeAtLogin(deps, customer, cartToken) };
}

/**
 * Trades a refresh token for its successor. One that was traded before has been stolen, by one side or the other:
 * its session ends and its user is told (RFC 9700, 4.14.2). So does one that comes another way than it was given.
 *
 * Two tabs of one browser may send the same token at once. For a moment the token that was traded last, sent by the
 * very client that traded it, is no theft: it gets an access token and no refresh token, for its successor is in the
 * other tab's answer. So a token has one successor ever, and whoever holds an old copy is found out at its next use.
 * @throws {AppError} `refresh_token_invalid`
 */
export async function refresh(deps: Deps, presented: Presented): Promise<Grant> {
  const tokenHash = sha256(presented.token);
  const { grant, ended } = await deps.db.transaction(async (tx) => {
    const user = await store.lockOwner(tx, tokenHash);
    const known = await store.findRefreshToken(tx, tokenHash);
    const now = deps.clock.now();
    if (user === undefined || known === undefined || known.session.endedAt !== null) return NOTHING;
    const { session } = known;
    const trade = tradeOf(presented);
    const isMisplaced = session.transport !== presented.transport;
    if (known.usedAt === null && !isMisplaced) {
      if (known.expiresAt <= now) return NOTHING;
      await store.markUsed(tx, tokenHash, now);
      const refreshToken = await issue(tx, session, now);
      const expiresAt = expiryOf(session, now);
      await store.noteTrade(tx, session.id, { lastUsedAt: now, lastTrade: trade, expiresAt });
      return { grant: { ...grantTo(deps, user, session.id), refreshToken }, ended: [] };
    }
    if (!isMisplaced && isSibling(session, trade, now)) {
      return { grant: { ...grantTo(deps, user, session.id), refreshToken: null }, ended: [] };
    }
    return { grant: null, ended: await endCompromised(deps, tx, session) };
  });
  announce(deps, ended);
  if (grant === null) throw new AppError('refresh_token_invalid');
  return grant;
}

const NOTHING = { grant: null, ended: [] };

/** Ends the session that the token belongs to, whichever of its tokens it is; an unknown one has none to end. */
export async function logout(deps: Deps, token: string): Promise<void> {
  const tokenHash = sha256(token);
  const ended = await deps.db.transaction(async (tx) => {
    const user = await store.lockOwner(tx, tokenHash);
    const known = await store.findRefreshToken(tx, tokenHash);
    if (user === undefined || known === undefined) return [];
    return store.endSessions(tx, user.id, { now: deps.clock.now(), only: known.session.id });
  });
  announce(deps, ended);
}

/** @param current the session that asks; undefined where the caller has none */
export async function listSessions(
  deps: Deps,
  userId: UserId,
  current: SessionId | undefined,
): Promise<{ readonly items: readonly SessionView[]; readonly nextCursor: null }> {
  const rows = await store.findSessions(deps.db, userId, { now: deps.clock.now(), limit: MAX_SESSIONS });
  const items = rows.map(({ id, transport, userAgent, createdAt, lastUsedAt }) => ({
    ...{ id, transport, userAgent, current: id === current },
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt.toISOString(),
  }));
  return { items, nextCursor: null };
}

/**
 * One's own at any time; another one after a log-in of a moment ago, so that a thief's session puts nobody out.
 * @throws {AppError} `login_too_old`; `session_not_found`, too, for what has ended and for somebody else's
 */
export async function endSession(deps: Deps, caller: SignedIn, sessionId: SessionId): Promise<void> {
  const { userId } = caller;
  const ended = await deps.db.transaction(async (tx) => {
    await store.lockUser(tx, userId);
    if (sessionId !== caller.sessionId) await requireRecentLogin(deps, tx, caller);
    return store.endSessions(tx, userId, { now: deps.clock.now(), only: sessionId });
  });
  if (ended.length === 0) throw new AppError('session_not_found');
  announce(deps, ended);
}

/** @throws {AppError} `login_too_old` */
export async function endAllSessions(deps: Deps, caller: SignedIn): Promise<void> {
  const ended = await deps.db.transaction(async (tx) => {
    await requireRecentLogin(deps, tx, caller);
    return endSessionsOf(deps, tx, caller.userId);
  });
  announce(deps, ended);
}

/** A session is as old as its log-in, however often it was refreshed. */
async function requireRecentLogin(deps: Deps, tx: Transaction, caller: SignedIn): Promise<void> {
  const { userId, sessionId } = caller;
  const openedAt = sessionId === undefined ? undefined : await store.findOpening(tx, userId, sessionId);
  const isRecent = openedAt !== undefined && openedAt >= after(deps.clock.now(), -RECENT_LOGIN_MS);
  if (!isRecent) throw new AppError('login_too_old');
}

/**
 * Within the transaction of what is the reason, such as a new password. After its commit, hand what it gives to
 * {@link announce}; without that it is felt a moment later.
 * @param except the session that goes on, because it is its user who asks
 */
export async function endSessionsOf(
  deps: Deps,
  tx: Transaction,
  userId: UserId,
  except?: SessionId,
): Promise<SessionId[]> {
  await store.lockUser(tx, userId);
  const now = deps.clock.now();
  return store.endSessions(tx, userId, except === undefined ? { now } : { now, except });
}

/** Has every process know at once that sessions have ended; to be called after the commit. */
export function announce({ revocations }: Deps, ended: readonly SessionId[]): void {
  if (ended.length > 0) revocations.announce(ended.map((sessionId) => ({ sessionId })));
}

/** After the commit of what has raised a user's epoch: tokens of before are worth nothing from now on, everywhere. */
export async function announceEpoch(deps: Deps, userId: UserId): Promise<void> {
  const user = await store.findOwner(deps.db, userId);
  if (user !== undefined) deps.revocations.announce([{ userId, epoch: user.accessEpoch }]);
}

/** Whom to tell that their session was ended for a thief's sake; null when they have gone. */
export async function readCompromised(deps: Deps, sessionId: SessionId) {
  return (await store.findCompromised(deps.db, sessionId)) ?? null;
}

export async function deleteExpired({ db, clock }: Deps): Promise<void> {
  const now = clock.now();
  const deletions = [
    () => store.deleteRefreshTokens(db, now),
    () => store.deleteSessions(db, after(now, -KEEP_EXPIRED_MS)),
    () => store.deleteRevocations(db, after(now, -KEEP_REVOCATIONS_MS)),
  ];
  const failures: unknown[] = [];
  for (const remove of deletions) {
    await remove().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'not all that is over could be deleted');
}

async function endCompromised(deps: Deps, tx: Transaction, session: store.SessionRow): Promise<SessionId[]> {
  const { id: sessionId, userId } = session;
  const ended = await store.endSessions(tx, userId, { now: deps.clock.now(), only: sessionId });
  await emit(deps, tx, { name: 'session.compromised', data: { userId, sessionId } });
  deps.security.record('refresh.reused', deps, { userId, sessionId });
  return ended;
}

type Issuing = Pick<store.SessionRow, 'id' | 'userId' | 'createdAt'>;

async function issue(tx: Transaction, session: Issuing, now: Date): Promise<string> {
  const token = `rt_${randomBytes(REFRESH_TOKEN_BYTES).toString('base64url')}`;
  await store.insertRefreshToken(tx, {
    tokenHash: sha256(token),
    userId: session.userId,
    sessionId: session.id,
    issuedAt: now,
    expiresAt: expiryOf(session, now),
  });
  return token;
}

function expiryOf({ createdAt }: Issuing, now: Date): Date {
  const lastMs = after(createdAt, MAX_SESSION_LIFE_MS).getTime();
  return new Date(Math.min(after(now, REFRESH_TOKEN_LIFE_MS).getTime(), lastMs));
}

function isSibling({ lastUsedAt, lastTrade }: store.SessionRow, trade: Uint8Array, now: Date): boolean {
  const isRecent = now.getTime() - lastUsedAt.getTime() <= SIBLING_GRACE_MS;
  return isRecent && lastTrade !== null && Buffer.from(lastTrade).equals(trade);
}

/** The token and who traded it. The token's 256 bits hide the rest: an address could be guessed from its own hash. */
function tradeOf({ token, client }: Presented): Uint8Array {
  return sha256(JSON.stringify([token, client.address, client.userAgent]));
}

function grantTo(
  { accountPolicy }: Deps,
  user: NonNullable<Awaited<ReturnType<typeof store.lockUser>>>,
  sessionId: SessionId,
) {
  const { id: userId, accessEpoch: epoch, hasSecondFactor } = user;
  return { userId, role: grantedRole(accountPolicy, user), epoch, hasSecondFactor, sessionId };
}

/** The token has 256 random bits: a fast hash is enough to make a stolen table worthless. */
function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
