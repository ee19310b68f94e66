/** What the log says of attempts that met with nobody, or with the wrong one. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { present } from '#lib/assert.ts';
import { POLICIES } from '#lib/policies.ts';
import { createGuard } from '#lib/resilience.ts';
import { createOutbound } from '#origin/adapters/outbound.ts';
import type { Deps } from '#origin/deps.ts';
import { attempt, claimDue } from '#origin/webhook-deliveries/service.ts';
import { createAuthority } from '#test/support/certificates.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { openWebhooks, type Webhooks } from '#test/support/webhook-endpoints.ts';

let shop: OriginUnderTest;
let hooks: Webhooks;
beforeAll(async () => {
  shop = await openOrigin({ OUTBOUND_TARGETS: 'any' });
  hooks = openWebhooks(shop, (await shop.signIn('admin')).token);
  await hooks.stopSending();
});
afterAll(async () => {
  await hooks.stop();
  await shop.close();
});

/** One attempt to send a test event to the URL, by a worker with these deps. */
async function tryAt(url: string, other: Partial<Deps> = {}) {
  const endpoint = await hooks.subscribe({ url, trust: () => {} }, 'order.paid');
  const trial = (await endpoint.call('/test', { method: 'POST' })).body;
  const deps = { ...shop.deps, ...other };
  for (const claimed of await claimDue(deps, 1)) await attempt(deps, claimed);
  const { log, status } = (await endpoint.call(`/deliveries/${trial.id}`)).body;
  await endpoint.call('', { method: 'DELETE' });
  const { outcome, statusCode } = present(log[0], 'the attempt');
  return { outcome, statusCode, status };
}

const unanswered = (outcome: string) => ({ outcome, statusCode: null, status: 'waiting' });

test('nobody listens there', async () => {
  expect(await tryAt('http://127.0.0.1:1/')).toEqual(unanswered('connection_failed'));
});

test('the name stands for nothing, or for what is ours', async () => {
  const standingFor = (...addresses: string[]) => ({
    outbound: createOutbound({ targets: 'public', resolve: async () => addresses }),
  });
  expect(await tryAt('https://a.merchant.dev/', standingFor())).toEqual(unanswered('name_not_found'));
  for (const address of ['10.0.0.7', '::ffff:127.0.0.1', '169.254.169.254']) {
    const met = await tryAt('https://b.merchant.dev/', standingFor(address));
    expect(met).toEqual(unanswered('address_forbidden'));
  }
});

test('what was allowed when it was made is looked at again when it is sent', async () => {
  const receiver = hooks.receive();
  const publicly = { outbound: createOutbound({ targets: 'public' }) };
  expect(await tryAt(receiver.url, publicly)).toEqual(unanswered('address_forbidden'));
  expect(receiver.received).toEqual([]);
});

test('it never answers', async () => {
  const receiver = hooks.receive();
  receiver.answer(() => Promise.withResolvers<Response>().promise);
  const guard = createGuard({ ...POLICIES.webhooks, timeoutMs: 200 });
  expect(await tryAt(receiver.url, { guards: () => guard })).toEqual(unanswered('timed_out'));
});

test('its certificate is nobody’s whom we believe', async () => {
  const authority = await createAuthority();
  const { certFile, keyFile } = await authority.issue('hooks', 'IP:127.0.0.1');
  const server = Bun.serve({
    ...{ port: 0, hostname: '127.0.0.1', fetch: () => new Response() },
    tls: { cert: await Bun.file(certFile).text(), key: await Bun.file(keyFile).text() },
  });
  expect(await tryAt(`https://127.0.0.1:${server.port}/`)).toEqual(unanswered('tls_failed'));
  await server.stop(true);
  await authority.close();
});
