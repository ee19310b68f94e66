/** Ten processes of a group share its queues, and are told of everything ten times: each effect happens once. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { MINUTE_MS } from '#lib/clock.ts';
import { encodeEvent, subjectOf } from '#lib/events.ts';
import type { MailCatcher } from '#ops/mail-catcher/catcher.ts';
import type { RunningDeps } from '#origin/deps.ts';
import { checkBooks, stockOf } from '#test/support/books.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import {
  type Loops,
  openLoops,
  openMail,
  openStream,
  recorder,
  type StreamView,
  secondProcess,
} from '#test/support/workers.ts';
import { sellStock } from '#workers/handlers/sell-stock.ts';
import { sendReceipt } from '#workers/handlers/send-receipt.ts';
import { createMailer, type Mailer } from '#workers/mailer.ts';
import { relayBatch } from '#workers/outbox-relay.ts';

setDefaultTimeout(MINUTE_MS);

const PROCESSES = 10;
const COPIES = 10;
const ORDERS = 12;

let shop: OriginUnderTest;
let stream: StreamView;
let mail: MailCatcher;
let loops: Loops;
let processes: readonly { readonly running: RunningDeps; readonly mailer: Mailer }[];
beforeAll(async () => {
  shop = await openOrigin();
  stream = await openStream(shop);
  mail = await openMail();
  loops = openLoops(shop);
  processes = Array.from({ length: PROCESSES }, () => ({
    running: secondProcess(shop),
    mailer: createMailer(mail.smtpUrl, 'Hotshelf <orders@hotshelf.example>'),
  }));
});
afterAll(async () => {
  await loops.stop();
  for (const { running, mailer } of processes) {
    mailer.close();
    await running.close();
  }
  await mail.stop();
  await stream.close();
  await shop.close();
});

test('ten workers, ten copies of each event: one mail an order, and its units leave the shelf once', async () => {
  const product = await createProduct(shop, { stock: ORDERS });
  for (let count = 0; count < ORDERS; count += 1) {
    expect((await checkOut(shop, await cartWith(shop, product.variantId))).status).toBe(201);
  }
  await relayBatch(shop.deps);
  const paid = (await stream.events()).filter(({ name }) => name === 'order.paid');
  expect(paid).toHaveLength(ORDERS);
  for (const event of paid) {
    for (let copy = 0; copy < COPIES; copy += 1) {
      await stream.publishRaw(subjectOf(event.name), encodeEvent(event));
    }
  }
  for (const { running, mailer } of processes) {
    for (const consumer of [sendReceipt(mailer), sellStock]) {
      loops.consume(consumer, running.deps);
    }
  }
  await eventually('every order has its mail', async () => (await mail.messages()).length >= ORDERS);
  await eventually('every unit is sold', async () => {
    return (await stockOf(shop.deps.db, product.variantId))?.onHand === 0;
  });
  for (const name of ['email', sellStock.name]) await stream.settled(name);
  const subjects = (await mail.messages()).map(({ subject }) => subject);
  expect(subjects).toHaveLength(ORDERS);
  expect(new Set(subjects).size).toBe(ORDERS);
  expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: 0, reserved: 0 });
  await checkBooks(shop);
});

test('a queue that was made for fewer processes takes as many as there may be now', async () => {
  const wide = await stream.limitOf(sellStock.name);
  expect(await stream.limitOf(sellStock.name, 1)).toBe(1);
  loops.consume(sellStock);
  await eventually('it is wide again', async () => (await stream.limitOf(sellStock.name)) === wide);
});

test('a stream that an operator has set up otherwise stays so, but for what the shop cannot do without', async () => {
  const { max_bytes: bytes, duplicate_window: window } = await stream.configure();
  const kept = { description: 'ours', max_bytes: 2 * bytes };
  await stream.configure({ ...kept, subjects: ['shop.order.>'], duplicate_window: window / 2 });
  loops.consume(recorder());
  const isServed = async () => (await stream.configure()).subjects.includes('shop.>');
  await eventually('it takes every event again', isServed);
  expect(await stream.configure()).toMatchObject({ ...kept, duplicate_window: window });
});
