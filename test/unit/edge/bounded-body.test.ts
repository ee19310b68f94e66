/** The body at the edge: how long it may take, and where there may be none. */

import { expect, test } from 'bun:test';
import { Hono } from 'hono';
import { boundedBody } from '#edge/middleware/bounded-body.ts';
import { failures } from '#edge/middleware/failures.ts';
import type { EdgeEnv } from '#edge/platform.ts';
import { MAX_BODY_BYTES, MAX_PICTURE_BYTES, UPLOAD_PATH } from '#lib/edge-contract.ts';

const DEADLINE_MS = 50;

type Edge = Pick<Hono<EdgeEnv>, 'fetch'>;

function edge(deadlineMs = DEADLINE_MS, silenceMs = deadlineMs): Edge {
  const app = new Hono<EdgeEnv>();
  app.onError(failures({ record: () => {} }));
  app.use(async (c, next) => {
    c.set('clientIp', c.req.header('cf-connecting-ip') ?? '203.0.113.7');
    c.set('path', new URL(c.req.url).pathname);
    await next();
  });
  app.use(boundedBody(deadlineMs, silenceMs));
  app.all('*', (c) => c.json({ bytes: c.get('body')?.length ?? null }));
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  return { fetch: (request) => app.fetch(request, {}, context) };
}

const send = (request: Request) => edge().fetch(request);

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

/** Uploads that have begun and say nothing. */
function openUploads(app: Edge) {
  const senders: ReadableStreamDefaultController[] = [];
  const begin = (ip: string) => {
    const body = new ReadableStream({ start: (controller) => void senders.push(controller) });
    const headers = { 'cf-connecting-ip': ip };
    return app.fetch(new Request(`http://shop.test${UPLOAD_PATH}`, { method: 'POST', body, headers }));
  };
  return { senders, begin };
}

test('of pictures a few are taken in at a time, and the next again once one of them is through', async () => {
  const app = edge(10_000);
  const { senders, begin } = openUploads(app);
  const atWork = [1, 1, 2, 3].map((host) => begin(`203.0.113.${host}`));
  const refused = await begin('203.0.113.4');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await (await app.fetch(post('{}'))).json()).toEqual({ bytes: 2 });
  senders[0]?.close();
  expect((await atWork[0])?.status).toBe(200);
  const next = begin('203.0.113.4');
  for (const sender of senders.slice(1)) if (sender !== senders[4]) sender.close();
  expect((await next).status).toBe(200);
  await Promise.all(atWork);
});

test('of one client’s pictures fewer are, also from many addresses of its network', async () => {
  const { senders, begin } = openUploads(edge(10_000));
  const atWork = [begin('2001:db8::1'), begin('2001:db8::2')];
  expect((await begin('2001:db8::3')).status).toBe(503);
  atWork.push(begin('2001:db8:0:1::1'));
  senders[0]?.close();
  expect((await atWork[0])?.status).toBe(200);
  atWork.push(begin('2001:db8::3'));
  for (const index of [1, 3, 4]) senders[index]?.close();
  expect((await Promise.all(atWork)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
});

test('a picture of which nothing comes any more gives its place up before its time is over', async () => {
  const { senders, begin } = openUploads(edge(10_000, DEADLINE_MS));
  const silent = begin('203.0.113.1');
  senders[0]?.enqueue(new Uint8Array(1));
  expect(await (await silent).json()).toMatchObject({ status: 408, code: 'body_too_slow' });
});

test('a picture may weigh more than other bodies, and has an end, too', async () => {
  const at = (path: string, bytes: number) =>
    send(new Request(`http://shop.test${path}`, { method: 'POST', body: new Uint8Array(bytes) }));
  expect((await at(UPLOAD_PATH, MAX_BODY_BYTES + 1)).status).toBe(200);
  expect((await at(UPLOAD_PATH, MAX_PICTURE_BYTES + 1)).status).toBe(413);
  expect((await at(`${UPLOAD_PATH}/`, MAX_BODY_BYTES + 1)).status).toBe(413);
});
