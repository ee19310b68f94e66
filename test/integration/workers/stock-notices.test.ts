/** Who waits for stock is told, once: oldest first, a few for each unit, until they stop it or it is long ago. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import { stockNotices } from '#db/schema/stock-notices.ts';
import { after, DAY_MS } from '#lib/clock.ts';
import { type EventInput, encodeEvent, type ShopEvent } from '#lib/events.ts';
import type { EventId, StockNoticeId } from '#lib/ids.ts';
import { forgetOldNotices } from '#origin/stock-notices/service.ts';
import {
  NOTICES_SHOP_URL,
  type Noticing,
  newAddress,
  openNoticing,
  tokenIn,
} from '#test/support/noticing.ts';
import { cancel } from '#test/support/orders.ts';
import { asEdge } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import { sendStockLetter } from '#workers/handlers/send-stock-letter.ts';
import { tellOfStock } from '#workers/handlers/tell-of-stock.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let noticing: Noticing;
let shop: Noticing['shop'];
beforeAll(async () => {
  noticing = await openNoticing();
  ({ shop } = noticing);
});
afterEach(() => noticing.loops.stop());
afterAll(() => noticing.close());

test('whoever waits is told once, however often the news comes and however often they ask', async () => {
  const product = await noticing.soldOut();
  const [user] = await noticing.queueOf(product, 1);
  await Promise.all([1, 2, 3].map(() => noticing.ask({ variantId: product.variantId }, user?.token)));
  noticing.work();
  await noticing.receive(product, 5);
  await noticing.settled();
  const events = (await noticing.stream.events()).filter(
    ({ name, data }) =>
      name.startsWith('notice.') || ('variantId' in data && data.variantId === product.variantId),
  );
  for (const event of events) await noticing.stream.publishRaw(`shop.${event.name}`, encodeEvent(event));
  await noticing.receive(product, 5);
  await noticing.settled();
  const mails = await noticing.mailsTo(user?.email ?? '');
  expect(mails.map(({ subject }) => subject)).toEqual(['Back in stock: Test Product']);
});

describe('of many who wait', () => {
  test('those who wait longest are told, two for each unit; the rest at the next receipt', async () => {
    const product = await noticing.soldOut();
    const waiting = await noticing.queueOf(product, 7);
    noticing.work();
    await noticing.receive(product, 2);
    await noticing.settled();
    const told = async () => {
      const counts = await Promise.all(
        waiting.map(async ({ email }) => (await noticing.mailsTo(email)).length),
      );
      return counts.join('');
    };
    expect(await told()).toBe('1111000');
    // The same news once more is no second receipt.
    for (const event of await noticing.stream.events()) {
      const isOfIt = 'added' in event.data && event.data.variantId === product.variantId;
      if (isOfIt) await noticing.stream.publishRaw(`shop.${event.name}`, encodeEvent(event));
    }
    await noticing.settled();
    expect(await told()).toBe('1111000');
    await noticing.receive(product, 1);
    await noticing.settled();
    expect(await told()).toBe('1111110');
    await noticing.receive(product, 50);
    await noticing.settled();
    expect(await told()).toBe('1111111');
  });

  test('nobody is told twice by two receipts at once', async () => {
    const product = await noticing.soldOut();
    const waiting = await noticing.queueOf(product, 6);
    noticing.loops.consume(tellOfStock);
    noticing.work();
    await Promise.all([
      noticing.receive(product, 1),
      noticing.receive(product, 1),
      noticing.receive(product, 1),
    ]);
    await noticing.settled();
    const counts = await Promise.all(
      waiting.map(async ({ email }) => (await noticing.mailsTo(email)).length),
    );
    expect(counts).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('they hear of what a cancelled order gives back', async () => {
    const product = await createProduct(shop, { stock: 1 });
    const cart = await cartWith(shop, product.variantId);
    const { body } = await checkOut(shop, cart);
    const [user] = await noticing.queueOf(product, 1);
    noticing.work();
    const { status } = await cancel(shop, { orderId: body.id, owner: cart.owner });
    expect(status).toBe(200);
    await noticing.settled();
    expect(await noticing.mailsTo(user?.email ?? '')).toHaveLength(1);
  });

  test('of what has been sold again by then nobody is told', async () => {
    const product = await noticing.soldOut();
    const [user] = await noticing.queueOf(product, 1);
    await noticing.receive(product, 1);
    expect((await checkOut(shop, await cartWith(shop, product.variantId))).status).toBe(201);
    noticing.work();
    await noticing.settled();
    expect(await noticing.mailsTo(user?.email ?? '')).toEqual([]);
    expect(await noticing.rowsOf(product)).toMatchObject([{ status: 'waiting' }]);
  });
});

describe('the link that stops them', () => {
  test('is in the mail for programs and for people, and ends all that the address waits for', async () => {
    const [product, other] = [await noticing.soldOut(), await noticing.soldOut()];
    const [user] = await noticing.queueOf(product, 1);
    await noticing.ask({ variantId: other.variantId }, user?.token);
    const bystander = (await noticing.queueOf(other, 1))[0];
    noticing.work();
    await noticing.receive(product, 1);
    await noticing.settled();
    const [message] = await noticing.mailsTo(user?.email ?? '');
    const token = tokenIn(message);
    expect(message?.text).toContain(`${NOTICES_SHOP_URL}/stop-notices#token=${token}`);
    expect(message?.headers).toMatchObject({
      'list-unsubscribe': `<${NOTICES_SHOP_URL}/api/v1/stock-notices/stop?token=${token}>`,
      'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
    });
    expect((await noticing.stop(token)).status).toBe(204);
    await noticing.receive(other, 5);
    await noticing.settled();
    expect(await noticing.mailsTo(user?.email ?? '')).toHaveLength(1);
    expect(await noticing.mailsTo(bystander?.email ?? '')).toHaveLength(1);
  });

  test('takes what a mail program sends, by its own type, and tells nothing of a token that is none', async () => {
    const body = 'List-Unsubscribe=One-Click';
    const url = `http://localhost/api/v1/stock-notices/stop?token=sn_${'x'.repeat(43)}`;
    const send = (path: string, type: string) => {
      const call = { method: 'POST', url: path, body };
      const own = { 'content-type': type, 'content-length': String(body.length) };
      const proven = asEdge({ ...call, headers: own });
      return shop.fetch(new Request(path, { method: 'POST', body, headers: proven }));
    };
    const form = 'application/x-www-form-urlencoded';
    expect((await send(url, form)).status).toBe(204);
    expect((await send(url, 'multipart/form-data; boundary=x')).status).toBe(204);
    expect((await send(url, 'text/plain')).status).toBe(415);
    expect((await send('http://localhost/api/v1/carts', form)).status).toBe(415);
  });
});

test('a mail that a crash sends again has the same message id, and its link works', async () => {
  const product = await noticing.soldOut();
  const [user] = await noticing.queueOf(product, 1);
  await noticing.receive(product, 1);
  const eventOf = async (name: EventInput['name']) => {
    const [row] = await shop.deps.db.execute<{ id: EventId; data: ShopEvent['data'] }>(
      sql`select id, data from outbox where name = ${name} order by seq desc limit 1`,
    );
    if (row === undefined) throw new Error(`no ${name}`);
    return { id: row.id, name, version: 1, occurredAt: '', traceparent: null, data: row.data } as ShopEvent;
  };
  await tellOfStock.handle(shop.deps, await eventOf('stock.replenished'));
  const sent: { messageId: string; text: string }[] = [];
  const handler = sendStockLetter({
    close: () => {},
    send: async (message) => {
      sent.push(message);
      if (sent.length === 1) throw new Error('the server died after it had taken it');
    },
  });
  const due = await eventOf('notice.fallen_due');
  await handler.handle(shop.deps, due).catch(() => {});
  await handler.handle(shop.deps, due);
  await handler.handle(shop.deps, due);
  expect(sent).toHaveLength(2);
  expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(1);
  expect((await noticing.stop(tokenIn(sent[1]))).status).toBe(204);
  expect(await noticing.rowsOf(product)).toEqual([]);
  expect(user?.email).toBeTruthy();
});

test('what is old is forgotten: unconfirmed after a day, told after a month, and who waits after half a year', async () => {
  const product = await noticing.soldOut();
  const [told, waits] = await noticing.queueOf(product, 2);
  expect([told, waits]).not.toContain(undefined);
  await noticing.ask({ variantId: product.variantId, email: newAddress() });
  const [first] = await noticing.rowsOf(product);
  await shop.deps.db
    .update(stockNotices)
    .set({ status: 'due', dueAt: new Date() })
    .where(eq(stockNotices.id, first?.id as StockNoticeId));
  const leftAfter = async (days: number) => {
    await forgetOldNotices({ db: shop.deps.db, clock: { now: () => after(new Date(), days * DAY_MS) } });
    return (await noticing.rowsOf(product)).map(({ status }) => status).toSorted();
  };
  expect(await leftAfter(0.5)).toEqual(['due', 'unconfirmed', 'waiting']);
  expect(await leftAfter(2)).toEqual(['due', 'waiting']);
  expect(await leftAfter(31)).toEqual(['waiting']);
  expect(await leftAfter(181)).toEqual([]);
});
