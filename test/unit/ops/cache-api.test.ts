/** The Cache API of the local edge, spoken to as workerd speaks to it. */

import { afterEach, expect, setSystemTime, test } from 'bun:test';
import cacheApi from '#ops/edge/cache-api.ts';

const url = () => `http://shop.test/${crypto.randomUUID()}`;
const ask = (method: string, to: string, body: string | null = null) => {
  return cacheApi.fetch(new Request(to, { method, body }));
};
const put = async (to: string, headers: readonly string[], body = 'answer') => {
  const response = await ask('PUT', to, ['HTTP/1.1 200 OK', ...headers, '', body].join('\r\n'));
  return response.status;
};
const find = async (to: string) => {
  const response = await ask('GET', to);
  return response.headers.get('cf-cache-status') === 'HIT' ? response : null;
};

afterEach(() => {
  setSystemTime();
});

test('what was put is found, with its status, its headers and its body', async () => {
  const here = url();
  const message = ['HTTP/1.1 404 Not Found', 'Cache-Control: max-age=60', 'X-Entry: {"a": "é:1"}', '', ''];
  expect((await ask('PUT', here, `${message.join('\r\n')}one\r\n\r\ntwo`)).status).toBe(204);
  const found = await find(here);
  expect(found?.status).toBe(404);
  expect(found?.headers.get('x-entry')).toBe('{"a": "é:1"}');
  expect(await found?.text()).toBe('one\r\n\r\ntwo');
});

test('how the body was sent is no part of the answer', async () => {
  const here = url();
  await put(here, ['Cache-Control: max-age=60', 'Transfer-Encoding: chunked']);
  expect((await find(here))?.headers.has('transfer-encoding')).toBe(false);
});

test('an answer is found until its time is over, a shared one by s-maxage', async () => {
  const [brief, shared] = [url(), url()];
  await put(brief, ['Cache-Control: max-age=60']);
  await put(shared, ['Cache-Control: max-age=1, s-maxage=120']);
  const now = Date.now();
  setSystemTime(new Date(now + 59_000));
  expect(await find(brief)).not.toBeNull();
  setSystemTime(new Date(now + 61_000));
  expect(await find(brief)).toBeNull();
  expect(await find(shared)).not.toBeNull();
});

for (const header of [
  ...['Cache-Control: no-store, max-age=60', 'Cache-Control: private, max-age=60', 'ETag: "no lifetime"'],
  'Cache-Control: max-age=60\r\nSet-Cookie: a=b',
]) {
  test(`an answer with ${JSON.stringify(header)} is refused`, async () => {
    const here = url();
    expect(await put(here, [header])).toBe(413);
    expect(await find(here)).toBeNull();
  });
}

test('what was deleted is gone, and deleting it again tells so', async () => {
  const here = url();
  await put(here, ['Cache-Control: max-age=60']);
  expect((await ask('PURGE', here)).status).toBe(200);
  expect(await find(here)).toBeNull();
  expect((await ask('PURGE', here)).status).toBe(404);
});
