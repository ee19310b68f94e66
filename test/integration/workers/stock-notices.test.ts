/** Notices of stock, all the way: asked for, confirmed, told once, oldest first and a few for each unit, and stopped. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import { countUnpublished } from '#db/outbox.ts';
import { users } from '#db/schema/accounts.ts';
import { stockNotices } from '#db/schema/stock-notices.ts';
import { after, DAY_MS } from '#lib/clock.ts';
import { encodeEvent, type EventInput, type ShopEvent } from '#lib/events.ts';
import type { EventId, StockNoticeId, UserId, VariantId } from '#lib/ids.ts';
import type { MailCatcher } from '#ops/mail-catcher/catcher.ts';
import { forgetOldNotices } from '#origin/stock-notices/service.ts';
import { eventually } from '#test/support/eventually.ts';
import { asEdge, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cancel } from '#test/support/orders.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartWith, checkOut, createProduct, type TestProduct } from '#test/support/shopping.ts';
import { type Loops, openLoops, openMail, openStream, type StreamView } from '#test/support/workers.ts';
import { returnStock } from '#workers/handlers/return-stock.ts';
import { sellStock } from '#workers/handlers/sell-stock.ts';
import { sendStockLetter } from '#workers/handlers/send-stock-letter.ts';
import { tellOfStock } from '#workers/handlers/tell-of-stock.ts';
import { createMailer, type Mailer } from '#workers/mailer.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const SHOP_URL = 'https://shop.example';

let shop: OriginUnderTest;
let stream: StreamView;
let mail: MailCatcher;
let mailer: Mailer;
let loops: Loops;
beforeAll(async () => {
  shop = await openOrigin();
  stream = await openStream(shop);
  mail = await openMail();
  mailer = createMailer(mail.smtpUrl, 'Hotshelf <orders@hotshelf.example>');
  loops = openLoops(shop);
});
afterEach(() => loops.stop());
afterAll(async () => {
  mailer.close();
  await mail.stop();
  await stream.close();
  await shop.close();
});

function work(): void {
  loops.relay();
  for (const consumer of [tellOfStock, sendStockLetter(mailer, SHOP_URL), sellStock, returnStock]) {
    loops.consume(consumer);
  }
}

/** What one thing leads to, another may follow from: until nothing is on its way any more. */
async function settled(): Promise<void> {
  await eventually('nothing is under way', async () => {
    if ((await countUnpublished(shop.deps.db)) > 0) return false;
    for (const consumer of ['returns', 'inventory', 'stock-notices', 'stock-email']) {
      await stream.settled(consumer);
    }
    return (await countUnpublished(shop.deps.db)) === 0;
  });
}

const ask = (body: object, token?: string) =>
  shop.call('/api/v1/stock-notices', {
    method: 'POST',
    body,
    ...(token === undefined ? {} : { token }),
  });
const confirm = (token: string) =>
  shop.call('/api/v1/stock-notices/confirmation', { method: 'POST', body: { token } });
const stop = (token: string) =>
  shop.call(`/api/v1/stock-notices/stop?token=${token}`, { method: 'POST' });
const receive = async ({ variantId, sellerToken }: TestProduct, delta: number) => {
  const { status } = await shop.call('/api/v1/inventory/adjustments', {
    method: 'POST',
    token: sellerToken,
    headers: { 'idempotency-key': crypto.randomUUID() },
    body: { variantId, delta, kind: 'receipt', reason: 'A parcel' },
  });
  expect(status).toBe(200);
};
const soldOut = (name?: string) => createProduct(shop, { stock: 0, ...(name === undefined ? {} : { name }) });
const newAddress = () => `ada-${crypto.randomUUID()}@test.example`;
const mailsTo = async (email: string) =>
  (await mail.messages()).filter((message) => JSON.stringify(message).includes(email));
