/**
 * Postgres is the truth, JetStream a transport: its store may be lost with everything that it has acknowledged. An
 * event that somebody whom it concerns has neither handled nor parked, and that does not wait for them either, is
 * published again. What was not lost after all, JetStream drops by the message id and the consumers by their inbox.
 */

import {
  claimUnsettled,
  hasUnsettled,
  markSettled,
  publishAgain,
  type UnsettledEvent,
} from '#db/redelivery.ts';
import { SECOND_MS } from '#lib/clock.ts';
import type { EventName } from '#lib/events.ts';
import type { Deps } from '#origin/deps.ts';
import { type Consumer, pause } from './consumer.ts';

type Interest = Pick<Consumer, 'name' | 'filter'>;

const SWEEP_EVERY_MS = SECOND_MS;
/** Handling takes milliseconds; a message that takes longer than this is sent a second time, which does no harm. */
const LOST_AFTER_MS = 5 * SECOND_MS;
const PAGE_SIZE = 500;
/** Of one sweep; the next begins with the oldest again. */
const MAX_PAGES = 20;

/** Runs until the signal aborts. Any number of processes may run it: they share the work. */
export async function runRedelivery(
  deps: Deps,
  consumers: readonly Interest[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await redeliverLost(deps, consumers).catch((error: unknown) => {
      deps.log.warn('whether events were lost could not be seen', { error });
    });
    await pause(SWEEP_EVERY_MS, signal);
  }
}

/** One sweep. Returns how many events will be published again. */
export async function redeliverLost(
  deps: Deps,
  consumers: readonly Interest[],
  lostAfterMs = LOST_AFTER_MS,
): Promise<number> {
  if (!(await hasUnsettled(deps.db))) return 0;
  const nowMs = deps.clock.now().getTime();
  const sweep = { consumers, nowMs, waitingMs: await findWaiting(deps, consumers), lostAfterMs };
  let lost = 0;
  let afterSeq = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const swept = await sweepPage(deps, sweep, afterSeq);
    lost += swept.lost;
    if (swept.lastSeq === null) break;
    afterSeq = swept.lastSeq;
  }
  if (lost > 0) deps.log.warn('events were lost on their way and are published again', { count: lost });
  return lost;
}

/** For how long the oldest message of each consumer has waited that has some; for ever while NATS cannot say. */
async function findWaiting({ bus }: Deps, consumers: readonly Interest[]): Promise<Sweep['waitingMs']> {
  const found = await Promise.all(
    consumers.map(async ({ name }) => {
      const waitingMs = await bus.oldestWaitingMs(name).catch(() => Number.POSITIVE_INFINITY);
      return [name, waitingMs] as const;
    }),
  );
  return new Map(found.flatMap(([name, waitingMs]) => (waitingMs === null ? [] : [[name, waitingMs]])));
}

interface Sweep {
  readonly consumers: readonly Interest[];
  /** From before it was asked what waits: what is published meanwhile is of no concern. */
  readonly nowMs: number;
  readonly waitingMs: ReadonlyMap<string, number>;
  readonly lostAfterMs: number;
}

async function sweepPage(deps: Deps, sweep: Sweep, afterSeq: number) {
  const names = sweep.consumers.map(({ name }) => name);
  return deps.db.transaction(async (tx) => {
    const events = await claimUnsettled(tx, { consumers: names, afterSeq, limit: PAGE_SIZE });
    const settled = events.filter((event) => missingOf(event, sweep).length === 0);
    const lost = events.filter((event) => isLost(event, sweep));
    await markSettled(
      tx,
      settled.map(({ id }) => id),
      deps.clock.now(),
    );
    await publishAgain(
      tx,
      lost.map(({ id }) => id),
    );
    return { lost: lost.length, lastSeq: events.at(-1)?.seq ?? null };
  });
}

function missingOf({ name, dealtWithBy }: UnsettledEvent, { consumers }: Sweep): readonly string[] {
  const concerned = consumers.filter(({ filter }) => matches(filter, name)).map((consumer) => consumer.name);
  return concerned.filter((consumer) => !dealtWithBy.includes(consumer));
}

/** Whatever is older than all that waits for a consumer has had its effect there, or does not come any more. */
function isLost(event: UnsettledEvent, sweep: Sweep): boolean {
  const { nowMs, waitingMs, lostAfterMs } = sweep;
  if (event.publishedAt === null) return false;
  const ageMs = nowMs - event.publishedAt.getTime();
  if (ageMs < lostAfterMs) return false;
  return missingOf(event, sweep).some((consumer) => {
    const oldestMs = waitingMs.get(consumer);
    // The clocks of three machines agree as well as that.
    return oldestMs === undefined || ageMs > oldestMs + lostAfterMs;
  });
}

function matches(filter: Interest['filter'], name: EventName): boolean {
  return filter.endsWith('.*') ? name.startsWith(filter.slice(0, -1)) : name === filter;
}
