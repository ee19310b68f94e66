/** Webhooks, all the way: from a purchase to an integrator's server, by one worker or several. */

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
import { eq } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { webhookMessages } from '#db/schema/webhooks.ts';
import { after, DAY_MS } from '#lib/clock.ts';
import { WEBHOOK_AT_ONCE } from '#lib/policies.ts';
import { sweepDeliveries } from '#origin/webhook-deliveries/service.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import { openWebhooks, ranLow, timePasses, type Webhooks } from '#test/support/webhook-endpoints.ts';
import { secondProcess } from '#test/support/workers.ts';
import { fanOutWebhooks } from '#workers/handlers/fan-out-webhooks.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let admin: Awaited<ReturnType<OriginUnderTest['signIn']>>;
let hooks: Webhooks;
beforeAll(async () => {
  shop = await openOrigin({ OUTBOUND_TARGETS: 'any' });
  admin = await shop.signIn('admin');
});
afterAll(() => shop.close());
beforeEach(() => {
  hooks = openWebhooks(shop, admin.token);
});
afterEach(() => hooks.stop());

describe('a purchase', () => {
  test('is told as the API shows it, signed so that the package verifies it, and with nobody’s name', async () => {
    const receiver = hooks.receive();
    const endpoint = await hooks.subscribe(
      receiver,
      'order.placed',
      'order.paid',
      'product.created',
      'stock.ran_out',
    );
    const product = await createProduct(shop, { stock: 1, price: 1_450, name: 'Enamel Mug' });
    const cart = await cartWith(shop, product.variantId);
    const { body: order } = await checkOut(shop, cart);
    await endpoint.ended('succeeded', 4);
    const facts = Object.fromEntries(receiver.received.map(({ type, data }) => [type, data]));
    const { id: orderId, number, placedAt, total } = order;
    expect(facts).toEqual({
      'order.placed': { orderId, number, placedAt, total },
      'order.paid': { orderId, number, placedAt, total },
      'product.created': { productId: product.productId, slug: product.slug, version: 1 },
      'stock.ran_out': { variantId: product.variantId, available: 0 },
    });
    const [first] = receiver.received;
    expect(JSON.parse(first?.body ?? '')).toEqual({
      ...{ type: first?.type, data: first?.data },
      timestamp: expect.stringMatching(/^2\d{3}-.*Z$/),
    });
    expect(first?.headers.get('content-type')).toBe('application/json');
    const sent = JSON.stringify(receiver.received);
    for (const personal of ['Testville', 'test.example', 'Street', '4242'])
      expect(sent).not.toContain(personal);
  });

  test('and its refund are told with their amounts', async () => {
    const receiver = hooks.receive();
    const endpoint = await hooks.subscribe(receiver, 'refund.succeeded', 'order.partially_refunded');
    const product = await createProduct(shop, { price: 2_000 });
    const { body: order } = await checkOut(shop, await cartWith(shop, product.variantId));
    const refund = await shop.call(`/api/v1/orders/${order.id}/refunds`, {
      ...{ method: 'POST', token: admin.token, body: { amount: { amount: 500, currency: 'USD' } } },
      headers: { 'idempotency-key': crypto.randomUUID() },
    });
    expect(refund.status).toBeLessThan(300);
    await endpoint.ended('succeeded', 2);
    const [{ id: refundId }] = refund.body.refunds;
    const told = receiver.received.find(({ type }) => type === 'refund.succeeded');
    expect(told?.data).toEqual({ refundId, orderId: order.id, amount: { amount: 500, currency: 'USD' } });
  });

  test('is told to those alone who have subscribed to it, once, however often the event comes', async () => {
    const [asked, other] = [hooks.receive(), hooks.receive()];
    const endpoint = await hooks.subscribe(asked, 'stock.ran_low');
    await hooks.subscribe(other, 'order.paid');
    await ranLow(shop.deps);
    await endpoint.ended('succeeded');
    const eventId = asked.received[0]?.id ?? '';
    const again = { id: eventId, name: 'stock.ran_low', version: 1, occurredAt: new Date().toISOString() };
    const event = { ...again, traceparent: null, data: { variantId: eventId, available: 1 } } as never;
    for (const { handle, filter } of fanOutWebhooks) {
      if (filter === 'stock.*') await Promise.all([handle(shop.deps, event), handle(shop.deps, event)]);
    }
    await ranLow(shop.deps);
    await endpoint.ended('succeeded', 2);
    expect([asked.received.length, other.received.length]).toEqual([2, 0]);
  });
});