const tokenIn = (message: unknown) => /\bsn_[\w-]{43}/.exec(JSON.stringify(message))?.[0] ?? '';
const rowsOf = ({ variantId }: TestProduct) =>
  shop.deps.db
    .select()
    .from(stockNotices)
    .where(eq(stockNotices.variantId, variantId as VariantId))
    .orderBy(stockNotices.waitingSince, stockNotices.id);

/** Accounts that wait for the product, in this order. */
async function queueOf(product: TestProduct, length: number) {
  const waiting: { readonly email: string; readonly token: string }[] = [];
  for (let at = 0; at < length; at += 1) {
    const user = await shop.signIn();
    expect((await ask({ variantId: product.variantId }, user.token)).status).toBe(202);
    waiting.push(user);
  }
  return waiting;
}

describe('whoever is signed in', () => {
  test('is told once, however often the news comes and however often they ask', async () => {
    const product = await soldOut();
    const [user] = await queueOf(product, 1);
    await Promise.all([1, 2, 3].map(() => ask({ variantId: product.variantId }, user?.token)));
    work();
    await receive(product, 5);
    await settled();
    const events = (await stream.events()).filter(
      ({ name, data }) =>
        name.startsWith('stock_notice.') || ('variantId' in data && data.variantId === product.variantId),
    );
    for (const event of events) await stream.publishRaw(`shop.${event.name}`, encodeEvent(event));
    await receive(product, 5);
    await settled();
    const mails = await mailsTo(user?.email ?? '');
    expect(mails.map(({ subject }) => subject)).toEqual(['Back in stock: Test Product']);
  });

  test('and has not proven the account’s address is asked first, as anybody is', async () => {
    const product = await soldOut();
    const { token, userId, email } = await shop.signIn();
    await shop.deps.db.update(users).set({ emailVerifiedAt: null }).where(eq(users.id, userId as UserId));
    await ask({ variantId: product.variantId }, token);
    expect(await rowsOf(product)).toMatchObject([{ status: 'unconfirmed', userId: null }]);
    work();
    await settled();
    expect((await mailsTo(email)).map(({ subject }) => subject)).toEqual(['Shall we tell you when it is back?']);
  });

  test('sees what they wait for, and waits no longer if they say so', async () => {
    const product = await soldOut();
    const [user] = await queueOf(product, 1);
    const list = async () => (await shop.call('/api/v1/me/stock-notices', { token: user?.token ?? '' })).body.items;
    const [notice] = await list();
    expect(notice).toMatchObject({ variantId: product.variantId, productId: product.productId, status: 'waiting' });
    const remove = { method: 'DELETE', token: user?.token ?? '' } as const;
    expect((await shop.call(`/api/v1/me/stock-notices/${notice.id}`, remove)).status).toBe(204);
    expectProblem(await shop.call(`/api/v1/me/stock-notices/${notice.id}`, remove), 'stock_notice_not_found');
    expect(await list()).toEqual([]);
  });

  test('waits for a hundred things at most, also when they ask for all of them at once', async () => {
    const { token, userId } = await shop.signIn();
    const now = new Date();
    const others = await Promise.all(Array.from({ length: 3 }, () => soldOut()));
    const many = Array.from({ length: 99 }, () => crypto.randomUUID());
    await shop.deps.db.transaction(async (tx) => {
      await tx.execute(sql`set local session_replication_role = replica`);
      for (const id of many) {
        await tx.insert(stockNotices).values({
          ...{ id: id as StockNoticeId, variantId: id as VariantId, userId: userId as UserId },
          ...{ status: 'waiting', askedAt: now, waitingSince: now },
        });
      }
    });
    const answers = await Promise.all(others.map((other) => ask({ variantId: other.variantId }, token)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409]);
  });
});

