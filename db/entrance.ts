/**
 * What bounds the work at a pool from this side, for a server that hangs keeps none of its own limits: how much is
 * under way at once, how long it may take for the request that it is for, and whether to ask at all.
 */

import type { Circuit } from '#lib/circuit.ts';
import { withDeadline } from '#lib/deadline.ts';
import { isConnectionFailure, isNotServed, NotServed, ServerSilent } from './failures.ts';

const LATE = Symbol('late');

export interface Bounds {
  /** What the request at hand has left, in milliseconds; null where nobody waits. */
  readonly timeLeftMs?: () => number | null;
  /** Of a pool that nothing else bounds. */
  readonly server?: {
    readonly circuit: Circuit;
    readonly maxRunning: number;
    /** When it has answered nobody for so long, it is not there; longer than it may take for any answer. */
    readonly silentMs: number;
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
  const { heard, ended } = listenTo(server);

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
      heard();
      circuit.succeeded();
      return answer;
    } catch (error) {
      learn(circuit, error);
      throw error;
    } finally {
      running -= 1;
    }
  }

  /** Whether it would have answered somebody with more time is not known. */
  function learn(circuit: Circuit, error: unknown): void {
    if (isConnectionFailure(error)) circuit.failed();
    else if (!isNotServed(error)) {
      heard();
      circuit.succeeded();
    }
  }

  return {
    inUse: () => running,
    statement: async (query) => {
      const leftMs = takeTime();
      return admitted(() =>
        ended(query, leftMs, () => {
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
        await ended(Promise.race([begun.promise, result]), leftMs);
        heard();
        const restMs = takeTime();
        // Each of its statements has its own end; as a whole it may take as long as its caller waits.
        return restMs === null ? result : withDeadline(result, restMs, outOfTime);
      });
    },
    inside: async (query) => {
      const leftMs = takeTime();
      const answer = await (leftMs === null ? query : withDeadline(query, leftMs, outOfTime));
      heard();
      return answer;
    },
  };
}

function outOfTime(): never {
  throw new NotServed('out of time');
}

/** When the server has last answered anybody, and waiting with an eye on that. */
function listenTo(server: Bounds['server']) {
  const { silentMs = Number.POSITIVE_INFINITY } = server ?? {};
  let answeredAtMs = performance.now();

  /** Waits for as long as there is time, unless the server is silent: while it answers others, the turn will come. */
  async function ended<T>(work: PromiseLike<T>, leftMs: number | null, onLate = () => {}): Promise<T> {
    const ms = Math.min(leftMs ?? Number.POSITIVE_INFINITY, silentMs);
    if (ms === Number.POSITIVE_INFINITY) return await work;
    const settled = new Promise<T>((resolve, reject) => void work.then(resolve, reject));
    const outcome = await withDeadline<T, typeof LATE>(settled, ms, () => LATE);
    if (outcome !== LATE) return outcome;
    const isSilent = ms >= silentMs && performance.now() - answeredAtMs >= silentMs;
    if (!isSilent && ms !== leftMs) return ended(settled, leftMs && leftMs - ms, onLate);
    onLate();
    throw isSilent ? new ServerSilent() : new NotServed('out of time');
  }

  return {
    heard: () => {
      answeredAtMs = performance.now();
    },
    ended,
  };
}
