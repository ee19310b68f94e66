import { expect, test } from 'bun:test';
import { createMemoryStore } from '#edge/cache/memory-store.ts';
import type { CacheStore, StoredAnswer } from '#edge/cache/store.ts';

function answer(text: string, tags: readonly string[] = [], bytes = 1): StoredAnswer {
  const headers = [['x-text', text]] as const;
  const body = new Uint8Array(bytes);
  return {
    status: 200,
    headers,
    body,
    tags,
    fetchStartedAt: 0,
    initialAgeSeconds: 0,
    life: null,
    variant: '',
  };
}

/** A store below whose reads are counted, and a clock that a test sets. */
function setUp() {
  const answers = new Map<string, StoredAnswer>();
  const state = { nowMs: 0, reads: 0, isOutdated: false, gate: Promise.resolve() };
  const below: CacheStore = {
    async get(key) {
      state.reads += 1;
      const found = answers.get(key) ?? null;
      await state.gate;
      return found === null ? null : { answer: found, tier: 'colo', isOutdated: state.isOutdated };
    },
    put: (key, value) => Promise.resolve(void answers.set(key, value)),
    purge: () => Promise.resolve(answers.clear()),
    isPurged: () => Promise.resolve(false),
  };
  return { answers, state, store: createMemoryStore(below, { now: () => new Date(state.nowMs) }) };
}

test('an answer is served from memory for a second and then asked for again', async () => {
  const { answers, state, store } = setUp();
  answers.set('a', answer('a'));
  expect(await store.get('a')).toEqual({ answer: answer('a'), tier: 'colo', isOutdated: false });
  for (state.nowMs of [0, 500, 999]) {
    expect(await store.get('a')).toEqual({ answer: answer('a'), tier: 'memory', isOutdated: false });
    expect(store.peek('a')).toEqual(answer('a'));
  }
  expect(state.reads).toBe(1);
  state.nowMs = 1_000;
  expect(store.peek('a')).toBeNull();
  await store.get('a');
  expect(state.reads).toBe(2);
});

test('a new answer replaces the one in memory at once', async () => {
  const { answers, store } = setUp();
  answers.set('a', answer('old'));
  await store.get('a');
  await store.put('a', answer('new'), 60);
  expect((await store.get('a'))?.answer).toEqual(answer('new'));
});

test('a purge clears what is in memory, and what is just being read into it', async () => {
  const { answers, state, store } = setUp();
  answers.set('a', answer('old', ['tag']));
  await store.get('a');
  await store.purge(['tag']);
  expect(await store.get('a')).toBeNull();

  const gate = Promise.withResolvers<void>();
  state.gate = gate.promise;
  answers.set('b', answer('old', ['tag']));
  const reading = store.get('b');
  await store.purge(['tag']);
  gate.resolve();
  await reading;
  expect(await store.get('b')).toBeNull();
});

test('what a purge has made out of date does not come from memory', async () => {
  const { answers, state, store } = setUp();
  answers.set('a', answer('old', ['tag']));
  state.isOutdated = true;
  expect((await store.get('a'))?.isOutdated).toBeTrue();
  expect(store.peek('a')).toBeNull();
});

test('memory is bounded by answers and by bytes, the oldest goes first', async () => {
  const { answers, state, store } = setUp();
  for (let index = 0; index <= 1_000; index += 1) {
    answers.set(`k${index}`, answer('k'));
    await store.get(`k${index}`);
  }
  state.reads = 0;
  await store.get('k1000');
  expect(state.reads).toBe(0);
  await store.get('k0');
  expect(state.reads).toBe(1);

  answers.set('huge', answer('huge', [], 17 * 1024 * 1024));
  await store.get('huge');
  state.reads = 0;
  await store.get('huge');
  expect(state.reads).toBe(1);
});
