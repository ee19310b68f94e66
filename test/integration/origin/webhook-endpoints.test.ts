/** Webhook endpoints over the API: who makes them, what they may be, and the log of what was sent. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import { auditLog } from '#db/schema/audit-log.ts';
import { webhookDeliveries, webhookSecrets } from '#db/schema/webhooks.ts';
import type { EventId, WebhookDeliveryId, WebhookEndpointId } from '#lib/ids.ts';
import { EVENT_TYPES } from '#origin/webhook-endpoints/service.ts';
import { type Call, type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';
import { ENDPOINTS } from '#test/support/webhook-endpoints.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const UNKNOWN = '01890a5d-ac96-774b-bcce-b302099a8057';
const MAX_ENDPOINTS = 32;

let shop: OriginUnderTest;
let token: string;
beforeAll(async () => {
  shop = await openOrigin();
  ({ token } = await shop.signIn('admin'));
});
afterEach(async () => {
  const { items } = (await call('')).body;
  await Promise.all(items.map(({ id }: { id: string }) => call(`/${id}`, { method: 'DELETE' })));
});
afterAll(() => shop.close());

const call = (path: string, more: Call = {}) => shop.call(`${ENDPOINTS}${path}`, { token, ...more });
const urlOf = (name: string | number) => `https://hooks.merchant.dev/${name}`;
const make = (name: string | number, ...eventTypes: readonly string[]) =>
  call('', {
    method: 'POST',
    body: { url: urlOf(name), eventTypes: eventTypes.length === 0 ? ['order.paid'] : eventTypes },
  });

describe('an endpoint', () => {
  test('shows its secret once, and keeps it sealed', async () => {
    const { status, body } = await make('one', 'order.paid', 'stock.ran_low');
    expect(status).toBe(201);
    const { secret, ...shown } = body;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(shown).toMatchObject({
      url: urlOf('one'),
      eventTypes: ['order.paid', 'stock.ran_low'],
      enabled: true,
    });
    expect((await call(`/${shown.id}`)).body).toEqual(shown);
    expect((await call('')).body).toEqual({ items: [shown], nextCursor: null });
    const secrets = await shop.deps.db.select().from(webhookSecrets);
    for (const { secret: sealed } of secrets)
      expect(Buffer.from(sealed).toString('latin1')).not.toContain(secret);
    const logged = JSON.stringify([shop.logs, await shop.deps.db.select().from(auditLog)]);
    expect(logged).not.toContain(secret);
    expect(logged).not.toContain(urlOf('one'));
  });

  test.each([
    ...[
      'http://hooks.merchant.dev/',
      'https://10.0.0.1/',
      'https://2130706433/',
      'https://[::ffff:127.0.0.1]/',
    ],
    ...['https://localhost/', 'https://hooks.merchant.dev./', 'https://u:p@hooks.merchant.dev/', 'nonsense'],
    ...['https://hooks.merchant.dev:6379/', 'https://hooks.merchant.dev/#x'],
  ])('is not made at %s, nor moved there', async (url) => {
    const made = await call('', { method: 'POST', body: { url, eventTypes: ['order.paid'] } });
    expectProblem(made, 'invalid_input');
    expect(pathsOf(made)).toEqual(['/url']);
    const { id } = (await make('fine')).body;
    expectProblem(await call(`/${id}`, { method: 'PATCH', body: { url } }), 'invalid_input');
    expect((await call(`/${id}`)).body.url).toBe(urlOf('fine'));
  });

  test.each([[[]], [['order.shipped']], [['webhook.test']], [['*']], [['order.paid', 'order.paid']]])(
    'has no types such as %p',
    async (eventTypes) => {
      const body = { url: urlOf('types'), eventTypes };
      expectProblem(await call('', { method: 'POST', body }), 'invalid_input');
    },
  );

  test('is one for its URL, and there is an end to them, however many are made at once', async () => {
    const twice = await Promise.all([make('same'), make('same')]);
    expect(twice.map(({ status }) => status).toSorted()).toEqual([201, 409]);
    expectProblem(twice.find(({ status }) => status === 409) ?? (await make('same')), 'webhook_url_taken');
    const many = await Promise.all(Array.from({ length: MAX_ENDPOINTS + 4 }, (_, at) => make(at)));
    expect(many.filter(({ status }) => status === 201)).toHaveLength(MAX_ENDPOINTS - 1);
    expectProblem(await make('one too many'.replaceAll(' ', '-')), 'webhook_endpoints_full');
    const [first] = (await call('')).body.items;
    const moved = await call(`/${first.id}`, { method: 'PATCH', body: { url: urlOf(1) } });
    expectProblem(moved, 'webhook_url_taken');
    expect((await call('')).body.items).toHaveLength(MAX_ENDPOINTS);
  });

  test('is changed as asked, and once it is deleted it is not there', async () => {
    const { id } = (await make('changing')).body;
    const change = { url: urlOf('changed'), eventTypes: ['refund.failed'], enabled: false };
    const { body } = await call(`/${id}`, { method: 'PATCH', body: change });
    expect(body).toMatchObject({ ...change, disabledReason: 'admin' });
    const back = await call(`/${id}`, { method: 'PATCH', body: { enabled: true } });
    expect(back.body).toMatchObject({ enabled: true, disabledReason: null, disabledAt: null });
    expect((await call(`/${id}`, { method: 'DELETE' })).status).toBe(204);
    const gone: readonly (readonly [string, Call])[] = [
      ['', {}],
      ['', { method: 'PATCH', body: { enabled: true } }],
      ['', { method: 'DELETE' }],
      ['/secrets', { method: 'POST', body: { oldSecretHours: 1 } }],
      ['/test', { method: 'POST' }],
      ['/replay', { method: 'POST', body: { which: 'failed', from: '2026-01-01T00:00:00Z' } }],
      ['/deliveries', {}],
      [`/deliveries/${UNKNOWN}`, {}],
      [`/deliveries/${UNKNOWN}/replay`, { method: 'POST' }],
    ];
    for (const [path, how] of gone)
      expectProblem(await call(`/${id}${path}`, how), 'webhook_endpoint_not_found');
  });

  test('and whatever is done with it is on record, by whom', async () => {
    const { userId, token: other } = await shop.signIn('admin');
    const as = { token: other };
    const { id } = (await make('recorded')).body;
    await call(`/${id}`, { ...as, method: 'PATCH', body: { url: urlOf('elsewhere') } });
    await call(`/${id}/secrets`, { ...as, method: 'POST', body: { oldSecretHours: 0 } });
    await call(`/${id}/replay`, {
      ...as,
      method: 'POST',
      body: { which: 'all', from: '2026-01-01T00:00:00Z' },
    });
    await call(`/${id}`, { ...as, method: 'DELETE' });
    const acts = await shop.deps.db
      .select({ action: auditLog.action, actorId: auditLog.actorId })
      .from(auditLog)
      .where(eq(auditLog.objectId, id))
      .orderBy(auditLog.seq);
    expect(acts.map(({ action }) => action)).toEqual([
      ...['webhook_endpoint.created', 'webhook_endpoint.changed', 'webhook_endpoint.secret_rotated'],
      ...['webhook_deliveries.replayed', 'webhook_endpoint.deleted'],
    ]);
    expect(acts.slice(1).every(({ actorId }) => actorId === userId)).toBeTrue();
  });

  test('is an integrator’s to manage by a key for nothing else', async () => {
    const body = { password: TEST_PASSWORD, name: 'ERP', scopes: ['webhooks:manage'], expiresInDays: 30 };
    const { key } = (await shop.call('/api/v1/api-keys', { method: 'POST', token, body })).body;
    const made = await call('', {
      ...{ token: key, method: 'POST' },
      body: { url: urlOf('by-key'), eventTypes: ['order.paid'] },
    });
    expect(made.status).toBe(201);
    expect((await call(`/${made.body.id}/deliveries`, { token: key })).status).toBe(200);
    expectProblem(await shop.call('/api/v1/orders', { token: key }), 'forbidden');
  });
});

describe('the log', () => {
  /** An endpoint and deliveries that are older the later they are made, every third of them failed. */
  async function logged(count: number) {
    const { id } = (await make(crypto.randomUUID())).body as { id: WebhookEndpointId };
    await shop.deps.db.execute(sql`
      with told as (
        insert into webhook_messages (event_id, type, body, occurred_at)
        select gen_random_uuid(), case when n % 2 = 0 then 'order.paid' else 'refund.failed' end, '{}',
               date_trunc('second', now()) - n * interval '1 minute'
          from generate_series(1, ${count}::int) n
        returning event_id, type, occurred_at)
      insert into webhook_deliveries (id, endpoint_id, event_id, type, occurred_at, due_at, status, ended_at)
      select gen_random_uuid(), ${id}, event_id, type, occurred_at, occurred_at, 'failed', now() from told`);
    return id;
  }

  test('is read a page at a time, by status, type and time', async () => {
    const id = await logged(12);
    await shop.deps.db
      .update(webhookDeliveries)
      .set({ status: 'succeeded' })
      .where(eq(webhookDeliveries.type, 'refund.failed'));
    const pages: { eventType: string; occurredAt: string }[] = [];
    let cursor = '';
    do {
      const { body } = await call(`/${id}/deliveries?limit=5${cursor}`);
      pages.push(...body.items);
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(pages).toHaveLength(12);
    const times = pages.map(({ occurredAt }) => occurredAt);
    expect(times).toEqual(times.toSorted().reverse());
    const found = async (query: string) => (await call(`/${id}/deliveries?${query}`)).body.items;
    expect(await found('status=failed')).toHaveLength(6);
    expect(await found('eventType=refund.failed&status=succeeded')).toHaveLength(6);
    expect(await found('status=waiting')).toEqual([]);
    const [from, until] = [times[8], times[3]];
    expect(await found(`from=${from}&until=${until}`)).toEqual(pages.slice(4, 9));
  });

  test.each([
    'status=lost',
    'eventType=nonsense',
    'from=yesterday',
    'from=2026-02-31T00:00:00+01:00',
    'cursor=x',
  ])('is not read by %s', async (query) => {
    const { id } = (await make('read')).body;
    expectProblem(await call(`/${id}/deliveries?${query}`), 'invalid_input');
  });

  test('of another endpoint is not read or replayed by this one', async () => {
    const { id: one } = (await make('one')).body;
    const { id: other } = (await make('other')).body;
    const trial = await call(`/${one}/test`, { method: 'POST' });
    expect([trial.status, trial.body]).toMatchObject([202, { eventType: 'webhook.test', status: 'waiting' }]);
    const path = `/deliveries/${trial.body.id}`;
    const own = (await call(`/${one}${path}`)).body;
    expect(JSON.parse(own.body)).toMatchObject({ type: 'webhook.test', data: { endpointId: one } });
    expectProblem(await call(`/${other}${path}`), 'webhook_delivery_not_found');
    expectProblem(await call(`/${other}${path}/replay`, { method: 'POST' }), 'webhook_delivery_not_found');
  });

  test('is replayed for a time, and not when that is more than may be', async () => {
    const id = await logged(20);
    const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    const replay = (body: object) => call(`/${id}/replay`, { method: 'POST', body });
    expect((await replay({ which: 'failed', from: at(10.5), until: at(5.5) })).body).toEqual({
      deliveries: 5,
    });
    expect((await call(`/${id}/deliveries?status=waiting`)).body.items).toHaveLength(5);
    expect((await replay({ which: 'failed', from: at(60) })).body).toEqual({ deliveries: 15 });
    const many = await logged(10_001);
    const tooMany = await call(`/${many}/replay`, {
      method: 'POST',
      body: { which: 'failed', from: '2026-01-01T00:00:00Z' },
    });
    expectProblem(tooMany, 'webhook_replay_too_large');
    const waiting = sql`${webhookDeliveries.endpointId} = ${many} and ${webhookDeliveries.status} = 'waiting'`;
    expect(await shop.deps.db.$count(webhookDeliveries, waiting)).toBe(0);
  });

  test('has one delivery of an event for an endpoint, whoever writes it', async () => {
    const id = await logged(1);
    const [row] = await shop.deps.db
      .select()
      .from(webhookDeliveries)
      .where(eq(webhookDeliveries.endpointId, id));
    const again = { ...row, id: UNKNOWN as WebhookDeliveryId, eventId: row?.eventId ?? (UNKNOWN as EventId) };
    const written = shop.deps.db
      .insert(webhookDeliveries)
      .values(again as typeof webhookDeliveries.$inferInsert);
    expect(
      await Promise.resolve(written).then(
        () => 'written',
        () => 'refused',
      ),
    ).toBe('refused');
  });
});

test('the document tells of every type that there is to subscribe to, with an example', async () => {
  const { webhooks } = (await shop.call('/docs/json')).body;
  expect(Object.keys(webhooks).toSorted()).toEqual([...Object.keys(EVENT_TYPES), 'webhook.test'].toSorted());
  for (const [type, { post }] of Object.entries<{ post: { requestBody: { content: object } } }>(webhooks)) {
    expect(post.requestBody.content).toMatchObject({ 'application/json': { example: { type, data: {} } } });
  }
});