describe('workers', () => {
  test('several at once send each event once, and to one endpoint no more at once than one would', async () => {
    const receiver = hooks.receive();
    receiver.answer(async () => {
      await Bun.sleep(2);
      return new Response();
    });
    const others = [secondProcess(shop), secondProcess(shop)];
    for (const { deps } of others) hooks.send(deps);
    const endpoint = await hooks.subscribe(receiver, 'stock.ran_low');
    const EVENTS = 200;
    for (let count = 0; count < EVENTS; count += 1) await ranLow(shop.deps);
    await endpoint.ended('succeeded', EVENTS);
    expect(receiver.received).toHaveLength(EVENTS);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(EVENTS);
    expect(receiver.mostAtOnce()).toBeLessThanOrEqual(WEBHOOK_AT_ONCE.well);
    await hooks.stopSending();
    await Promise.all(others.map(({ close }) => close()));
  });

  test('told to end finish what they have under way, and begin nothing', async () => {
    const receiver = hooks.receive();
    const gate = Promise.withResolvers<Response>();
    receiver.answer(() => gate.promise);
    const endpoint = await hooks.subscribe(receiver, 'stock.ran_low');
    await ranLow(shop.deps);
    await eventually('it is under way', () => receiver.received.length === 1);
    const stopped = hooks.stopSending();
    gate.resolve(new Response());
    await stopped;
    expect(await endpoint.deliveries()).toMatchObject([{ status: 'succeeded', attempts: 1 }]);
  });

  test('that come back after their lease have no say any more', async () => {
    const receiver = hooks.receive();
    const gates = [Promise.withResolvers<Response>(), Promise.withResolvers<Response>()];
    receiver.answer((_, count) => gates[count - 1]?.promise ?? new Response());
    const endpoint = await hooks.subscribe(receiver, 'stock.ran_low');
    await ranLow(shop.deps);
    await eventually('it is under way', () => receiver.received.length === 1);
    await timePasses(shop.deps, true);
    await eventually('another takes it over', () => receiver.received.length === 2);
    gates[1]?.resolve(new Response());
    await endpoint.ended('succeeded');
    gates[0]?.resolve(new Response(null, { status: 410 }));
    await hooks.stopSending();
    expect(await endpoint.deliveries()).toMatchObject([{ status: 'succeeded', attempts: 2 }]);
    expect(await endpoint.row()).toMatchObject({ disabledAt: null });
  });
});

describe('a secret', () => {
  test('that is turned over signs beside its successor for its time, however often one asks', async () => {
    const receiver = hooks.receive();
    const endpoint = await hooks.subscribe(receiver, 'stock.ran_low');
    const rotate = async (oldSecretHours: number) =>
      (await endpoint.call('/secrets', { method: 'POST', body: { oldSecretHours } })).body.secret as string;
    const secrets = [endpoint.secret, await rotate(24), await rotate(24)];
    await ranLow(shop.deps);
    await endpoint.ended('succeeded');
    const [{ body = '', headers = new Headers() } = {}] = receiver.received;
    const given = Object.fromEntries(headers);
    expect(headers.get('webhook-signature')?.split(' ')).toHaveLength(3);
    for (const secret of secrets)
      expect(new Webhook(secret).verify(body, given)).toMatchObject({ type: 'stock.ran_low' });
    const last = await rotate(0);
    receiver.trust(last);
    await ranLow(shop.deps);
    await endpoint.ended('succeeded', 2);
    const newest = receiver.received.at(-1);
    expect(newest?.headers.get('webhook-signature')?.split(' ')).toHaveLength(1);
    for (const secret of secrets) {
      expect(() =>
        new Webhook(secret).verify(newest?.body ?? '', Object.fromEntries(newest?.headers ?? [])),
      ).toThrow();
    }
  });
});

test('what is deleted is sent nothing more, and its log goes with it; what is old goes, too', async () => {
  const [one, other] = [hooks.receive(), hooks.receive()];
  one.answer(() => new Response(null, { status: 500 }));
  const deleted = await hooks.subscribe(one, 'stock.ran_low');
  const kept = await hooks.subscribe(other, 'stock.ran_low');
  await ranLow(shop.deps);
  await kept.ended('succeeded');
  await eventually('it was tried', () => one.received.length === 1);
  await deleted.call('', { method: 'DELETE' });
  await timePasses(shop.deps);
  await ranLow(shop.deps);
  await kept.ended('succeeded', 2);
  expect(one.received).toHaveLength(1);
  await sweepDeliveries(shop.deps);
  expect(await deleted.row()).toBeUndefined();
  const { db } = shop.deps;
  const [first] = await kept.deliveries();
  const long = { occurredAt: after(new Date(), -31 * DAY_MS) };
  await db
    .update(webhookMessages)
    .set(long)
    .where(eq(webhookMessages.eventId, first?.eventId ?? ('' as never)));
  await sweepDeliveries(shop.deps);
  expect(await kept.deliveries()).toHaveLength(1);
});
