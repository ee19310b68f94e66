/** Whoever has left a cart and wants to hear of it does, once; nobody else does, and one click ends it. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { after, DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import { encodeEvent } from '#lib/events.ts';
import { audit } from '#ops/audit/audit.ts';
import type { MailCatcher } from '#ops/mail-catcher/catcher.ts';
import { forgetOldReminders, LEFT_AFTER_MS, noteLeftCarts } from '#origin/cart-reminders/service.ts';
import { sourcesOf, wrongIn } from '#test/support/audited.ts';
import { addTo, createOptions, mergeInto } from '#test/support/carting.ts';
import { eventually } from '#test/support/eventually.ts';
import { asEdge, type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { cartOf, checkOut, type TestCart } from '#test/support/shopping.ts';
import { type Loops, openLoops, openMail, openStream, type StreamView } from '#test/support/workers.ts';
import { sendCartLetter } from '#workers/handlers/send-cart-letter.ts';
import { createMailer, type Mailer } from '#workers/mailer.ts';

setDefaultTimeout(MINUTE_MS);

const SHOP_URL = 'https://shop.example';

let shop: OriginUnderTest;
let mail: MailCatcher;
let mailer: Mailer;
let stream: StreamView;
let loops: Loops;
let beads: readonly string[];
beforeAll(async () => {
  shop = await openOrigin();
  [mail, stream] = await Promise.all([openMail(), openStream(shop)]);
  mailer = createMailer(mail.smtpUrl, 'Hotshelf <orders@hotshelf.example>');
  loops = openLoops(shop);
  beads = await createOptions(shop, [1_000, 2_000]);
});
afterEach(() => loops.stop());
afterAll(async () => {
  mailer.close();
  await stream.close();
  await mail.stop();
  await shop.close();
});

type Customer = Awaited<ReturnType<OriginUnderTest['signIn']>>;

const bead = (index: number) => beads[index] ?? '';
const want = ({ token }: Pick<Customer, 'token'>, cartReminders: boolean) =>
  shop.call('/api/v1/me', { method: 'PATCH', token, body: { cartReminders } });
const leave = ({ token }: Pick<Customer, 'token'>) =>
  cartOf(shop, [{ variantId: bead(0), quantity: 2 }], token);
const inFuture = (ms: number) => ({ ...shop.deps, clock: { now: () => after(new Date(), ms) } });
const look = (ms = LEFT_AFTER_MS + MINUTE_MS) => noteLeftCarts(inFuture(ms));
const mailsTo = async ({ email }: Pick<Customer, 'email'>) =>
  (await mail.messages()).filter(({ to }) => to.some((each) => each.toLowerCase() === email));
const tokenIn = (message: unknown) => /\bcr_[\w-]{43}/.exec(JSON.stringify(message))?.[0] ?? '';
const remindersOf = ({ userId }: Pick<Customer, 'userId'>) =>
  shop.deps.db.execute(sql`select * from cart_reminders where user_id = ${userId}`);

async function willing(): Promise<Customer> {
  const customer = await shop.signIn();
  expect((await want(customer, true)).body.cartReminders).toBeTrue();
  return customer;
}

/** Until every mail that is due has gone out. */
async function send(): Promise<void> {
  loops.relay();
  loops.consume(sendCartLetter(mailer, SHOP_URL));
  await eventually('everything is published', async () => {
    const rows = await shop.deps.db.execute(sql`select from outbox where published_at is null limit 1`);
    return rows.length === 0;
  });
  await stream.settled('cart-email');
}

test('whoever wants it is reminded once of each time that they leave a cart, by however many processes', async () => {
  const customer = await willing();
  const cart = await leave(customer);
  await look(LEFT_AFTER_MS - MINUTE_MS);
  expect(await remindersOf(customer)).toBeEmpty();
  await Promise.all([look(), look(), look(), look()]);
  await look();
  await send();
  const events = (await stream.events()).filter(({ name }) => name === 'cart.abandoned');
  expect(events.filter(({ data }) => 'cartId' in data && data.cartId === cart.cartId)).toHaveLength(1);
  for (const event of events) await stream.publishRaw('shop.cart.abandoned', encodeEvent(event));
  await stream.settled('cart-email');
  const [message, ...others] = await mailsTo(customer);
  expect(others).toBeEmpty();
  expect(message?.subject).toBe('You have left something in your cart');
  expect(message?.text).toContain('2 x Beads, No. 0');
  await addTo(shop, cart, bead(1), 1);
  await look(2 * LEFT_AFTER_MS);
  await send();
  expect(await mailsTo(customer)).toHaveLength(2);
  expect(wrongIn(await audit({ ...sourcesOf(shop), mailUrl: mail.httpUrl }))).toEqual({});
});

