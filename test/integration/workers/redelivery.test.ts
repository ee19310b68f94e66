/** JetStream may lose everything that it has: Postgres has it, and what has not had its effect is published again. */

import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { and, eq, inArray, isNull } from 'drizzle-orm';
import { deleteOldEvents, EVENT_KEPT_MS } from '#db/outbox.ts';
import { deadLetters, inbox, outbox } from '#db/schema/messaging.ts';
import { after } from '#lib/clock.ts';
import type { EventId } from '#lib/ids.ts';
import type { MailCatcher } from '#ops/mail-catcher/catcher.ts';
import { stockOf } from '#test/support/books.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import { type Loops, openLoops, openMail, openStream, type StreamView, tell } from '#test/support/workers.ts';
import type { Consumer } from '#workers/consumer.ts';
import { sellStock } from '#workers/handlers/sell-stock.ts';
import { sendReceipt } from '#workers/handlers/send-receipt.ts';
import { createMailer } from '#workers/mailer.ts';
import { relayBatch } from '#workers/outbox-relay.ts';
import { redeliverLost } from '#workers/redelivery.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let mail: MailCatcher;
let stream: StreamView;
let loops: Loops;
let consumers: readonly [ReturnType<typeof sendReceipt>, typeof sellStock];
beforeAll(async () => {
  shop = await openOrigin();
  mail = await openMail();
  stream = await openStream(shop);
  loops = openLoops(shop);
  const mailer = createMailer(mail.smtpUrl, 'Test <test@test.example>');
  consumers = [sendReceipt(mailer), sellStock];
});
afterEach(async () => {
  await loops.stop();
});
afterAll(async () => {
  await stream.close();
  await mail.stop();
  await shop.close();
});

/** At once, whatever was published before this moment. */
const sweep = () => redeliverLost(shop.deps, consumers, 0);
const consume = () => {
  for (const consumer of consumers) loops.consume(consumer);
};
const publishAll = async () => {
  while ((await relayBatch(shop.deps)) > 0);
};
const unsettled = () => shop.deps.db.$count(outbox, isNull(outbox.settledAt));

async function buy(count: number, variantId: string): Promise<string[]> {
  const numbers: string[] = [];
  for (let order = 0; order < count; order += 1) {
    const { status, body } = await checkOut(shop, await cartWith(shop, variantId));
    expect(status).toBe(201);
    numbers.push(body.number);
  }
  return numbers;
}

test('of a store that was wiped before, between and after the effects, every paid order has one mail and one sale', async () => {
  const { variantId } = await createProduct(shop, { stock: 20 });
  // These have had their effects: nothing of them may come twice.
  const numbers = await buy(3, variantId);
  await publishAll();
  consume();
  await eventually('three mails', async () => (await mail.messages()).length === 3);
  await eventually('three sales', async () => (await stockOf(shop.deps.db, variantId))?.onHand === 17);
  await loops.stop();
  // These are published and nobody has them yet.
  numbers.push(...(await buy(4, variantId)));
  await publishAll();
  await stream.deleteStream();
  // These come to the new stream.
  numbers.push(...(await buy(2, variantId)));
  await shop.deps.bus.ensureStream();
  await publishAll();
  consume();
  loops.relay();
  await eventually('everything is settled', async () => {
    await sweep();
    return (await unsettled()) === 0;
  });
  const subjects = (await mail.messages()).map(({ subject }) => subject);
  expect(subjects.toSorted()).toEqual(numbers.map((number) => `Your order ${number}`).toSorted());
  expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 11, reserved: 0 });
});

test('what waits for its consumer is not lost, and is not published again', async () => {
  const { variantId } = await createProduct(shop, { stock: 1 });
  consume();
  await eventually('the consumers are there', async () => {
    await stream.settled('email');
    await stream.settled('inventory');
    return true;
  });
  await loops.stop();
  await buy(1, variantId);
  await publishAll();
  const before = await stream.count();
  expect(await shop.deps.bus.oldestWaitingMs('email')).toBeNumber();
  expect(await sweep()).toBe(0);
  await publishAll();
  expect(await stream.count()).toBe(before);
  consume();
  await stream.settled('email');
  await stream.settled('inventory');
  await sweep();
  expect(await unsettled()).toBe(0);
});

test('an event that concerns nobody is settled once it is published', async () => {
  await tell(shop.deps, { name: 'order.cancelled', data: { orderId: crypto.randomUUID() } });
  await sweep();
  expect(await unsettled()).toBe(1);
  await publishAll();
  expect(await sweep()).toBe(0);
  expect(await unsettled()).toBe(0);
});

