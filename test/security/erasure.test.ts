/** One's own data: all of it is in the export, and after an erasure none of it is anywhere. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq, inArray } from 'drizzle-orm';
import { users } from '#db/schema/accounts.ts';
import { orders } from '#db/schema/orders.ts';
import { stockNotices } from '#db/schema/stock-notices.ts';
import { EVENTS, type ShopEvent } from '#lib/events.ts';
import type { CartId, EventId, OrderId } from '#lib/ids.ts';
import { openAddress } from '#origin/orders/service.ts';
import { checkBooks } from '#test/support/books.ts';
import { mergeInto } from '#test/support/carting.ts';
import { type Customer, openCustomer, orderAsGuest, tablesWith } from '#test/support/customer.ts';
import { everything } from '#test/support/everything.ts';
import { send } from '#test/support/fulfilment.ts';
import { openMailbox } from '#test/support/mailbox.ts';
import { refund } from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { askBack, asStaff, sendBack } from '#test/support/returns.ts';
import { cartOf, checkOut, createProduct } from '#test/support/shopping.ts';
import { deleteStripeCustomer } from '#workers/handlers/delete-stripe-customer.ts';
import { sendReceipt } from '#workers/handlers/send-receipt.ts';

let shop: OriginUnderTest;
let variantId: string;
beforeAll(async () => {
  shop = await openOrigin({ EMAIL_VERIFICATION: 'required' });
  ({ variantId } = await createProduct(shop, { stock: 1_000 }));
});
afterAll(async () => {
  await shop.close();
});

/** Where a person is named or pointed at, and what of the export tells of it; null for what holds an id and no more. */
const PLACES: Readonly<Record<string, string | null>> = {
  users: 'account',
  sessions: 'sessions',
  refresh_tokens: 'sessions',
  account_tokens: 'mailedTokens',
  second_factors: 'secondFactor',
  recovery_codes: 'secondFactor',
  api_keys: 'apiKeys',
  payment_methods: 'paymentMethods',
  carts: 'carts',
  cart_reminders: 'cartReminders',
  orders: 'orders',
  refunds: 'orders',
  shipments: 'orders',
  reviews: 'reviews',
  review_reports: 'reviewReports',
  wish_lists: 'wishLists',
  product_views: 'views',
  media_uploads: 'pictures',
  stock_notices: 'stockNotices',
  // Answers that are kept for a day: what they say is in the order.
  idempotency_keys: null,
  // Events carry the account's id alone.
  outbox: null,
};

const PROOF = { password: TEST_PASSWORD };
const ask = (path: string, { token }: Pick<Customer, 'token'>, body: object) =>
  shop.call(`/api/v1/me/${path}`, { method: 'POST', token, body });

const newEmail = () => `ada-${crypto.randomUUID()}@test.example`;

const asGuest = (email: string, card: string) => orderAsGuest(shop, { variantId, email, card });

async function erase(customer: Customer): Promise<void> {
  const { status, body } = await ask('erasure', customer, customer.proof(1));
  expect(body).toBeNull();
  expect(status).toBe(204);
}

const erasedEvent = ({ userId }: Customer): ShopEvent => ({
  id: shop.deps.ids.next<EventId>(),
  name: 'account.erased',
  version: EVENTS['account.erased'].version,
  occurredAt: '',
  traceparent: null,
  data: { userId },
});

