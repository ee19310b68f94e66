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

test('a message is handed out once, however long its handler works, to two workers', async () => {
  let begun = 0;
  let ended = 0;
  const consumer: Consumer = {
    name: 'test-long-work',
    filter: 'order.cancelled',
    handle: async () => {
      begun += 1;
      const begunAt = performance.now();
      await eventually('the time is over', () => performance.now() - begunAt > LONG_WORK_MS);
      ended += 1;
    },
  };
  loops.consume(consumer);
  loops.consume(consumer);
  await tell(shop.deps, { name: 'order.cancelled', data: { orderId: crypto.randomUUID() } });
  await relayBatch(shop.deps);
  await eventually('the work has ended', () => ended > 0);
  await stream.settled(consumer.name);
  expect({ begun, ended }).toEqual({ begun: 1, ended: 1 });
});
