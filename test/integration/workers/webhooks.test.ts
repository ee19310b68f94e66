/** Webhooks, all the way: from a purchase to an integrator's server, through whatever goes wrong on the way. */

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
import { webhookDeliveries, webhookEndpoints, webhookMessages } from '#db/schema/webhooks.ts';
import { after, DAY_MS } from '#lib/clock.ts';
import type { VariantId, WebhookEndpointId } from '#lib/ids.ts';
import { WEBHOOK_AT_ONCE, WEBHOOK_ENDURANCE, WEBHOOK_RETRIES } from '#lib/policies.ts';
import { sweepDeliveries } from '#origin/webhook-deliveries/service.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { openReceiver, type Receiver } from '#test/support/receiver.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import { deliveriesOf, subscribe, type TestEndpoint, timePasses } from '#test/support/webhook-endpoints.ts';
import { openLoops, secondProcess, tell } from '#test/support/workers.ts';
import { fanOutWebhooks } from '#workers/handlers/fan-out-webhooks.ts';
import { warnOfDisabledWebhook } from '#workers/handlers/warn-of-disabled-webhook.ts';
import type { Mail } from '#workers/mailer.ts';
import { sendWebhooks } from '#workers/webhook-sender.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let admin: Awaited<ReturnType<OriginUnderTest['signIn']>>;
let loops: ReturnType<typeof openLoops>;
let sending: AbortController;
let receivers: Receiver[];
beforeAll(async () => {
  shop = await openOrigin({ OUTBOUND_TARGETS: 'any' });
  admin = await shop.signIn('admin');
});
afterAll(() => shop.close());

let senders: Promise<void>[];
beforeEach(() => {
  loops = openLoops(shop);
  loops.relay();
  for (const consumer of fanOutWebhooks) loops.consume(consumer);
  receivers = [];
  sending = new AbortController();
  senders = [sendWebhooks(shop.deps, sending.signal)];
});
afterEach(async () => {
  const { items } = (await shop.call('/api/v1/webhook-endpoints', { token: admin.token })).body;
  for (const { id } of items) {
    await shop.call(`/api/v1/webhook-endpoints/${id}`, { method: 'DELETE', token: admin.token });
  }
  sending.abort();
  // What a receiver never answers ends with it.
  await Promise.all(receivers.map((receiver) => receiver.stop()));
  await Promise.all([...senders, loops.stop()]);
});

function receive(): Receiver {
  const receiver = openReceiver();
  receivers.push(receiver);
  return receiver;
}

const to = (receiver: Receiver, ...types: readonly string[]) =>
  subscribe(shop, admin.token, receiver, ...types);

/** An event that needs nothing but itself. */
const ranLow = (available = 3) =>
  tell(shop.deps, { name: 'stock.ran_low', data: { variantId: shop.deps.ids.next<VariantId>(), available } });

async function ended(endpoint: TestEndpoint, status: 'succeeded' | 'failed', count = 1): Promise<void> {
  await eventually(`${count} ${status}`, async () => {
    const rows = await deliveriesOf(shop.deps, endpoint.id);
    return rows.filter((row) => row.status === status).length === count;
  });
}

const endpointRow = async (id: WebhookEndpointId) => {
  const [row] = await shop.deps.db.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, id));
  return row;
};

