/** The loop around every handler: nothing is lost, nothing blocks the rest, and what cannot be done is parked. */

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from 'bun:test';
import { deadLetters } from '#db/schema/messaging.ts';
import { after, MINUTE_MS } from '#lib/clock.ts';
import type { EventId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import {
  doorTo,
  type Loops,
  openLoops,
  openStream,
  parked,
  QUICK,
  recorder,
  type StreamView,
  secondProcess,
} from '#test/support/workers.ts';
import { runConsumer } from '#workers/consumer.ts';

/** NATS that is gone is noticed after seconds. */
const TEST_TIMEOUT_MS = 40_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const REDELIVERY_DEADLINE_MS = 60_000;

let shop: OriginUnderTest;
let stream: StreamView;
let loops: Loops;
beforeAll(async () => {
  shop = await openOrigin();
  stream = await openStream(shop);
  loops = openLoops(shop);
});
beforeEach(async () => {
  await stream.empty();
});
afterEach(async () => {
  await loops.stop();
  await shop.deps.db.delete(deadLetters);
});
afterAll(async () => {
  await stream.close();
  await shop.close();
});

/** An event on its way, without an outbox. Answers the id of its order. */
async function publish(): Promise<string> {
  const orderId = crypto.randomUUID();
  await shop.deps.bus.publish({
    id: shop.deps.ids.next<EventId>(),
    name: 'order.cancelled',
    version: 1,
    occurredAt: new Date().toISOString(),
    traceparent: null,
    data: { orderId },
  });
  return orderId;
}

/** As another release may write it. */
const event = (change: object, occurredAt = new Date()) =>
  JSON.stringify({
    id: crypto.randomUUID(),
    name: 'order.cancelled',
    version: 1,
    occurredAt: occurredAt.toISOString(),
    traceparent: null,
    data: { orderId: crypto.randomUUID() },
    ...change,
  });

const times = (count: number, what: string) => Array.from({ length: count }, () => what);
const sorted = (ids: readonly string[]) => ids.toSorted();

test('every event is handled once, those from before the consumer was there included', async () => {
  const before = [await publish(), await publish()];
  const consumer = recorder();
  loops.consume(consumer);
  await eventually('the old ones are handled', () => consumer.seen.length === 2);
  const after = await Promise.all(Array.from({ length: 40 }, publish));
  await eventually('the new ones are handled', () => consumer.seen.length >= 42);
  expect(sorted(consumer.seen)).toEqual(sorted([...before, ...after]));
});

test('a second process takes its share, and each event is still handled once', async () => {
  const second = secondProcess(shop);
  const consumer = recorder();
  loops.consume(consumer);
  loops.consume(consumer, second.deps);
  const published = await Promise.all(Array.from({ length: 60 }, publish));
  await eventually('all are handled', () => consumer.seen.length >= 60);
  await loops.stop();
  await second.close();
  expect(sorted(consumer.seen)).toEqual(sorted(published));
});

test('an event whose handling fails is tried again until it succeeds', async () => {
  const consumer = recorder((attempt) => {
    if (attempt < 3) throw new Error('not yet');
  });
  loops.consume(consumer);
  const orderId = await publish();
  await eventually('the third attempt', () => consumer.seen.length === 3);
  const next = await publish();
  await eventually('the next event', () => consumer.seen.includes(next));
  expect(consumer.seen.filter((id) => id === orderId)).toEqual(times(3, orderId));
  expect(await parked(shop, consumer.name)).toEqual([]);
});

describe('an event is parked with its bytes and the reason', () => {
  test('after its last attempt', async () => {
    const consumer = recorder(() => {
      throw new Error('never to jane@example.com');
    });
    loops.consume(consumer);
    const orderId = await publish();
    const [letter] = await eventually('it is parked', async () => {
      const letters = await parked(shop, consumer.name);
      return letters.length > 0 && letters;
    });
    expect(consumer.seen).toEqual(times(QUICK.maxAttempts, orderId));
    expect(letter?.reason).toBe('Error: never to [masked]');
    expect(JSON.parse(Buffer.from(letter?.message ?? []).toString()).data).toEqual({ orderId });
  });

  test('at once when trying again would not help', async () => {
    const consumer = recorder(() => {
      throw new AppError('order_not_found');
    });
    loops.consume(consumer);
    const orderId = await publish();
    const letters = await eventually('it is parked', async () => {
      const found = await parked(shop, consumer.name);
      return found.length > 0 && found;
    });
    expect(letters.map(({ reason }) => reason)).toEqual(['AppError: No such order']);
    expect(consumer.seen).toEqual([orderId]);
  });

  const unreadable: readonly (readonly [string, string | Uint8Array])[] = [
    ['no JSON', 'no JSON'],
    ['no text', new Uint8Array([0xff, 0x00, 0xfe])],
    ['empty', ''],
    ['no event', '{"hello":"world"}'],
    ['of an unknown name, and old', event({ name: 'order.eaten' }, new Date(0))],
    ['of an unknown version, and of no time', event({ version: 2, occurredAt: '' })],
    ['without its data', event({ data: {} })],
  ];
  test.each(unreadable)('at once when it is %s, and the next is handled', async (_what, content) => {
    const consumer = recorder();
    loops.consume(consumer);
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    await stream.publishRaw('shop.order.cancelled', bytes);
    const letters = await eventually('it is parked', async () => {
      const found = await parked(shop, consumer.name);
      return found.length > 0 && found;
    });
    expect(letters.map(({ message }) => message)).toEqual([bytes]);
    const next = await publish();
    await eventually('the next event', () => consumer.seen.includes(next));
    expect(consumer.seen).toEqual([next]);
  });
});

test('events of another release are kept for it until they are old', async () => {
  const consumer = recorder();
  const occurredAt = new Date();
  let now = occurredAt;
  let tries = 0;
  const warn = () => {
    tries += 1;
  };
  loops.consume(consumer, { ...shop.deps, log: { ...shop.deps.log, warn }, clock: { now: () => now } });
  for (const change of [{ name: 'order.eaten' }, { version: 2 }]) {
    await stream.publishRaw('shop.order.cancelled', new TextEncoder().encode(event(change, occurredAt)));
  }
  await eventually('each is tried more often than what fails', () => tries > 3 * QUICK.maxAttempts);
  expect(await parked(shop, consumer.name)).toEqual([]);
  now = after(occurredAt, 15 * MINUTE_MS);
  await eventually('both are parked', async () => (await parked(shop, consumer.name)).length === 2);
});

test('one that cannot even be parked comes back until it can', async () => {
  const { db } = shop.deps;
  let refusals = 0;
  const insert: typeof db.insert = (table) => {
    if (refusals < 2) {
      refusals += 1;
      throw new Error('the database is gone');
    }
    return db.insert(table);
  };
  const failing = new Proxy(db, {
    get: (target, key) => (key === 'insert' ? insert : Reflect.get(target, key)),
  });
  const consumer = recorder(() => {
    throw new AppError('order_not_found');
  });
  loops.consume(consumer, { ...shop.deps, db: failing });
  const orderId = await publish();
  await eventually('it is parked', async () => (await parked(shop, consumer.name)).length === 1);
  expect(consumer.seen).toEqual(times(3, orderId));
});

test('one that fails again and again keeps no other waiting', async () => {
  const stuck = await publish();
  const consumer = recorder((_attempt, orderId) => {
    if (orderId === stuck) throw new Error('never');
  });
  loops.consume(consumer);
  const others = await Promise.all(Array.from({ length: 20 }, publish));
  await eventually('the others are handled', () => others.every((id) => consumer.seen.includes(id)));
  await eventually('the stuck one is parked', async () => (await parked(shop, consumer.name)).length === 1);
});

test('a consumer goes on after its stream was deleted and made anew', async () => {
  const consumer = recorder();
  loops.consume(consumer);
  const first = await publish();
  await eventually('the first event', () => consumer.seen.includes(first));
  await stream.deleteStream();
  await shop.deps.bus.ensureStream();
  const second = await publish();
  await eventually('the event of the new stream', () => consumer.seen.includes(second));
  expect(consumer.seen).toEqual([first, second]);
});

test(
  'a consumer that starts before NATS, or loses it, goes on when it is there',
  async () => {
    const door = await doorTo(shop.config.NATS_URL);
    const apart = secondProcess(shop, door.url);
    const consumer = recorder();
    loops.consume(consumer, apart.deps);
    const first = await publish();
    await door.open();
    await eventually('the first event', () => consumer.seen.includes(first));
    await door.close();
    const second = await publish();
    await door.open();
    // The server may have sent it down the connection that was lost; it comes again when its ack is overdue.
    await eventually(
      'the event from meanwhile',
      () => consumer.seen.includes(second),
      REDELIVERY_DEADLINE_MS,
    );
    await loops.stop();
    await apart.close();
    await door.close();
  },
  2 * REDELIVERY_DEADLINE_MS,
);

describe('a consumer that is told to stop', () => {
  test('finishes what it has in hand, and what it finished does not come again', async () => {
    const started = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const finished: string[] = [];
    const consumer = recorder(async (_attempt, orderId) => {
      started.resolve();
      await finish.promise;
      finished.push(orderId);
    });
    const stopping = new AbortController();
    const running = runConsumer(shop.deps, consumer, stopping.signal, QUICK);
    const orderId = await publish();
    await started.promise;
    stopping.abort();
    finish.resolve();
    await running;
    expect(finished).toEqual([orderId]);
    loops.consume(consumer);
    const next = await publish();
    await eventually('the next event', () => finished.includes(next));
    expect(finished).toEqual([orderId, next]);
  });

  test.each([0, 1, 5, 20])('ends when it is told %d turns after its start', async (turns) => {
    const stopping = new AbortController();
    const running = runConsumer(shop.deps, recorder(), stopping.signal, QUICK);
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    stopping.abort();
    await running;
    expect(stopping.signal.aborted).toBe(true);
  });
});
