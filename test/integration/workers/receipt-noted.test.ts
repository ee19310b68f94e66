/** A receipt that is out is noted as sent, though the database goes away just then: it does not go out again. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { inbox } from '#db/schema/messaging.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { EVENTS } from '#lib/events.ts';
import type { EventId } from '#lib/ids.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import { sendReceipt } from '#workers/handlers/send-receipt.ts';

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