test('what is parked does not come again by itself', async () => {
  const orderId = crypto.randomUUID();
  await tell(shop.deps, { name: 'order.paid', data: { orderId } });
  const [row] = await shop.deps.db.select().from(outbox).where(isNull(outbox.settledAt));
  await publishAll();
  consume();
  const letters = () =>
    shop.deps.db
      .select()
      .from(deadLetters)
      .where(eq(deadLetters.eventId, row?.id as EventId));
  await eventually('both have parked it, or found nothing to do', async () => {
    const handled = await shop.deps.db.$count(inbox, eq(inbox.eventId, row?.id as EventId));
    return (await letters()).length + handled === 2;
  });
  expect((await letters()).length).toBeGreaterThan(0);
  expect(await sweep()).toBe(0);
  expect(await unsettled()).toBe(0);
});

test('while NATS does not answer nothing counts as lost', async () => {
  await tell(shop.deps, { name: 'order.paid', data: { orderId: crypto.randomUUID() } });
  await publishAll();
  const oldestWaitingMs = () => Promise.reject(new Error('nats is not connected'));
  const deps = { ...shop.deps, bus: { ...shop.deps.bus, oldestWaitingMs } };
  expect(await redeliverLost(deps, consumers, 0)).toBe(0);
  const published = and(isNull(outbox.settledAt), isNull(outbox.publishedAt));
  expect(await shop.deps.db.$count(outbox, published)).toBe(0);
});

test('what is in hand is not lost, but what was published before all of it and has had no effect is', async () => {
  const held = Promise.withResolvers<void>();
  const begun: string[] = [];
  const consumer: Consumer = {
    name: 'test-in-hand',
    filter: 'order.cancelled',
    handle: async (_deps, { data }) => {
      if ('orderId' in data) begun.push(data.orderId);
      await held.promise;
    },
  };
  const cancel = async () => {
    const orderId = crypto.randomUUID();
    await tell(shop.deps, { name: 'order.cancelled', data: { orderId } });
    await publishAll();
    return orderId;
  };
  const sweepOnce = () => redeliverLost(shop.deps, [consumer], 0);
  loops.consume(consumer);
  const first = await cancel();
  await eventually('it is in hand', () => begun.includes(first));
  expect(await sweepOnce()).toBe(0);
  held.resolve();
  await stream.settled(consumer.name);
  await loops.stop();
  const wiped = await cancel();
  await stream.deleteStream();
  await shop.deps.bus.ensureStream();
  const waiting = await cancel();
  const { promise, resolve } = Promise.withResolvers<void>();
  const holding = { ...consumer, handle: () => promise };
  loops.consume(holding);
  await eventually(
    'a newer one waits',
    async () => (await shop.deps.bus.oldestWaitingMs(consumer.name)) !== null,
  );
  expect(await sweepOnce()).toBe(1);
  resolve();
  await loops.stop();
  loops.consume(consumer);
  await publishAll();
  await eventually('the lost one comes', () => begun.includes(wiped));
  expect(begun).not.toContain(waiting);
});

test('what is long settled is forgotten, and who has handled it; what is not may yet come again', async () => {
  const { deps } = shop;
  const now = deps.clock.now();
  const [before, long] = [after(now, -EVENT_KEPT_MS), after(now, -2 * EVENT_KEPT_MS)];
  const told = async (settledAt: Date | null) => {
    const id = deps.ids.next<EventId>();
    const data = { orderId: crypto.randomUUID() };
    const row = {
      id,
      name: 'order.cancelled',
      version: 1,
      data,
      occurredAt: long,
      publishedAt: long,
    } as const;
    await deps.db.insert(outbox).values({ ...row, settledAt });
    await deps.db.insert(inbox).values({ consumer: 'inventory', eventId: id, handledAt: long });
    return id;
  };
  const [old, young, open] = [await told(long), await told(now), await told(null)];
  await deleteOldEvents(deps.db, before);
  const all = [old, young, open];
  const left = await deps.db.select({ id: outbox.id }).from(outbox).where(inArray(outbox.id, all));
  const had = await deps.db.select({ id: inbox.eventId }).from(inbox).where(inArray(inbox.eventId, all));
  for (const rows of [left, had]) {
    expect(rows.map(({ id }) => id).toSorted()).toEqual([young, open].toSorted());
  }
});
