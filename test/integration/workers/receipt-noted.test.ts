/** Receipts: one that is out is noted as sent, and one that waits behind a slow server for its turn is no stuck work. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { inbox } from '#db/schema/messaging.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { EVENTS } from '#lib/events.ts';
import type { EventId } from '#lib/ids.ts';
import { POLICIES } from '#lib/policies.ts';
import { createVitals } from '#origin/adapters/vitals.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import { openMail } from '#test/support/workers.ts';
import { sendReceipt } from '#workers/handlers/send-receipt.ts';
import { createMailer } from '#workers/mailer.ts';

setDefaultTimeout(60 * SECOND_MS);

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(() => shop.close());

/** The database as it is, but for so many writes to the inbox, which fail. */
function losing(db: Database, failures: number): Database {
  let left = failures;
  return new Proxy(db, {
    get: (target, name) => {
      if (name !== 'insert') return Reflect.get(target, name);
      return (table: Parameters<Database['insert']>[0]) => {
        if (table === inbox && left > 0) {
          left -= 1;
          throw new Error('the connection is gone');
        }
        return target.insert(table);
      };
    },
  });
}

test('a receipt is sent once when the database is gone just after, for a while', async () => {
  const { variantId } = await createProduct(shop);
  const { body } = await checkOut(shop, await cartWith(shop, variantId));
  const sent: string[] = [];
  const mailer = {
    send: async ({ messageId }: { readonly messageId: string }) => {
      sent.push(messageId);
    },
    close: () => {},
  };
  const id = shop.deps.ids.next<EventId>();
  const data = { orderId: String(body.id) };
  const { version } = EVENTS['order.paid'];
  const event = { id, name: 'order.paid', version, occurredAt: '', traceparent: null, data } as const;
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
  };
  const { handle } = sendReceipt(mailer);
  await handle({ ...shop.deps, db: losing(shop.deps.db, 3), sleep }, event);
  await handle(shop.deps, event);
  expect(sent).toEqual([`order-${body.id}@hotshelf`]);
  expect(waits).toHaveLength(3);
  expect(await shop.deps.db.$count(inbox, eq(inbox.eventId, id))).toBe(1);
});

test('a receipt that waits for its turn is not in hand; one that is being sent is', async () => {
  const { variantId } = await createProduct(shop);
  const { body } = await checkOut(shop, await cartWith(shop, variantId));
  const clock = { nowMs: 0 };
  const vitals = createVitals(shop.deps.metrics, () => clock.nowMs);
  const deps = { ...shop.deps, vitals, inHand: vitals.begin('the consumer email') };
  const { bulkhead, timeoutMs } = POLICIES.smtp;
  const free = Promise.withResolvers<void>();
  const smtp = deps.guards('smtp');
  const others = Array.from({ length: bulkhead.maxRunning }, () => smtp.run(() => free.promise));
  const sent = Promise.withResolvers<void>();
  const mailer = { send: () => sent.promise, close: () => {} };
  const id = shop.deps.ids.next<EventId>();
  const { version } = EVENTS['order.paid'];
  const data = { orderId: String(body.id) };
  const event = { id, name: 'order.paid', version, occurredAt: '', traceparent: null, data } as const;
  const handled = sendReceipt(mailer).handle(deps, event);
  await eventually('it waits', () => smtp.load().waiting === 1);
  expect(vitals.oldest()).toBeNull();
  clock.nowMs = timeoutMs;
  free.resolve();
  await Promise.all(others);
  await eventually('it is in hand', () => vitals.oldest() !== null);
  expect(vitals.oldest()?.ms).toBe(0);
  sent.resolve();
  await handled;
  vitals.stop();
});

test('a server that takes longer over a mail than to be connected to is waited for', async () => {
  const connectMs = 250;
  const mail = await openMail(2 * connectMs);
  const policy = { ...POLICIES.smtp, connectMs, timeoutMs: 20 * SECOND_MS };
  const mailer = createMailer(mail.smtpUrl, 'Hotshelf <orders@hotshelf.example>', policy);
  const content = {
    subject: 'A receipt',
    text: 'Paid.',
    html: '<p>Paid.</p>',
    messageId: 'order-1@hotshelf',
  };
  await mailer.send({ to: 'jane@example.com', ...content });
  expect(await mail.messages()).toHaveLength(1);
  mailer.close();
  await mail.stop();
});