describe('an address', () => {
  test('is asked first, told once, and sealed meanwhile', async () => {
    const product = await soldOut('Mug <script>alert(1)</script> & "Co"');
    const email = newAddress();
    work();
    expect((await ask({ variantId: product.variantId, email: email.toUpperCase() })).status).toBe(202);
    await settled();
    const [question] = await mailsTo(email);
    expect(question?.subject).toBe('Shall we tell you when it is back?');
    expect(await rowsOf(product)).toMatchObject([{ status: 'unconfirmed' }]);
    await receive(product, 1);
    const [row] = await shop.deps.db.execute<{ row: string }>(
      sql`select t::text as row from stock_notices t where variant_id = ${product.variantId}`,
    );
    expect(row?.row).not.toContain(email);
    expect(row?.row).not.toContain(Buffer.from(email).toString('hex'));
    const token = tokenIn(question);
    expect(JSON.stringify(question)).toContain(`${SHOP_URL}/confirm-notice#token=${token}`);
    // It has come in meanwhile: there is nothing left to wait for.
    expect((await confirm(token)).status).toBe(204);
    expectProblem(await confirm(token), 'link_invalid');
    await settled();
    const [told, ...rest] = await mailsTo(email);
    expect([told?.subject, rest.length]).toEqual(['Back in stock: Mug <script>alert(1)</script> & "Co"', 1]);
    const html = JSON.stringify(told);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Co&quot;');
  });

  test('that is not confirmed is never told', async () => {
    const product = await soldOut();
    const email = newAddress();
    work();
    await ask({ variantId: product.variantId, email });
    await settled();
    await receive(product, 10);
    await settled();
    expect(await mailsTo(email)).toHaveLength(1);
    const late = shop.beside({ clock: { now: () => after(new Date(), 2 * DAY_MS) } });
    const path = '/api/v1/stock-notices/confirmation';
    const body = { token: tokenIn((await mailsTo(email))[0]) };
    expectProblem(await late.call(path, { method: 'POST', body }), 'link_invalid');
  });

  test('is asked once for each thing and five times a day at most, whoever types it in', async () => {
    const email = newAddress();
    const others = await Promise.all(Array.from({ length: 7 }, () => soldOut()));
    work();
    for (const { variantId } of [...others, ...others]) {
      expect((await ask({ variantId, email })).status).toBe(202);
    }
    await Promise.all(others.map(({ variantId }) => ask({ variantId, email })));
    await settled();
    expect(await mailsTo(email)).toHaveLength(5);
  });

  test('is answered the same whether it is known or not', async () => {
    const product = await soldOut();
    const { email, token } = await shop.signIn();
    await ask({ variantId: product.variantId }, token);
    const known = newAddress();
    await ask({ variantId: product.variantId, email: known });
    const answers = await Promise.all(
      [email, known, newAddress()].map((each) => ask({ variantId: product.variantId, email: each })),
    );
    expect(answers.map(({ status, body }) => [status, body])).toEqual(answers.map(() => [202, null]));
  });

  test('is needed of a guest, of what is sold out and there', async () => {
    const product = await soldOut();
    expectProblem(await ask({ variantId: product.variantId }), 'invalid_input');
    expectProblem(await ask({ variantId: product.variantId, email: 'ada' }), 'invalid_input');
    const there = await createProduct(shop);
    expectProblem(await ask({ variantId: there.variantId, email: newAddress() }), 'variant_in_stock');
    expectProblem(await ask({ variantId: crypto.randomUUID(), email: newAddress() }), 'variant_not_found');
  });
});

