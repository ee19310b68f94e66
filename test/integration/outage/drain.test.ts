/** Origins that are told to end while people shop: whoever asks is answered. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { connect } from 'node:net';
import { SECOND_MS } from '#lib/clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { asEdge, type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { type OriginProcess, startOrigin } from '#test/support/origin-process.ts';
import { createProduct } from '#test/support/shopping.ts';

setDefaultTimeout(120 * SECOND_MS);

let shop: OriginUnderTest;
const started: OriginProcess[] = [];
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  for (const origin of started) await origin.kill();
  await shop.close();
});

async function start(drainSeconds: number): Promise<OriginProcess> {
  const origin = await startOrigin(shop.config, { DRAIN_SECONDS: String(drainSeconds) });
  started.push(origin);
  return origin;
}

function send(url: string, method: 'GET' | 'POST', body: object | null = null): Promise<Response> {
  const text = body === null ? null : JSON.stringify(body);
  const headers = text === null ? {} : { 'content-type': 'application/json' };
  const call = { method, url, headers, body: text };
  return fetch(url, { method, body: text, headers: { ...headers, ...asEdge(call) } });
}

/** A balancer as they are: it asks who is ready ten times a second, and sends nobody to who is not. */
function balance(origins: readonly OriginProcess[]) {
  let ready: readonly OriginProcess[] = origins;
  let turn = 0;
  const look = async () => {
    const answers = await Promise.all(
      origins.map((origin) =>
        fetch(`${origin.url}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    );
    ready = origins.filter((_, index) => answers[index]);
  };
  const timer = setInterval(() => void look(), 100);
  return {
    ready: () => ready,
    next: () => {
      turn += 1;
      return ready[turn % ready.length]?.url ?? '';
    },
    stop: () => clearInterval(timer),
  };
}

test('two origins are restarted one after the other under load: every request is answered as it should be', async () => {
  const { slug } = await createProduct(shop);
  const origins = [await start(1), await start(1)];
  const balancer = balance(origins);
  const faults: string[] = [];
  let answers = 0;
  let isOpen = true;
  const shopper = async () => {
    while (isOpen) {
      const url = balancer.next();
      try {
        const read = await send(`${url}/api/v1/products/${slug}`, 'GET');
        if (read.status !== 200) faults.push(`read ${read.status}`);
        const cart = await send(`${url}/api/v1/carts`, 'POST');
        if (cart.status !== 201) faults.push(`cart ${cart.status}`);
        answers += 2;
      } catch (error) {
        faults.push(String(error));
      }
    }
  };
  const shoppers = Array.from({ length: 12 }, shopper);
  await eventually('there is load', () => answers > 100);
  for (const origin of origins) {
    const before = answers;
    expect(await origin.stop()).toBe(0);
    expect(answers).toBeGreaterThan(before);
    await origin.start();
    await eventually('both are ready', () => balancer.ready().length === 2);
  }
  isOpen = false;
  await Promise.all(shoppers);
  balancer.stop();
  expect(faults).toEqual([]);
});

test('what is in flight is finished, and a connection that stays open is told to close', async () => {
  const origin = await start(1);
  const { email } = await shop.signIn();
  const { hostname, port } = new URL(origin.url);
  const said: string[] = [];
  let isClosed = false;
  const socket = connect(Number(port), hostname);
  socket.on('data', (data) => said.push(data.toString()));
  socket.on('close', () => {
    isClosed = true;
  });
  const ask = () => socket.write(`GET /livez HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  ask();
  await eventually('the first answer', () => said.length === 1);
  expect(said[0]?.toLowerCase()).not.toContain('connection: close');
  // Hashing a password takes a while, and there are only so many at once.
  const logins = Array.from({ length: 6 }, () =>
    send(`${origin.url}/api/v1/auth/login`, 'POST', { email, password: TEST_PASSWORD }),
  );
  const ended = origin.stop();
  await eventually('it is not ready', async () => (await fetch(`${origin.url}/readyz`)).status === 503);
  ask();
  await eventually('the second answer', () => said.length > 1);
  expect(said[1]?.toLowerCase()).toContain('connection: close');
  await eventually('the connection is closed', () => isClosed);
  expect((await Promise.all(logins)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(await ended).toBe(0);
});

test('without time to drain, what is in flight is finished all the same', async () => {
  const origin = await start(0);
  const { email } = await shop.signIn();
  const logins = Array.from({ length: 4 }, () =>
    send(`${origin.url}/api/v1/auth/login`, 'POST', { email, password: TEST_PASSWORD }),
  );
  await eventually('they are in flight', async () => {
    const told = await (await fetch(`${origin.url}/metrics`)).text();
    return /^http_server_active_requests [4-9]/m.test(told);
  });
  expect(await origin.stop()).toBe(0);
  expect((await Promise.all(logins)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
});
