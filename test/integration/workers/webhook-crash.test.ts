/** A worker that is killed while it sends: what it had in hand is sent by another, and nothing is lost. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { MINUTE_MS } from '#lib/clock.ts';
import { CHECKOUT } from '#ops/local/paths.ts';
import { choosePorts } from '#ops/local/ports.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { openWebhooks, ranLow, timePasses } from '#test/support/webhook-endpoints.ts';
import { workersEnvironment } from '#test/support/workers-process.ts';

setDefaultTimeout(2 * MINUTE_MS);

let shop: OriginUnderTest;
let token: string;
beforeAll(async () => {
  shop = await openOrigin({ OUTBOUND_TARGETS: 'any' });
  ({ token } = await shop.signIn('admin'));
});
afterAll(() => shop.close());

/** As its own role of the database, and so with no more rights than it has in production. */
async function start() {
  const { port } = await choosePorts({ port: 0 });
  const options = { config: shop.config, smtpUrl: 'smtp://127.0.0.1:9', consumers: 'general' };
  return Bun.spawn([process.execPath, 'workers/main.ts'], {
    cwd: CHECKOUT,
    env: { ...process.env, ...workersEnvironment(options), WORKERS_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

test('killed in the middle of it, a process leaves its deliveries to the next, which sends the same again', async () => {
  const hooks = openWebhooks(shop, token);
  await hooks.stopSending();
  const receiver = hooks.receive();
  receiver.answer(() => Promise.withResolvers<Response>().promise);
  const endpoint = await hooks.subscribe(receiver, 'stock.ran_low');
  await ranLow(shop.deps);
  const first = await start();
  await eventually('it is sending', () => receiver.received.length === 1, MINUTE_MS);
  first.kill('SIGKILL');
  await first.exited;
  const [held] = await endpoint.deliveries();
  expect(held).toMatchObject({ status: 'waiting', isUnderWay: true, attempts: 1 });
  receiver.answer(() => new Response());
  const second = await start();
  await timePasses(shop.deps, true);
  await endpoint.ended('succeeded');
  await ranLow(shop.deps);
  await endpoint.ended('succeeded', 2);
  const [one, again] = receiver.received;
  expect([again?.id, again?.body]).toEqual([one?.id, one?.body]);
  second.kill('SIGTERM');
  expect(await second.exited).toBe(0);
  await hooks.stop();
});