describe('the export', () => {
  test('has something of every place where a person is named or pointed at', async () => {
    const customer = await openCustomer(shop, variantId);
    const places = await tablesWith(shop, [...customer.marks, customer.userId]);
    expect(places.filter((name) => !(name in PLACES))).toBeEmpty();
    const { status, body, headers } = await ask('export', customer, customer.proof(1));
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('private, no-store');
    for (const name of places) {
      const section = PLACES[name];
      if (section === null || section === undefined) continue;
      expect(body[section], section).toBeTruthy();
      if (Array.isArray(body[section])) expect(body[section].length, section).toBeGreaterThan(0);
    }
    const text = JSON.stringify(body);
    for (const mark of customer.marks) expect(text).toContain(mark);
    // Of the account, and under its address without it, which is sealed.
    expect(body.stockNotices.map(({ email }: { email: string | null }) => email).toSorted()).toEqual(
      [customer.email, null].toSorted(),
    );
    expect(body.orders.map(({ id }: { id: string }) => id).toSorted()).toEqual(customer.orderIds.toSorted());
  });

  test('has no secret, no hash, and nothing of anybody else', async () => {
    const customer = await openCustomer(shop, variantId);
    const neighbour = await openCustomer(shop, variantId);
    const { body } = await ask('export', customer, customer.proof(1));
    const text = JSON.stringify(body);
    expect(text).not.toContain(customer.secret);
    expect(text).not.toMatch(/argon2|[hH]ash"|"secret"/);
    for (const mark of [...neighbour.marks, neighbour.userId]) expect(text).not.toContain(mark);
  });

  test('has no order of a guest with one’s email before that is shown to be one’s own', async () => {
    const email = newEmail();
    await asGuest(email, 'pm_card_visa');
    const { token, userId } = await shop.signIn();
    const change = { email, emailVerifiedAt: null };
    await shop.deps.db.update(users).set(change).where(eq(users.id, userId));
    expect((await ask('export', { token }, PROOF)).body.orders).toBeEmpty();
    await shop.deps.db.update(users).set({ emailVerifiedAt: new Date() }).where(eq(users.id, userId));
    expect((await ask('export', { token }, PROOF)).body.orders).toHaveLength(1);
  });
});

describe('an erased person', () => {
  test('leaves nothing of what they ordered as a guest, under another email, from a cart that is theirs by now', async () => {
    const { token } = await shop.signIn();
    const emails = [newEmail(), newEmail()];
    // The first cart is adopted, the second goes into it.
    for (const email of emails) {
      const cart = await asGuest(email, 'pm_card_chargeDeclined');
      expect((await mergeInto(shop, cart, token)).status).toBe(200);
    }
    const { body } = await ask('export', { token }, PROOF);
    for (const email of emails) expect(JSON.stringify(body.orders)).toContain(email);
    expect((await ask('erasure', { token }, PROOF)).status).toBe(204);
    expect(await tablesWith(shop, emails)).toBeEmpty();
  });

  test('is found nowhere, neither here nor at Stripe, and their orders add up', async () => {
    const customer = await openCustomer(shop, variantId);
    const { db } = shop.deps;
    const [before] = await db.select().from(users).where(eq(users.id, customer.userId));
    const customerId = before?.stripeCustomerId ?? '';
    expect(customerId).toStartWith('cus_');
    await erase(customer);
    await deleteStripeCustomer.handle(shop.deps, erasedEvent(customer));
    await deleteStripeCustomer.handle(shop.deps, erasedEvent(customer));
    expect(await tablesWith(shop, [...customer.marks, customerId])).toBeEmpty();
    expect(await tablesWith(shop, [customer.userId])).toEqual(['carts', 'orders', 'outbox', 'users']);
    const indexes = shop.deps.fields.indexesOf('noticeEmail', customer.email);
    expect(await db.$count(stockNotices, inArray(stockNotices.emailIndex, [...indexes]))).toBe(0);
    expect(await shop.double.stripe.customers.retrieve(customerId)).toMatchObject({ deleted: true });
    const kept = await db
      .select()
      .from(orders)
      .where(inArray(orders.id, customer.orderIds as OrderId[]));
    expect(kept.map(({ status }) => status).toSorted()).toEqual(['cancelled', 'fulfilled']);
    expect(JSON.stringify(shop.logs)).not.toContain(customer.email);
    await checkBooks(shop);
  });

  test('cannot get in again by anything they had, and the email is free', async () => {
    const customer = await openCustomer(shop, variantId);
    await erase(customer);
    const login = (email: string) =>
      shop.call('/api/v1/auth/login', {
        method: 'POST',
        body: { email, password: TEST_PASSWORD, ...{ code: customer.proof(1).code } },
      });
    expectProblem(await login(customer.email), 'credentials_invalid');
    expectProblem(await login(`${customer.userId}@erased.invalid`), 'credentials_invalid');
    expectProblem(await shop.call('/api/v1/me', { token: customer.token }), 'unauthenticated');
    expectProblem(await ask('export', customer, customer.proof(1)), 'unauthenticated');
    const card = { paymentMethodId: 'pm_card_visa' };
    const saved = await shop.call('/api/v1/payment-methods', {
      method: 'POST',
      token: customer.token,
      body: card,
    });
    expectProblem(saved, 'unauthenticated');
    await shop.call('/api/v1/auth/register', {
      method: 'POST',
      body: { email: customer.email, password: TEST_PASSWORD, name: 'Somebody' },
    });
    const mails = await openMailbox(shop.deps).mailsTo(customer.email);
    expect(mails.at(-1)?.subject).toBe('Is this your email?');
  });

  test('gets no mail of an order that is told of late', async () => {
    const customer = await openCustomer(shop, variantId);
    await erase(customer);
    const sent: string[] = [];
    const mailer = { send: async ({ to }: { readonly to: string }) => void sent.push(to), close: () => {} };
    const [orderId = ''] = customer.orderIds;
    const { version } = EVENTS['order.paid'];
    const event = {
      name: 'order.paid',
      version,
      occurredAt: '',
      traceparent: null,
      data: { orderId },
    } as const;
    await sendReceipt(mailer).handle(shop.deps, { ...event, id: shop.deps.ids.next<EventId>() });
    expect(sent).toBeEmpty();
  });

  test('is taken out once, also when they ask twice at once', async () => {
    const customer = await openCustomer(shop, variantId);
    const answers = await Promise.all([1, 1].map((step) => ask('erasure', customer, customer.proof(step))));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  });
});

describe('an erasure', () => {
  test('by somebody with a stolen session changes nothing', async () => {
    const customer = await openCustomer(shop, variantId);
    const before = await everything(shop);
    expectProblem(await ask('erasure', customer, { password: 'a guess' }), 'password_wrong');
    expectProblem(await ask('erasure', customer, { password: TEST_PASSWORD }), 'second_factor_required');
    expectProblem(await ask('export', customer, { password: 'a guess' }), 'password_wrong');
    expect(await everything(shop)).toEqual(before);
  });

  test('touches nothing of anybody else', async () => {
    const neighbour = await openCustomer(shop, variantId);
    const customer = await openCustomer(shop, variantId);
    const print = async () => (await ask('export', neighbour, { password: TEST_PASSWORD, code: '' })).status;
    const places = await tablesWith(shop, neighbour.marks);
    await erase(customer);
    expect(await tablesWith(shop, neighbour.marks)).toEqual(places);
    expect(await print()).toBe(400);
    const { body } = await ask('export', neighbour, neighbour.proof(1));
    for (const mark of neighbour.marks) expect(JSON.stringify(body)).toContain(mark);
  });

  test('waits until what they bought is sent, and what they send back has come to its end', async () => {
    const { token } = await shop.signIn();
    const { token: admin } = await shop.signIn('admin');
    const cart = await cartOf(shop, [{ variantId, quantity: 2 }], token);
    const { body: order } = await checkOut(shop, cart);
    const [{ id: itemId }] = order.items;
    const expectTooEarly = async () =>
      expectProblem(await ask('erasure', { token }, PROOF), 'erasure_too_early');
    await expectTooEarly();
    await send(shop, order.id, admin, { itemId, quantity: 1 });
    await expectTooEarly();
    await send(shop, order.id, admin, { itemId, quantity: 1 });
    const owned = { orderId: order.id, owner: { token } };
    const asked = await askBack(shop, owned, { itemId, quantity: 1 });
    await expectTooEarly();
    const named = { orderId: order.id, returnId: asked.body.id };
    await asStaff(shop, named, admin, 'authorise');
    await expectTooEarly();
    await asStaff(shop, { ...named, body: { items: [{ itemId, restock: 1 }] } }, admin, 'receive');
    await expectTooEarly();
    expect((await asStaff(shop, named, admin, 'refund')).status).toBe(200);
    expect((await ask('erasure', { token }, PROOF)).status).toBe(204);
  });

  test('waits for nothing of goods that come back once all of their money has', async () => {
    const { token } = await shop.signIn();
    const { token: admin } = await shop.signIn('admin');
    const cart = await cartOf(shop, [{ variantId, quantity: 1 }], token);
    const { body: order } = await checkOut(shop, cart);
    const [{ id: itemId }] = order.items;
    await send(shop, order.id, admin, { itemId, quantity: 1 });
    expect((await refund(shop, { orderId: order.id }, admin)).status).toBe(200);
    await sendBack(shop, { orderId: order.id, owner: { token } }, admin, { itemId, restock: 1 });
    expect((await ask('erasure', { token }, PROOF)).status).toBe(204);
  });

  test('waits for no payment of a guest who gave the same email, and takes that email out', async () => {
    const { token, email } = await shop.signIn();
    const { cartId } = await asGuest(email, 'pm_card_threeDSecure2Required');
    expect((await ask('erasure', { token }, PROOF)).status).toBe(204);
    expect(await tablesWith(shop, [email])).toBeEmpty();
    const ofCart = eq(orders.cartId, cartId as CartId);
    const [left] = await shop.deps.db.select().from(orders).where(ofCart);
    expect(left && openAddress(shop.deps, left)).toMatchObject({ line1: '1 Test Street' });
  });

  test('waits for a payment that is under way, and of who is in office there is none', async () => {
    const { token } = await shop.signIn();
    const cart = await cartOf(shop, [{ variantId, quantity: 1 }], token);
    const { body: order } = await checkOut(shop, cart, { card: 'pm_card_threeDSecure2Required' });
    expect(order.status).toBe('requires_action');
    expectProblem(await ask('erasure', { token }, PROOF), 'erasure_too_early');
    for (const role of ['seller', 'admin'] as const) {
      const { token: theirs } = await shop.signIn(role);
      expectProblem(await ask('erasure', { token: theirs }, PROOF), 'erasure_in_office');
    }
  });
});