describe('nobody is reminded', () => {
  test('who has not said so, or says so no longer; of an empty cart, one that was bought, is being paid for or has gone into another', async () => {
    const [silent, fickle] = [await shop.signIn(), await willing()];
    await leave(silent);
    await leave(fickle);
    await want(fickle, false);
    const [empty, bought, paying, merged] = [
      await willing(),
      await willing(),
      await willing(),
      await willing(),
    ];
    await cartOf(shop, [], empty.token);
    expect((await checkOut(shop, await leave(bought))).status).toBe(201);
    const open = await checkOut(shop, await leave(paying), { card: 'pm_card_authenticationRequired' });
    expect(open.status).toBe(200);
    const guests = await cartOf(shop, [{ variantId: bead(0), quantity: 1 }]);
    await leave(merged);
    await mergeInto(shop, guests, merged.token);
    await look();
    const counts = await Promise.all(
      [silent, fickle, empty, bought, paying, merged].map(async (each) => (await remindersOf(each)).length),
    );
    expect(counts).toEqual([0, 0, 0, 0, 0, 1]);
    await shop.call(`/api/v1/orders/${open.body.id}/cancel`, {
      ...{ method: 'POST', token: paying.token, headers: { 'idempotency-key': crypto.randomUUID() } },
    });
    await look();
    expect(await remindersOf(paying)).toHaveLength(1);
  });

  test('of what was left long ago, and never of that again', async () => {
    const customer = await willing();
    await leave(customer);
    await look(30 * DAY_MS);
    await look();
    expect(await remindersOf(customer)).toBeEmpty();
  });

  type Before = (customer: Customer, cart: TestCart) => Promise<unknown>;
  const sooner: readonly (readonly [string, Before])[] = [
    ['has come back to it', (_customer, cart) => addTo(shop, cart, bead(1), 1)],
    ['has bought it', (_customer, cart) => checkOut(shop, cart)],
    ['wants to hear of none any more', (customer) => want(customer, false)],
    [
      'is kept out',
      ({ userId }) => shop.deps.db.execute(sql`update users set disabled_at = now() where id = ${userId}`),
    ],
    [
      'has gone',
      ({ token }) =>
        shop.call('/api/v1/me/erasure', { method: 'POST', token, body: { password: TEST_PASSWORD } }),
    ],
  ];
  test('who, before the mail is written,', async () => {
    const customers = [];
    for (const [, happens] of sooner) {
      const customer = await willing();
      customers.push({ customer, happens, cart: await leave(customer) });
    }
    await look();
    for (const { customer, cart, happens } of customers) {
      expect(await remindersOf(customer)).toHaveLength(1);
      await happens(customer, cart);
    }
    await send();
    const sent = await Promise.all(customers.map(async ({ customer }) => (await mailsTo(customer)).length));
    expect(sooner.map(([who], index) => [who, sent[index]])).toEqual(sooner.map(([who]) => [who, 0]));
  });
});

test('one click in the mail ends them, for programs and for people; of another token nothing is told', async () => {
  const [customer, bystander] = [await willing(), await willing()];
  const cart = await leave(customer);
  await look();
  await send();
  const [message] = await mailsTo(customer);
  const token = tokenIn(message);
  expect(message?.text).toContain(`${SHOP_URL}/stop-cart-reminders#token=${token}`);
  expect(message?.headers).toMatchObject({
    'list-unsubscribe': `<${SHOP_URL}/api/v1/cart-reminders/stop?token=${token}>`,
    'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
  });
  const stop = (which: string) => {
    const url = `http://localhost/api/v1/cart-reminders/stop?token=${which}`;
    const body = 'List-Unsubscribe=One-Click';
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const call = { method: 'POST', url, headers, body };
    return shop.fetch(new Request(url, { method: 'POST', body, headers: { ...headers, ...asEdge(call) } }));
  };
  expect((await stop(`cr_${'x'.repeat(43)}`)).status).toBe(204);
  const isOn = async (who: Customer) => (await shop.call('/api/v1/me', who)).body.cartReminders;
  expect(await isOn(customer)).toBeTrue();
  expect((await stop(token)).status).toBe(204);
  expect([await isOn(customer), await isOn(bystander)]).toEqual([false, true]);
  await addTo(shop, cart, bead(1), 1);
  await look(2 * LEFT_AFTER_MS);
  await send();
  expect(await mailsTo(customer)).toHaveLength(1);
  await forgetOldReminders(inFuture(61 * DAY_MS + LEFT_AFTER_MS));
  expect(await remindersOf(customer)).toBeEmpty();
});
