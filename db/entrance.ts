/**
 * What bounds the work at a pool from this side, for a server that hangs keeps none of its own limits: how much is
 * under way at once, how long it may take for the request that it is for, and whether to ask at all.
 */

import type { Circuit } from '#lib/circuit.ts';
import { withDeadline } from '#lib/deadline.ts';
import { isConnectionFailure, isNotServed, NotServed, ServerSilent } from './failures.ts';

export interface Bounds {
  /** What the request at hand has left, in milliseconds; null where nobody waits. */
  readonly timeLeftMs?: () => number | null;
  /** Of a pool that nothing else bounds. */
  readonly server?: {
    readonly circuit: Circuit;
    readonly maxRunning: number;
    /** For a connection of the pool, and then for the answer to a statement. */
    readonly connectMs: number;
    readonly answerMs: number;
  };
}

type Query<T> = PromiseLike<T> & { cancel(): void };

export interface Entrance {
  /** What {@link Bounds.server} bounds. */
  inUse(): number;
  /** A statement by itself. @throws {NotServed} at a bound */
  statement<T>(query: Query<T>): Promise<T>;
  /**
   * A transaction. `begin` runs it on a connection of its own; after `hasEnded` it must begin nothing more.
   * @throws {NotServed} at a bound; what was committed by then is committed
   */
  transaction<T>(begin: (hasBegun: () => void) => Promise<T>): Promise<T>;
  /** A statement of a transaction. @throws {NotServed} when the request's time is up */
  inside<T>(query: Query<T>): Promise<T>;
}

export function createEntrance({ timeLeftMs = () => null, server }: Bounds): Entrance {
  let running = 0;

  /** Null: no limit. */
  function takeTime(): number | null {
    const leftMs = timeLeftMs();
    if (leftMs !== null && leftMs <= 0) throw new NotServed('out of time');
    return leftMs;
  }

  /** Refuses, or lets it run and learns from how it ends. */
  async function admitted<T>(work: () => Promise<T>): Promise<T> {
    if (server === undefined) return work();
    const { circuit, maxRunning } = server;
    if (running >= maxRunning || !circuit.admits()) throw new NotServed('refused');
    running += 1;
    try {
      const answer = await work();
      circuit.succeeded();
      return answer;
    } catch (error) {
      if (isConnectionFailure(error)) circuit.failed();
      // Whether it would have answered somebody with more time is not known.
      else if (!isNotServed(error)) circuit.succeeded();
      throw error;
    } finally {
      running -= 1;
    }
  }

  return {
    inUse: () => running,
    statement: async (query) => {
      const leftMs = takeTime();
      return admitted(() =>
        ended(query, leftMs, server && { ...server, silentMs: server.answerMs }, () => {
          // What was sent is ended by the server's own limit: it shares its connection with others.
          if ('state' in query && query.state === null) query.cancel();
        }),
      );
    },
    transaction: async (begin) => {
      const leftMs = takeTime();
      const begun = Promise.withResolvers<void>();
      return admitted(async () => {
        const result = begin(begun.resolve);
        const waiting = Promise.race([begun.promise, result]);
        await ended(waiting, leftMs, server && { ...server, answerMs: 0, silentMs: server.connectMs });
        return ended(result, takeTime());
      });
    },
    inside: async (query) => ended(query, takeTime()),
  };
}

interface Patience {
  readonly connectMs: number;
  readonly answerMs: number;
  /** Who has waited for so long in vain knows that the server says nothing to anybody. */
  readonly silentMs: number;
}

const ENDLESS: Patience = {
  ...{ connectMs: Number.POSITIVE_INFINITY, answerMs: 0 },
  silentMs: Number.POSITIVE_INFINITY,
};

async function ended<T>(
  work: PromiseLike<T>,
  leftMs: number | null,
  { connectMs, answerMs, silentMs }: Patience = ENDLESS,
  onLate = () => {},
): Promise<T> {
  const ms = Math.min(leftMs ?? Number.POSITIVE_INFINITY, connectMs + answerMs);
  if (ms === Number.POSITIVE_INFINITY) return await work;
  return withDeadline(Promise.resolve(work), ms, () => {
    onLate();
    throw ms >= silentMs ? new ServerSilent() : new NotServed('out of time');
  });
}
