import { describe, expect, test } from 'bun:test';
import type { StoredAnswer } from '#edge/cache/store.ts';
import { createHotAnswers } from '#edge/hot-answers.ts';
import { createEdgeMetrics } from '#edge/metrics.ts';
import { findRoute } from '#edge/routes.ts';
import { present } from '#lib/assert.ts';

const route = present(findRoute('/api/v1/products/tea'), 'the route');
const URL_TEXT = 'http://shop.test/api/v1/products/tea?utm=1';

/** One remembered answer, the store that holds it, and a clock that a test sets. */
function setUp(bytes = 3) {
  const made: StoredAnswer = {
    status: 200,
    headers: [],
    body: new Uint8Array(bytes),
    tags: [],
    fetchStartedAt: 0,
    initialAgeSeconds: 0,
    life: null,
    variant: '',
  };
  const state: { nowMs: number; held: StoredAnswer | null } = { nowMs: 2_300, held: made };
  const answers = createHotAnswers({
    store: { peek: () => state.held },
    clock: { now: () => new Date(state.nowMs) },
    metrics: createEdgeMetrics('test'),
  });
  const finished = new Response(made.body, { headers: { age: '2', 'x-request-id': 'the first one' } });
  answers.remember(new Request(URL_TEXT), finished, { key: '/api/v1/products/tea', answer: made, route });
  return { answers, state, made };
}

describe('a finished answer', () => {
  test('is given again with its headers and an id of its own', async () => {
    const { answers } = setUp();
    const [one, two] = [answers.answer(new Request(URL_TEXT)), answers.answer(new Request(URL_TEXT))];
    expect(one?.headers.get('age')).toBe('2');
    expect(one?.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    expect(one?.headers.get('x-request-id')).not.toBe(two?.headers.get('x-request-id') ?? null);
    expect((await one?.arrayBuffer())?.byteLength).toBe(3);
  });

  test('is given under exactly its own path and query, whatever the host is called', () => {
    const { answers } = setUp();
    expect(answers.answer(new Request('http://other.test/api/v1/products/tea?utm=1'))).not.toBeNull();
    for (const target of [
      '/api/v1/products/tea',
      '/api/v1/products/tea?utm=2',
      '/api/v1/products/Tea?utm=1',
    ]) {
      expect(answers.answer(new Request(`http://shop.test${target}`))).toBeNull();
    }
  });

  test('ends with the second in which its age was right', () => {
    const { answers, state } = setUp();
    state.nowMs = 2_999;
    expect(answers.answer(new Request(URL_TEXT))).not.toBeNull();
    state.nowMs = 3_000;
    expect(answers.answer(new Request(URL_TEXT))).toBeNull();
  });

  test('ends at once when memory no longer holds what it was made of', () => {
    const { answers, state, made } = setUp();
    for (const held of [null, { ...made }]) {
      state.held = held;
      expect(answers.answer(new Request(URL_TEXT))).toBeNull();
    }
  });

  test('is not given to a request that may get another', () => {
    const { answers } = setUp();
    for (const name of ['if-none-match', 'if-modified-since', 'cache-control', 'range']) {
      expect(answers.answer(new Request(URL_TEXT, { headers: { [name]: 'x' } }))).toBeNull();
    }
    expect(answers.answer(new Request(URL_TEXT, { method: 'HEAD' }))).toBeNull();
    expect(answers.answer(new Request(URL_TEXT, { method: 'POST', body: 'x' }))).toBeNull();
  });

  test('that is large is left to the pipeline', () => {
    expect(setUp(33 * 1024).answers.answer(new Request(URL_TEXT))).toBeNull();
  });
});
