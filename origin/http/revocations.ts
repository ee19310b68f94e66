/**
 * Which access tokens no longer count though they have not expired: those of ended sessions, and those of before
 * their user's last change of role. The database is the truth (db/schema/sessions.ts). NATS brings the news at once;
 * besides, what this process knows is never older than a moment, and where it cannot be renewed nobody gets in.
 */

import { withDeadline } from '#lib/deadline.ts';
import type { SessionId, UserId } from '#lib/ids.ts';
import type { Logger } from '#lib/log.ts';
import { AppError } from '#lib/problems.ts';
import type { EventBus } from '#origin/adapters/nats.ts';
import { beyondRequest } from '#origin/adapters/time-left.ts';
import { decodeRevocations, encodeRevocations, type Revocation } from './revocation.ts';

/** What of a token decides whether it is revoked. */
export interface Revocable {
  readonly sessionId: SessionId;
  readonly userId: UserId;
  readonly epoch: number;
}

export interface Revocations {
  /**
   * Null: what is known is of this moment. Else it is so once the promise resolves.
   * @throws {AppError} `unavailable` (from the promise) when nobody can be asked.
   */
  catchUp(): Promise<void> | null;
  cover(token: Revocable): boolean;
  /** After the commit: counts here from now on, and in every other process that NATS reaches. */
  announce(revoked: readonly Revocation[]): void;
}

/** What the database has that was not seen yet, and from where to read the next time. */
export type LoadRevocations = (since: string) => Promise<{
  readonly revoked: readonly Revocation[];
  readonly next: string;
}>;

export interface RevocationsOptions {
  readonly load: LoadRevocations;
  readonly bus: Pick<EventBus, 'tell' | 'hear' | 'isConnected' | 'onConnect' | 'ping'>;
  readonly log: Logger;
}

const TOPIC = 'access.revoked';
const FIRST = '0';
/** With what follows: whatever a decision rests on is less than a second old when it is made. */
const MAX_AGE_MS = 700;
/** Older than this it is renewed, while nobody waits yet. */
const RENEW_AFTER_MS = 350;
const ASK_DATABASE_MS = 600;
const ASK_NATS_MS = 250;
/** The first query after a lost connection may fail with it. */
const DATABASE_TRIES = 2;

export function createRevocations({ load, bus, log }: RevocationsOptions): Revocations {
  const list = createList();
  let since = FIRST;
  let knownAtMs = Number.NEGATIVE_INFINITY;
  let renewal: Promise<void> | null = null;
  /** Counts connections to NATS: all news since the database was read came if that is still the same one. */
  let connection = 0;
  let unbroken: number | null = null;
  bus.onConnect(() => {
    connection += 1;
  });
  bus.hear(TOPIC, (text) => {
    const revoked = decodeRevocations(text);
    if (revoked === null) log.warn('a revocation that was told of could not be read');
    else list.add(revoked);
  });

  async function askDatabase(): Promise<void> {
    const hearing = bus.isConnected() ? connection : null;
    const { revoked, next } = await withDeadline(
      tried(DATABASE_TRIES, () => load(since)),
      ASK_DATABASE_MS,
      () => {
        throw new Error('the database does not answer in time');
      },
    );
    list.add(revoked);
    since = next;
    unbroken = hearing;
  }

  /** What is told comes in order: when NATS answers, all that was told of before has been heard. */
  async function askNats(): Promise<void> {
    if (unbroken !== connection || !bus.isConnected()) throw new AppError('unavailable');
    await withDeadline(bus.ping(), ASK_NATS_MS, () => {
      throw new AppError('unavailable');
    });
    if (unbroken !== connection || !bus.isConnected()) throw new AppError('unavailable');
  }

  async function renew(): Promise<void> {
    const startedAtMs = performance.now();
    try {
      await askDatabase();
    } catch (error) {
      log.warn('ended sessions could not be read', { error });
      await askNats().catch(() => {
        throw new AppError('unavailable');
      });
    }
    list.prune();
    knownAtMs = startedAtMs;
  }

  return {
    catchUp: () => {
      const ageMs = performance.now() - knownAtMs;
      if (ageMs < RENEW_AFTER_MS) return null;
      renewal ??= beyondRequest(renew).finally(() => {
        renewal = null;
      });
      if (ageMs >= MAX_AGE_MS) return renewal;
      // It fails again, and loudly, for whoever has to wait for it.
      renewal.catch(() => {});
      return null;
    },
    cover: list.covers,
    announce: (revoked) => {
      list.add(revoked);
      bus.tell(TOPIC, encodeRevocations(revoked));
    },
  };
}

async function tried<T>(times: number, call: () => Promise<T>): Promise<T> {
  for (let left = times - 1; left > 0; left -= 1) {
    try {
      return await call();
    } catch {
      // The last try tells why.
    }
  }
  return call();
}

/** Longer than any access token lives, whatever clocks say. */
const KEEP_MS = 16 * 60 * 1_000;

/** Grows with the sessions that end while a token lives, and no further: sign-in is slow and has its limits. */
function createList() {
  const sessions = new Map<SessionId, number>();
  const users = new Map<UserId, { readonly epoch: number; readonly untilMs: number }>();
  return {
    add: (revoked: readonly Revocation[]) => {
      const untilMs = performance.now() + KEEP_MS;
      for (const each of revoked) {
        if ('sessionId' in each) {
          if (!sessions.has(each.sessionId)) sessions.set(each.sessionId, untilMs);
        } else if ((users.get(each.userId)?.epoch ?? 0) < each.epoch) {
          users.delete(each.userId);
          users.set(each.userId, { epoch: each.epoch, untilMs });
        }
      }
    },
    covers: ({ sessionId, userId, epoch }: Revocable) =>
      sessions.has(sessionId) || epoch < (users.get(userId)?.epoch ?? 0),
    /** The oldest come first. */
    prune: () => {
      const nowMs = performance.now();
      for (const [id, untilMs] of sessions) {
        if (untilMs > nowMs) break;
        sessions.delete(id);
      }
      for (const [id, { untilMs }] of users) {
        if (untilMs > nowMs) break;
        users.delete(id);
      }
    },
  };
}
