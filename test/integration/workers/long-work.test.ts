/** Work that takes long keeps its message: no other worker is given it meanwhile. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { SECOND_MS } from '#lib/clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { type Loops, openLoops, openStream, type StreamView, tell } from '#test/support/workers.ts';
import type { Consumer } from '#workers/consumer.ts';
import { relayBatch } from '#workers/outbox-relay.ts';

setDefaultTimeout(60 * SECOND_MS);
/** Longer than NATS waits for an ack. */
const LONG_WORK_MS = 6 * SECOND_MS;
/** More than two workers have in hand at once. */
const MESSAGES = 50;

let shop: OriginUnderTest;
let stream: StreamView;
let loops: Loops;
beforeAll(async () => {
  shop = await openOrigin();
  stream = await openStream(shop);
  loops = openLoops(shop);
});
afterAll(async () => {
  await loops.stop();
  await stream.close();
  await shop.close();
});

test('a message is handed out once, however long the handlers work, to two workers that have more of them', async () => {
  const begunAt = performance.now();
  const attempts: number[] = [];
  let ended = 0;
  const consumer: Consumer = {
    name: 'test-long-work',
    filter: 'order.cancelled',
    handle: async () => {
      await eventually('the time is over', () => performance.now() - begunAt > LONG_WORK_MS);
      ended += 1;
    },
  };
  const { bus } = shop.deps;
  const pull: typeof bus.pull = (spec, onDelivery, signal) =>
    bus.pull(
      spec,
      (delivery) => {
        attempts.push(delivery.attempt);
        return onDelivery(delivery);
      },
      signal,
    );
  const deps = { ...shop.deps, bus: { ...bus, pull } };
  loops.consume(consumer, deps);
  loops.consume(consumer, deps);
  const events = Array.from({ length: MESSAGES }, () => {
    return { name: 'order.cancelled', data: { orderId: crypto.randomUUID() } } as const;
  });
  await tell(shop.deps, ...events);
  await relayBatch(shop.deps);
  await eventually('the work has ended', () => ended >= MESSAGES);
  await stream.settled(consumer.name);
  expect(attempts).toEqual(Array.from({ length: MESSAGES }, () => 1));
});
