/**
 * How much waits: in the outbox, in JetStream, and for an operator. It is the same for the whole shop, and looked up by each
 * workers' process whenever its metrics are read.
 */

import { countParked } from '#db/dead-letters.ts';
import { readUnpublished } from '#db/outbox.ts';
import { SECOND_MS } from '#lib/clock.ts';
import type { Deps } from '#origin/deps.ts';
import type { Consumer } from './consumer.ts';

export function reportQueues(deps: Deps, consumers: readonly Pick<Consumer, 'name'>[]): void {
  const { metrics } = deps;
  metrics.onExpose(() => reportOutbox(deps));
  metrics.onExpose(() => reportStream(deps));
  metrics.onExpose(async () => {
    const parked = new Map((await countParked(deps.db)).map(({ consumer, letters }) => [consumer, letters]));
    // Those of whom nothing is parked any more are told, too.
    const names = new Set([...consumers.map(({ name }) => name), ...parked.keys()]);
    for (const consumer of names) metrics.gauge('dead_letters', { consumer }, parked.get(consumer) ?? 0);
  });
}

async function reportOutbox({ db, clock, metrics }: Deps): Promise<void> {
  const { rows, since } = await readUnpublished(db);
  const ageMs = since === null ? 0 : Math.max(0, clock.now().getTime() - since.getTime());
  metrics.gauge('outbox_pending_rows', {}, rows);
  metrics.gauge('outbox_oldest_age_seconds', {}, ageMs / SECOND_MS);
}

async function reportStream({ bus, metrics }: Deps): Promise<void> {
  const { messages, bytes, consumers } = await bus.backlog();
  metrics.gauge('jetstream_stream_messages', {}, messages);
  metrics.gauge('jetstream_stream_bytes', {}, bytes);
  for (const { name: consumer, pending, ackPending, oldestAgeMs } of consumers) {
    metrics.gauge('jetstream_consumer_pending_messages', { consumer }, pending);
    metrics.gauge('jetstream_consumer_ack_pending_messages', { consumer }, ackPending);
    metrics.gauge('jetstream_consumer_oldest_age_seconds', { consumer }, oldestAgeMs / SECOND_MS);
  }
}
