/** The body at the edge: how long it may take, and where there may be none. */

import { expect, test } from 'bun:test';
import { Hono } from 'hono';
import { boundedBody } from '#edge/middleware/bounded-body.ts';
import { failures } from '#edge/middleware/failures.ts';
import type { EdgeEnv } from '#edge/platform.ts';

const DEADLINE_MS = 50;

function send(request: Request): Response | Promise<Response> {
  const app = new Hono<EdgeEnv>();
  app.onError(failures({ record: () => {} }));
  app.use(async (c, next) => {
    c.set('clientIp', '203.0.113.7');
    await next();
  });
  app.use(boundedBody(DEADLINE_MS));
  app.all('*', (c) => c.json({ bytes: c.get('body')?.length ?? null }));
  return app.fetch(request);
}

const post = (body: string | ReadableStream, headers = {}) =>
  new Request('http://shop.test/', { method: 'POST', body, headers });

test('one that does not come to its end in time is answered 408 body_too_slow', async () => {
  const never = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) });
  const response = await send(post(never));
  expect(response.status).toBe(408);
  expect(await response.json()).toMatchObject({ code: 'body_too_slow' });
});

test('one that is announced as endless is not waited for', async () => {
  const never = new ReadableStream();
  const response = await send(post(never, { 'content-length': '99999999999999999999' }));
  expect(await response.json()).toMatchObject({ status: 413, code: 'body_too_large' });
});

test('a read has none', async () => {
  const request = post('{}');
  const read = new Proxy(request, {
    get: (target, name) => (name === 'method' ? 'GET' : Reflect.get(target, name, target)),
  });
  const response = await send(read);
  expect(await response.json()).toMatchObject({ status: 400, code: 'invalid_input' });
});

test('what is in time is read whole', async () => {
  expect(await (await send(post('{"a":1}'))).json()).toEqual({ bytes: 7 });
});
