/**
 * Carries events from the outbox to JetStream. A batch is locked, published and marked in one transaction: a
 * crash in between publishes again, and JetStream drops what it has by the message id.
 */

import { claimUnpublished, hasUnpublished, markPublished } from '#db/outbox.ts';
import { inSpan, inTrace } from '#db/trace-scope.ts';
import { type ShopEvent, subjectOf } from '#lib/events.ts';
import type { EventId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { pause } from './consumer.ts';

const BATCH_SIZE = 200;
/** Between looks while announced events are on their way: a shopper waits for a new price meanwhile. */
const ALERT_MS = 5;
/** After so long without another announcement, what has not come was rolled back or taken by another relay. */
const ALERT_LASTS_MS = 200;
/** Between looks otherwise. An announcement may be lost, and a transaction may be slow. */
const IDLE_MS = 100;
const FAILED_MS = 250;

/** Runs until the signal aborts. Any number of relays may run: they share the work. */
export async function runRelay(deps: Deps, signal: AbortSignal): Promise<void> {
  const announced = followAnnounced(deps, signal);
  const nextConnection = followConnection(deps);
  while (!signal.aborted) {
    // What is published without a connection is waited for until its time is up, also when that is back long before.
    const relayed = deps.bus.isConnected() ? await relayOrReport(deps) : 'failed';
    if (relayed === 'failed') {
      await Promise.race([nextConnection(), pause(FAILED_MS, signal)]);
      continue;
    }
    announced.arrived(relayed);
    if (relayed === BATCH_SIZE) continue;
    if (announced.isAwaited()) await pause(ALERT_MS, signal);
    else await Promise.race([announced.next(), pause(IDLE_MS, signal)]);
  }
}

/** What resolves when the connection is made anew. */
function followConnection({ bus }: Deps): () => Promise<void> {
  let wake = () => {};
  bus.onConnect(() => wake());
  return () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    return promise;
  };
}

/** How many of the events that were announced have yet to come. */
function followAnnounced({ bus }: Deps, signal: AbortSignal) {
  let awaited = 0;
  let lastAt = 0;
  let wake = () => {};
  bus.hearAnnounced((count) => {
    awaited += count;
    lastAt = performance.now();
    wake();
  }, signal);
  return {
    arrived(count: number): void {
      const isOver = performance.now() - lastAt >= ALERT_LASTS_MS;
      awaited = isOver ? 0 : Math.max(0, awaited - count);
    },
    isAwaited: () => awaited > 0,
    next(): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      return promise;
    },
  };
}

async function relayOrReport(deps: Deps): Promise<number | 'failed'> {
  const inHand = deps.vitals.begin('the relay');
  try {
    return await relayBatch(deps);
  } catch (error) {
    deps.log.warn('the outbox could not be relayed; its events wait', { error });
    if (deps.bus.isConnected()) await deps.bus.ensureStream().catch(() => {});
    return 'failed';
  } finally {
    inHand.ended();
  }
}

/** Publishes the oldest events that wait. What was published before a failure is marked. Returns how many. */
export async function relayBatch(deps: Deps): Promise<number> {
  if (!(await hasUnpublished(deps.db))) return 0;
  const { published, failure } = await deps.db.transaction(async (tx) => {
    const events = await claimUnpublished(tx, BATCH_SIZE);
    const results = await Promise.allSettled(events.map((event) => publish(deps, event)));
    const ids: EventId[] = [];
    for (const [index, event] of events.entries()) {
      if (results[index]?.status !== 'fulfilled') continue;
      ids.push(event.id);
      deps.metrics.count('events_published_total', { event: event.name });
    }
    await markPublished(tx, ids, deps.clock.now());
    return { published: ids.length, failure: results.find((result) => result.status === 'rejected') };
  });
  if (failure !== undefined) throw new Error('JetStream did not take every event', { cause: failure.reason });
  return published;
}

/** As a span of the event's own trace. */
function publish({ bus, spans }: Deps, event: ShopEvent): Promise<void> {
  if (event.traceparent === null) return bus.publish(event);
  const subject = subjectOf(event.name);
  const start = {
    name: `publish ${event.name}`,
    kind: 'producer',
    attributes: {
      ...{ 'messaging.system': 'nats', 'messaging.destination.name': subject },
      'messaging.message.id': event.id,
    },
  } as const;
  return inTrace(event.traceparent, spans, () => inSpan(start, () => bus.publish(event)));
}
