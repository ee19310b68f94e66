/** The relay: what the outbox holds reaches the stream, once and in order, whatever NATS does meanwhile. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import { countUnpublished } from '#db/outbox.ts';
import { outbox } from '#db/schema/messaging.ts';
import { inTrace } from '#db/trace-scope.ts';
import type { EventInput } from '#lib/events.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import {
  doorTo,
  type Loops,
  openLoops,
  openStream,
  type StreamView,
  secondProcess,
  tell,
} from '#test/support/workers.ts';
import { relayBatch } from '#workers/outbox-relay.ts';

/** NATS that is gone is noticed after seconds. */
const TEST_TIMEOUT_MS = 40_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let stream: StreamView;
let loops: Loops;
beforeAll(async () => {
  shop = await openOrigin();
  stream = await openStream(shop);
  loops = openLoops(shop);
});
beforeEach(async () => {
  await shop.deps.db.delete(outbox);
  await stream.empty();
});
afterEach(async () => {
  await loops.stop();
});
afterAll(async () => {
  await stream.close();
  await shop.close();
});

const numbered = (count: number): EventInput[] =>
  Array.from({ length: count }, (_, index) => ({
    name: 'product.changed',
    data: { productId: crypto.randomUUID(), slug: 'a-product', version: index + 1 },
  }));

const versions = async () =>
  (await stream.events()).map(({ data }) => ('version' in data ? data.version : null));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const relayed = () =>
  eventually('the outbox is empty', async () => (await countUnpublished(shop.deps.db)) === 0);

test('every event is published once, in the order in which it was written', async () => {
  await tell(shop.deps, ...numbered(450));
  loops.relay();
  await relayed();
  expect(await versions()).toEqual(upTo(450));
  expect(await relayBatch(shop.deps)).toBe(0);
  expect(await stream.count()).toBe(450);
});

test('an event keeps its id, its time and the trace of the request on its way', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' as never;
  await inTrace(traceparent, null, () => tell(shop.deps, ...numbered(1)));
  const [row] = await shop.deps.db.select().from(outbox);
  await relayBatch(shop.deps);
  const [event] = await stream.events();
  expect(event).toEqual({
    id: row?.id as never,
    name: 'product.changed',
    version: 1,
    occurredAt: row?.occurredAt.toISOString() ?? '',
    traceparent,
    data: row?.data as never,
  });
});

test('two relays of two processes publish every event once', async () => {
  const second = secondProcess(shop);
  loops.relay();
  loops.relay(second.deps);
  for (let round = 0; round < 10; round += 1) await tell(shop.deps, ...numbered(60));
  await relayed();
  const ids = (await stream.events()).map(({ id }) => id);
  expect([ids.length, new Set(ids).size]).toEqual([600, 600]);
  await loops.stop();
  await second.close();
});

test('other processes hear how many events are coming, and what they hear is no part of the stream', async () => {
  const second = secondProcess(shop);
  const listening = new AbortController();
  let heard = 0;
  second.deps.bus.hearAnnounced((count) => {
    heard += count;
  }, listening.signal);
  await second.deps.bus.ping();
  await tell(shop.deps, ...numbered(3));
  await eventually('the announcement is heard', () => heard === 3);
  expect(await stream.count()).toBe(0);
  listening.abort();
  await second.close();
});

test('events wait while NATS is not there, and arrive when it is', async () => {
  const door = await doorTo(shop.config.NATS_URL);
  const apart = secondProcess(shop, door.url);
  await tell(shop.deps, ...numbered(20));
  await expect(relayBatch(apart.deps)).rejects.toThrow();
  expect(await countUnpublished(shop.deps.db)).toBe(20);
  loops.relay(apart.deps);
  await door.open();
  await relayed();
  expect(await versions()).toEqual(upTo(20));
  await loops.stop();
  await apart.close();
  await door.close();
});

test('events wait while NATS is cut off, and each arrives once when it is back', async () => {
  const door = await doorTo(shop.config.NATS_URL);
  await door.open();
  const apart = secondProcess(shop, door.url);
  const { bus } = apart.deps;
  let inVain = 0;
  const publish: typeof bus.publish = (event) => {
    if (!bus.isConnected()) inVain += 1;
    return bus.publish(event);
  };
  loops.relay({ ...apart.deps, bus: { ...bus, publish } });
  await tell(shop.deps, ...numbered(5));
  await relayed();
  await door.close();
  await eventually('the connection is lost', () => !bus.isConnected());
  await tell(shop.deps, ...numbered(5));
  expect(await countUnpublished(shop.deps.db)).toBe(5);
  await door.open();
  await relayed();
  expect(inVain).toBe(0);
  expect(await versions()).toEqual([...upTo(5), ...upTo(5)]);
  await loops.stop();
  await apart.close();
  await door.close();
});

test('a publish that was taken but seemed to fail is sent again and dropped as a duplicate', async () => {
  await tell(shop.deps, ...numbered(10));
  const { bus } = shop.deps;
  const publish: typeof bus.publish = async (event) => {
    await bus.publish(event);
    if ('version' in event.data && event.data.version % 2 === 0)
      throw new Error('no acknowledgement in time');
  };
  await expect(relayBatch({ ...shop.deps, bus: { ...bus, publish } })).rejects.toThrow(
    'did not take every event',
  );
  expect(await countUnpublished(shop.deps.db)).toBe(5);
  expect(await relayBatch(shop.deps)).toBe(5);
  expect(await versions()).toEqual(upTo(10));
});

test('a relay that dies before it has marked what it published leaves no second copy', async () => {
  await tell(shop.deps, ...numbered(10));
  const died = shop.deps.db.transaction(async (tx) => {
    await relayBatch({ ...shop.deps, db: tx as never });
    throw new Error('the process is gone');
  });
  await expect(died).rejects.toThrow('the process is gone');
  expect(await countUnpublished(shop.deps.db)).toBe(10);
  expect(await relayBatch(shop.deps)).toBe(10);
  expect(await versions()).toEqual(upTo(10));
});

test('a stream that was deleted is made anew for what waits', async () => {
  await stream.deleteStream();
  await tell(shop.deps, ...numbered(3));
  loops.relay();
  await relayed();
  expect(await versions()).toEqual(upTo(3));
});

test('a relay that is told to stop ends, and what waits is left for the next', async () => {
  loops.relay();
  await loops.stop();
  await tell(shop.deps, ...numbered(3));
  expect(await countUnpublished(shop.deps.db)).toBe(3);
});
