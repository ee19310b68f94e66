/** What somebody has captured between edge and origin: a write has its effect once, whoever sends it how often. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { asEdge, type OriginUnderTest, openOrigin, type Reachable } from '#test/support/origin.ts';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  await shop.close();
});

const URL_OF_CARTS = 'http://localhost/api/v1/carts';
const CALL = { method: 'POST', url: URL_OF_CARTS };

/** As the edge signs it; the same headers again are the same request again. */
const capture = () => asEdge(CALL);

async function send(headers: Record<string, string>, at: Pick<Reachable, 'fetch'> = shop) {
  const response = await at.fetch(new Request(URL_OF_CARTS, { method: 'POST', headers }));
  const { code } = (await response.json()) as { code?: string };
  return { status: response.status, code };
}

const REFUSED = { status: 403, code: 'edge_required' };

test('a captured write is refused in the process that has taken it', async () => {
  const captured = capture();
  expect((await send(captured)).status).toBe(201);
  expect(await send(captured)).toEqual(REFUSED);
  // What is not signed makes it no other request.
  expect(await send({ ...captured, traceparent: 'another', 'user-agent': 'another' })).toEqual(REFUSED);
});

test('it has its effect once, however many come at the same moment', async () => {
  const captured = capture();
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(captured)));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
});

test('writes that are the same to the letter are told apart by the number that the edge gives each', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(capture())));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201));
});

test('another process has not seen it: there an Idempotency-Key or a version is what keeps it from a second effect', async () => {
  const captured = capture();
  expect((await send(captured)).status).toBe(201);
  expect((await send(captured, shop.beside({}))).status).toBe(201);
});
