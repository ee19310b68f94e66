/** What becomes of webhooks whose receiver fails: tried again, given up, sent again, and nobody else's trouble. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import { and, eq } from 'drizzle-orm';
import { webhookAttempts, webhookEndpoints, webhookMessages } from '#db/schema/webhooks.ts';
import { present } from '#lib/assert.ts';
import { after, DAY_MS } from '#lib/clock.ts';
import { WEBHOOK_AT_ONCE, WEBHOOK_ENDURANCE, WEBHOOK_RETRIES } from '#lib/policies.ts';
import { createDeps } from '#origin/deps.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { openWebhooks, ranLow, timePasses, type Webhooks } from '#test/support/webhook-endpoints.ts';
import { warnOfDisabledWebhook } from '#workers/handlers/warn-of-disabled-webhook.ts';
import type { Mail } from '#workers/mailer.ts';
import { sendWebhooks } from '#workers/webhook-sender.ts';

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

test('a receiver that fails is tried again later and later, with the same id and bytes, until it takes it', async () => {
  const receiver = hooks.receive();
  receiver.answer((_, count) =>
    count < 4 ? new Response('not now \u0000', { status: 503 }) : new Response(),
  );
  const endpoint = await hooks.subscribe(receiver, 'stock.ran_low');
  await ranLow(shop.deps);
  const waits: number[] = [];
  for (const tries of [1, 2, 3]) {
    const row = await eventually(`try ${tries} is written down`, async () => {
      const [only] = await endpoint.deliveries();
      return only?.attempts === tries && !only.isUnderWay && only;
    });
    const tried = and(eq(webhookAttempts.deliveryId, row.id), eq(webhookAttempts.number, tries));
    const [made] = await shop.deps.db.select().from(webhookAttempts).where(tried);
    const endedAt = after(present(made, 'the attempt').startedAt, made?.durationMs ?? 0);
    waits.push(row.dueAt.getTime() - endedAt.getTime());
    await timePasses(shop.deps);
  }
  await endpoint.ended('succeeded');
  expect(receiver.received).toHaveLength(4);
  expect(new Set(receiver.received.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
  for (const [index, wait] of waits.entries()) {
    const planned = WEBHOOK_RETRIES.firstWaitMs * WEBHOOK_RETRIES.factor ** index;
    // Nearly: the wait begins when the attempt is written down, which takes its time on a busy machine.
    expect(wait).toBeWithin(planned * 0.8 - 10, planned * 1.2 + 10_000);
  }
  const [{ id = '' } = {}] = (await endpoint.call('/deliveries')).body.items;
  const { log, attempts, status } = (await endpoint.call(`/deliveries/${id}`)).body;
  expect([attempts, status]).toEqual([4, 'succeeded']);
  expect(log.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    'succeeded',
    ...['refused', 'refused', 'refused'],
  ]);
  expect(log[1]).toMatchObject({ number: 3, statusCode: 503, answerStart: 'not now \uFFFD' });
  expect(await endpoint.row()).toMatchObject({ failures: 0, failingSince: null });
});

test('a receiver that fails every time is given up on after the last attempt, and a replay begins anew with the same id', async () => {
  const receiver = hooks.receive();
  receiver.answer(() => Response.redirect('http://127.0.0.1:9/'));
  const endpoint = await hooks.subscribe(receiver, 'stock.ran_low');
  await ranLow(shop.deps);
  await eventually('it has failed', async () => {
    await timePasses(shop.deps);
    const [only] = await endpoint.deliveries();
    return only?.status === 'failed';
  });
  expect(receiver.received).toHaveLength(WEBHOOK_RETRIES.attempts);
  receiver.answer(() => new Response());
  const [failed] = (await endpoint.call('/deliveries?status=failed')).body.items;
  expect(failed.attempts).toBe(WEBHOOK_RETRIES.attempts);
  const replayed = await endpoint.call(`/deliveries/${failed.id}/replay`, { method: 'POST' });
  expect([replayed.status, replayed.body.status]).toEqual([202, 'waiting']);
  await endpoint.ended('succeeded');
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
  expect(receiver.received.at(-1)?.id).toBe(failed.eventId);
});

test('a receiver that answers 410 is disabled at once, its owner told, and gets what it missed when it is back', async () => {
  const receiver = hooks.receive();
  receiver.answer(() => new Response(null, { status: 410 }));
  const endpoint = await hooks.subscribe(receiver, 'stock.ran_low');
  const sent: Mail[] = [];
  const mailer = { send: async (mail: Mail) => void sent.push(mail), close: () => {} };
  hooks.consume(warnOfDisabledWebhook(mailer));
  await ranLow(shop.deps);
  await endpoint.ended('failed');
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
  const keptBefore = await shop.deps.db.$count(webhookMessages);
  await ranLow(shop.deps);
  await eventually(
    'it is kept for when it is back',
    async () => (await shop.deps.db.$count(webhookMessages)) > keptBefore,
  );
  expect(receiver.received).toHaveLength(1);
  receiver.answer(() => new Response());
  await endpoint.call('', { method: 'PATCH', body: { enabled: true } });
  const missed = await endpoint.call('/replay', { method: 'POST', body: { which: 'missed', from } });
  const failed = await endpoint.call('/replay', { method: 'POST', body: { which: 'failed', from } });
  expect(failed.body).toEqual({ deliveries: 1 });
  expect(missed.body.deliveries).toBeGreaterThanOrEqual(1);
  await endpoint.ended('succeeded', missed.body.deliveries + 1);
});

test('a receiver that fails for days and often enough is disabled; one success before, and it is not', async () => {
  const receiver = hooks.receive();
  receiver.answer(() => new Response(null, { status: 500 }));
  const endpoint = await hooks.subscribe(receiver, 'stock.ran_low');
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
      const [only] = await endpoint.deliveries();
      return only?.isUnderWay === false;
    });
    return endpoint.row();
  };
  await failed(WEBHOOK_ENDURANCE.failures - 2, failingSince);
  await ranLow(shop.deps);
  expect(await attempted(1)).toMatchObject({ disabledAt: null });
  await failed(1_000, after(failingSince, 60_000));
  expect(await attempted(2)).toMatchObject({ disabledAt: null });
  await failed(WEBHOOK_ENDURANCE.failures - 1, failingSince);
  expect(await attempted(3)).toMatchObject({ disabledReason: 'failing' });
  receiver.answer(() => new Response());
  await endpoint.call('', { method: 'PATCH', body: { enabled: true } });
  expect(await attempted(4)).toMatchObject({ failingSince: null, failures: 0, disabledAt: null });
});

test('receivers that fail or never answer hold nobody else up, and are asked by few at once', async () => {
  const [dead, slow, well] = [hooks.receive(), hooks.receive(), hooks.receive()];
  dead.answer(() => Promise.withResolvers<Response>().promise);
  slow.answer(() => Promise.withResolvers<Response>().promise);
  const good = await hooks.subscribe(well, 'stock.ran_low');
  await hooks.subscribe(dead, 'stock.ran_low');
  const failing = await hooks.subscribe(slow, 'stock.ran_low');
  await shop.deps.db
    .update(webhookEndpoints)
    .set({ failures: 1, failingSince: new Date() })
    .where(eq(webhookEndpoints.id, failing.id));
  const EVENTS = 60;
  for (let count = 0; count < EVENTS; count += 1) await ranLow(shop.deps);
  await good.ended('succeeded', EVENTS);
  expect(well.mostAtOnce()).toBeLessThanOrEqual(WEBHOOK_AT_ONCE.well);
  expect(dead.mostAtOnce()).toBe(WEBHOOK_AT_ONCE.well);
  expect(slow.mostAtOnce()).toBe(WEBHOOK_AT_ONCE.failing);
});

test('what is under way holds no connection of the database', async () => {
  await hooks.stopSending();
  const one = createDeps({ ...shop.config, DATABASE_MAX_CONNECTIONS: 1 }, 'one-connection', shop.deps.log);
  const ending = new AbortController();
  const sender = sendWebhooks(one.deps, ending.signal);
  const receiver = hooks.receive();
  const gate = Promise.withResolvers<void>();
  receiver.answer(async () => {
    await gate.promise;
    return new Response();
  });
  const endpoint = await hooks.subscribe(receiver, 'stock.ran_low');
  for (let count = 0; count < WEBHOOK_AT_ONCE.well; count += 1) await ranLow(shop.deps);
  await eventually('all are under way', () => receiver.received.length === WEBHOOK_AT_ONCE.well);
  expect(await one.deps.db.$count(webhookEndpoints)).toBeGreaterThan(0);
  gate.resolve();
  await endpoint.ended('succeeded', WEBHOOK_AT_ONCE.well);
  ending.abort();
  await sender;
  await one.close();
});