describe('a purchase', () => {
  test('is told as the API shows it, signed so that the package verifies it, and with nobody’s name', async () => {
    const receiver = receive();
    const endpoint = await to(receiver, 'order.placed', 'order.paid', 'product.created', 'stock.ran_out');
    const product = await createProduct(shop, { stock: 1, price: 1_450, name: 'Enamel Mug' });
    const cart = await cartWith(shop, product.variantId);
    const { body: order } = await checkOut(shop, cart);
    await ended(endpoint, 'succeeded', 4);
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
    const receiver = receive();
    const endpoint = await to(receiver, 'refund.succeeded', 'order.partially_refunded');
    const product = await createProduct(shop, { price: 2_000 });
    const { body: order } = await checkOut(shop, await cartWith(shop, product.variantId));
    const refund = await shop.call(`/api/v1/orders/${order.id}/refunds`, {
      ...{ method: 'POST', token: admin.token, body: { amount: { amount: 500, currency: 'USD' } } },
      headers: { 'idempotency-key': crypto.randomUUID() },
    });
    expect(refund.status).toBeLessThan(300);
    await ended(endpoint, 'succeeded', 2);
    const [{ id: refundId }] = refund.body.refunds;
    const told = receiver.received.find(({ type }) => type === 'refund.succeeded');
    expect(told?.data).toEqual({ refundId, orderId: order.id, amount: { amount: 500, currency: 'USD' } });
  });

  test('is told to those alone who have subscribed to it, once, however often the event comes', async () => {
    const [asked, other] = [receive(), receive()];
    const endpoint = await to(asked, 'stock.ran_low');
    await to(other, 'order.paid');
    await ranLow();
    await ended(endpoint, 'succeeded');
    const [{ eventId }] = (await deliveriesOf(shop.deps, endpoint.id)) as [{ eventId: string }];
    const again = { id: eventId, name: 'stock.ran_low', version: 1, occurredAt: new Date().toISOString() };
    const event = { ...again, traceparent: null, data: { variantId: eventId, available: 1 } } as never;
    for (const { handle, filter } of fanOutWebhooks) {
      if (filter === 'stock.*') await Promise.all([handle(shop.deps, event), handle(shop.deps, event)]);
    }
    await ranLow();
    await ended(endpoint, 'succeeded', 2);
    expect([asked.received.length, other.received.length]).toEqual([2, 0]);
  });
});