describe('of many who wait', () => {
  test('those who wait longest are told, two for each unit; the rest at the next receipt', async () => {
    const product = await soldOut();
    const waiting = await queueOf(product, 7);
    work();
    await receive(product, 2);
    await settled();
    const told = async () => {
      const counts = await Promise.all(waiting.map(async ({ email }) => (await mailsTo(email)).length));
      return counts.join('');
    };
    expect(await told()).toBe('1111000');
    await receive(product, 1);
    await settled();
    expect(await told()).toBe('1111110');
    await receive(product, 50);
    await settled();
    expect(await told()).toBe('1111111');
  });

  test('nobody is told twice by two receipts at once', async () => {
    const product = await soldOut();
    const waiting = await queueOf(product, 6);
    loops.consume(tellOfStock);
    work();
    await Promise.all([receive(product, 1), receive(product, 1), receive(product, 1)]);
    await settled();
    const counts = await Promise.all(waiting.map(async ({ email }) => (await mailsTo(email)).length));
    expect(counts).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('they hear of what a cancelled order gives back', async () => {
    const product = await createProduct(shop, { stock: 1 });
    const cart = await cartWith(shop, product.variantId);
    const { body } = await checkOut(shop, cart);
    const [user] = await queueOf(product, 1);
    work();
    const { status } = await cancel(shop, { orderId: body.id, owner: cart.owner });
    expect(status).toBe(200);
    await settled();
    expect(await mailsTo(user?.email ?? '')).toHaveLength(1);
  });

  test('of what has been sold again by then nobody is told', async () => {
    const product = await soldOut();
    const [user] = await queueOf(product, 1);
    await receive(product, 1);
    expect((await checkOut(shop, await cartWith(shop, product.variantId))).status).toBe(201);
    work();
    await settled();
    expect(await mailsTo(user?.email ?? '')).toEqual([]);
    expect(await rowsOf(product)).toMatchObject([{ status: 'waiting' }]);
  });
});

describe('the link that stops them', () => {
  test('is in the mail for programs and for people, and ends all that the address waits for', async () => {
    const [product, other] = [await soldOut(), await soldOut()];
    const [user] = await queueOf(product, 1);
    await ask({ variantId: other.variantId }, user?.token);
    const bystander = (await queueOf(other, 1))[0];
    work();
    await receive(product, 1);
    await settled();
    const [message] = await mailsTo(user?.email ?? '');
    const token = tokenIn(message);
    expect(message?.text).toContain(`${SHOP_URL}/stop-notices#token=${token}`);
    expect(message?.headers).toMatchObject({
      'list-unsubscribe': `<${SHOP_URL}/api/v1/stock-notices/stop?token=${token}>`,
      'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
    });
    expect((await stop(token)).status).toBe(204);
    await receive(other, 5);
    await settled();
    expect(await mailsTo(user?.email ?? '')).toHaveLength(1);
    expect(await mailsTo(bystander?.email ?? '')).toHaveLength(1);
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
  const product = await soldOut();
  const [user] = await queueOf(product, 1);
  await receive(product, 1);
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
  const due = await eventOf('stock_notice.fallen_due');
  await handler.handle(shop.deps, due).catch(() => {});
  await handler.handle(shop.deps, due);
  await handler.handle(shop.deps, due);
  expect(sent).toHaveLength(2);
  expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(1);
  expect((await stop(tokenIn(sent[1]))).status).toBe(204);
  expect(await rowsOf(product)).toEqual([]);
  expect(user?.email).toBeTruthy();
});

test('what is old is forgotten: unconfirmed after a day, told after a month, and who waits after half a year', async () => {
  const product = await soldOut();
  const [told, waits] = await queueOf(product, 2);
  expect([told, waits]).not.toContain(undefined);
  await ask({ variantId: product.variantId, email: newAddress() });
  const [first] = await rowsOf(product);
  await shop.deps.db
    .update(stockNotices)
    .set({ status: 'due', dueAt: new Date() })
    .where(eq(stockNotices.id, first?.id as StockNoticeId));
  const leftAfter = async (days: number) => {
    await forgetOldNotices({ db: shop.deps.db, clock: { now: () => after(new Date(), days * DAY_MS) } });
    return (await rowsOf(product)).map(({ status }) => status).toSorted();
  };
  expect(await leftAfter(0.5)).toEqual(['due', 'unconfirmed', 'waiting']);
  expect(await leftAfter(2)).toEqual(['due', 'waiting']);
  expect(await leftAfter(31)).toEqual(['waiting']);
  expect(await leftAfter(181)).toEqual([]);
});