describe('a receiver that fails', () => {
  test('is tried again later and later, with the same id and bytes, until it takes it', async () => {
    const receiver = receive();
    receiver.answer((_, count) =>
      count < 4 ? new Response('not now \u0000', { status: 503 }) : new Response(),
    );
    const endpoint = await to(receiver, 'stock.ran_low');
    await ranLow();
    const waits: number[] = [];
    for (const tries of [1, 2, 3]) {
      const row = await eventually(`try ${tries} is written down`, async () => {
        const [only] = await deliveriesOf(shop.deps, endpoint.id);
        return only?.attempts === tries && !only.isUnderWay && only;
      });
      waits.push(row.dueAt.getTime() - Date.now());
      await timePasses(shop.deps);
    }
    await ended(endpoint, 'succeeded');
    expect(receiver.received).toHaveLength(4);
    expect(new Set(receiver.received.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
    for (const [index, wait] of waits.entries()) {
      const planned = WEBHOOK_RETRIES.firstWaitMs * WEBHOOK_RETRIES.factor ** index;
      expect(wait).toBeWithin(planned * 0.8 - 2_000, planned * 1.2 + 1);
    }
    const [{ id = '' } = {}] = (await endpoint.call('/deliveries')).body.items;
    const { log, attempts, status } = (await endpoint.call(`/deliveries/${id}`)).body;
    expect([attempts, status]).toEqual([4, 'succeeded']);
    expect(log.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'succeeded',
      ...['refused', 'refused', 'refused'],
    ]);
    expect(log[1]).toMatchObject({ number: 3, statusCode: 503, answerStart: 'not now \uFFFD' });
    expect(await endpointRow(endpoint.id)).toMatchObject({ failures: 0, failingSince: null });
  });

  test('every time is given up on after the last attempt, and a replay begins anew with the same id', async () => {
    const receiver = receive();
    receiver.answer(() => Response.redirect('http://127.0.0.1:9/'));
    const endpoint = await to(receiver, 'stock.ran_low');
    await ranLow();
    await eventually('it has failed', async () => {
      await timePasses(shop.deps);
      const [only] = await deliveriesOf(shop.deps, endpoint.id);
      return only?.status === 'failed';
    });
    expect(receiver.received).toHaveLength(WEBHOOK_RETRIES.attempts);
    receiver.answer(() => new Response());
    const [failed] = (await endpoint.call('/deliveries?status=failed')).body.items;
    expect(failed.attempts).toBe(WEBHOOK_RETRIES.attempts);
    const replayed = await endpoint.call(`/deliveries/${failed.id}/replay`, { method: 'POST' });
    expect([replayed.status, replayed.body.status]).toEqual([202, 'waiting']);
    await ended(endpoint, 'succeeded');
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    expect(receiver.received.at(-1)?.id).toBe(failed.eventId);
  });

  test('that answers 410 is disabled at once, its owner told, and gets what it missed when it is back', async () => {
    const receiver = receive();
    receiver.answer(() => new Response(null, { status: 410 }));
    const endpoint = await to(receiver, 'stock.ran_low');
    const sent: Mail[] = [];
    const mailer = { send: async (mail: Mail) => void sent.push(mail), close: () => {} };
    loops.consume(warnOfDisabledWebhook(mailer));
    await ranLow();
    await ended(endpoint, 'failed');
    const shown = (await endpoint.call('')).body;
    expect(shown).toMatchObject({ enabled: false, disabledReason: 'gone' });
    await eventually('its owner is told', () => sent.length > 0);
    expect(sent.map(({ to: address }) => address)).toEqual([admin.email]);
    expect(sent[0]?.text).toContain(receiver.url);
    const from = new Date(Date.now() - DAY_MS).toISOString();
    for (const path of ['/test', '/replay', `/deliveries/${shown.id}/replay`]) {
      const body = path === '/replay' ? { body: { which: 'all', from } } : {};
      const refused = await endpoint.call(path, { method: 'POST', ...body });
      expect([path, refused.status, refused.body.code]).toEqual([path, 409, 'webhook_endpoint_disabled']);
    }
    await ranLow();
    await eventually(
      'it is kept for when it is back',
      async () => (await shop.deps.db.$count(webhookMessages)) >= 2,
    );
    expect(receiver.received).toHaveLength(1);
    receiver.answer(() => new Response());
    await endpoint.call('', { method: 'PATCH', body: { enabled: true } });
    const missed = await endpoint.call('/replay', { method: 'POST', body: { which: 'missed', from } });
    const failed = await endpoint.call('/replay', { method: 'POST', body: { which: 'failed', from } });
    expect(failed.body).toEqual({ deliveries: 1 });
    expect(missed.body.deliveries).toBeGreaterThanOrEqual(1);
    await ended(endpoint, 'succeeded', missed.body.deliveries + 1);
  });

  test('for days and often enough is disabled; one success before, and it is not', async () => {
    const receiver = receive();
    receiver.answer(() => new Response(null, { status: 500 }));
    const endpoint = await to(receiver, 'stock.ran_low');
    const failingSince = after(new Date(), -WEBHOOK_ENDURANCE.forMs - 1_000);
    const failed = (failures: number, since: Date) =>
      shop.deps.db
        .update(webhookEndpoints)
        .set({ failures, failingSince: since })
        .where(eq(webhookEndpoints.id, endpoint.id));
    const attempted = async (count: number) => {
      await timePasses(shop.deps);
      await eventually('it was tried', () => receiver.received.length === count);
      await eventually('and written down', async () => {
        const [only] = await deliveriesOf(shop.deps, endpoint.id);
        return only?.isUnderWay === false;
      });
      return endpointRow(endpoint.id);
    };
    await failed(WEBHOOK_ENDURANCE.failures - 2, failingSince);
    await ranLow();
    expect(await attempted(1)).toMatchObject({ disabledAt: null });
    await failed(1_000, after(failingSince, 60_000));
    expect(await attempted(2)).toMatchObject({ disabledAt: null });
    await failed(WEBHOOK_ENDURANCE.failures - 1, failingSince);
    expect(await attempted(3)).toMatchObject({ disabledReason: 'failing' });
    receiver.answer(() => new Response());
    await endpoint.call('', { method: 'PATCH', body: { enabled: true } });
    expect(await attempted(4)).toMatchObject({ failingSince: null, failures: 0, disabledAt: null });
  });

  test('and one that never answers hold nobody else up, and are asked by few at once', async () => {
    const [dead, slow, well] = [receive(), receive(), receive()];
    dead.answer(() => Promise.withResolvers<Response>().promise);
    slow.answer(() => Promise.withResolvers<Response>().promise);
    const good = await to(well, 'stock.ran_low');
    await to(dead, 'stock.ran_low');
    const failing = await to(slow, 'stock.ran_low');
    await shop.deps.db
      .update(webhookEndpoints)
      .set({ failures: 1, failingSince: new Date() })
      .where(eq(webhookEndpoints.id, failing.id));
    const EVENTS = 60;
    for (let count = 0; count < EVENTS; count += 1) await ranLow();
    await ended(good, 'succeeded', EVENTS);
    expect(well.mostAtOnce()).toBeLessThanOrEqual(WEBHOOK_AT_ONCE.well);
    expect(dead.mostAtOnce()).toBe(WEBHOOK_AT_ONCE.well);
    expect(slow.mostAtOnce()).toBe(WEBHOOK_AT_ONCE.failing);
  });
});

describe('workers', () => {
  test('several at once send each event once, and to one endpoint no more at once than one would', async () => {
    const receiver = receive();
    receiver.answer(async () => {
      await Bun.sleep(2);
      return new Response();
    });
    const others = [secondProcess(shop), secondProcess(shop)];
    for (const { deps } of others) senders.push(sendWebhooks(deps, sending.signal));
    const endpoint = await to(receiver, 'stock.ran_low');
    const EVENTS = 200;
    for (let count = 0; count < EVENTS; count += 1) await ranLow();
    await ended(endpoint, 'succeeded', EVENTS);
    expect(receiver.received).toHaveLength(EVENTS);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(EVENTS);
    expect(receiver.mostAtOnce()).toBeLessThanOrEqual(WEBHOOK_AT_ONCE.well);
    sending.abort();
    await Promise.all(senders);
    await Promise.all(others.map(({ close }) => close()));
  });

  test('told to end finish what they have under way, and begin nothing', async () => {
    const receiver = receive();
    const gate = Promise.withResolvers<Response>();
    receiver.answer(() => gate.promise);
    const endpoint = await to(receiver, 'stock.ran_low');
    await ranLow();
    await eventually('it is under way', () => receiver.received.length === 1);
    sending.abort();
    gate.resolve(new Response());
    await Promise.all(senders);
    expect(await deliveriesOf(shop.deps, endpoint.id)).toMatchObject([{ status: 'succeeded', attempts: 1 }]);
  });

  test('that come back after their lease have no say any more', async () => {
    const receiver = receive();
    const gates = [Promise.withResolvers<Response>(), Promise.withResolvers<Response>()];
    receiver.answer((_, count) => gates[count - 1]?.promise ?? new Response());
    const endpoint = await to(receiver, 'stock.ran_low');
    await ranLow();
    await eventually('it is under way', () => receiver.received.length === 1);
    await timePasses(shop.deps, true);
    await eventually('another takes it over', () => receiver.received.length === 2);
    gates[1]?.resolve(new Response());
    await ended(endpoint, 'succeeded');
    gates[0]?.resolve(new Response(null, { status: 410 }));
    sending.abort();
    await Promise.all(senders);
    expect(await deliveriesOf(shop.deps, endpoint.id)).toMatchObject([{ status: 'succeeded', attempts: 2 }]);
    expect(await endpointRow(endpoint.id)).toMatchObject({ disabledAt: null });
  });
});

describe('a secret', () => {
  test('that is turned over signs beside its successor for its time, however often one asks', async () => {
    const receiver = receive();
    const endpoint = await to(receiver, 'stock.ran_low');
    const rotate = async (oldSecretHours: number) =>
      (await endpoint.call('/secrets', { method: 'POST', body: { oldSecretHours } })).body.secret as string;
    const secrets = [endpoint.secret, await rotate(24), await rotate(24)];
    await ranLow();
    await ended(endpoint, 'succeeded');
    const [{ body = '', headers = new Headers() } = {}] = receiver.received;
    const given = Object.fromEntries(headers);
    expect(headers.get('webhook-signature')?.split(' ')).toHaveLength(3);
    for (const secret of secrets)
      expect(new Webhook(secret).verify(body, given)).toMatchObject({ type: 'stock.ran_low' });
    const last = await rotate(0);
    receiver.trust(last);
    await ranLow();
    await ended(endpoint, 'succeeded', 2);
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
  const [one, other] = [receive(), receive()];
  one.answer(() => new Response(null, { status: 500 }));
  const deleted = await to(one, 'stock.ran_low');
  const kept = await to(other, 'stock.ran_low');
  await ranLow();
  await ended(kept, 'succeeded');
  await eventually('it was tried', () => one.received.length === 1);
  await deleted.call('', { method: 'DELETE' });
  await timePasses(shop.deps);
  await ranLow();
  await ended(kept, 'succeeded', 2);
  expect(one.received).toHaveLength(1);
  await eventually('nothing is under way', async () => {
    return (await shop.deps.db.$count(webhookDeliveries, webhookDeliveries.isUnderWay)) === 0;
  });
  await sweepDeliveries(shop.deps);
  expect(await endpointRow(deleted.id)).toBeUndefined();
  const { db } = shop.deps;
  const [first] = await deliveriesOf(shop.deps, kept.id);
  const long = { occurredAt: after(new Date(), -31 * DAY_MS) };
  await db
    .update(webhookMessages)
    .set(long)
    .where(eq(webhookMessages.eventId, first?.eventId ?? ('' as never)));
  await sweepDeliveries(shop.deps);
  expect(await deliveriesOf(shop.deps, kept.id)).toHaveLength(1);
});
