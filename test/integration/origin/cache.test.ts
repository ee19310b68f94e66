/** The origin's cache tiers over a real Redis: one load a miss, and never an older version after a newer one. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { answerAt, type CacheProcess, openCacheProcess, textOf } from '#test/support/cache.ts';
import { eventually } from '#test/support/eventually.ts';
import { testRedisUrl } from '#test/support/stack.ts';

let redisUrl: string;
let here: CacheProcess;
let there: CacheProcess;
beforeAll(async () => {
  redisUrl = await testRedisUrl();
  [here, there] = await Promise.all([openCacheProcess(redisUrl), openCacheProcess(redisUrl)]);
});
afterAll(async () => {
  await Promise.all([here.close(), there.close()]);
});

const fresh = () => crypto.randomUUID();
const never = () => Promise.reject(new Error('nothing should be loaded'));

test('a thousand concurrent misses of one key are one load', async () => {
  const id = fresh();
  let loads = 0;
  const load = async () => {
    loads += 1;
    return answerAt(id, 1);
  };
  const found = await Promise.all(Array.from({ length: 1_000 }, () => here.products.read(id, load)));
  expect(loads).toBe(1);
  expect(new Set(found.map(({ answer }) => textOf(answer)))).toEqual(new Set(['v1']));
});

test('what one process loaded, another finds in Redis, and then in its own memory', async () => {
  const id = fresh();
  expect((await here.products.read(id, async () => answerAt(id, 1))).from).toBe('origin');
  expect((await there.products.read(id, never)).from).toBe('redis');
  expect((await there.products.read(id, never)).from).toBe('memory');
  expect(textOf(there.products.peek(id, never))).toBe('v1');
});

test('a fill that began before a change does not bring the older version back, in memory or in Redis', async () => {
  const id = fresh();
  const slow = Promise.withResolvers<void>();
  const filling = here.products.read(id, async () => {
    await slow.promise;
    return answerAt(id, 1);
  });
  await there.products.invalidate({ productId: id, slug: `slug-${id}`, version: 2 });
  await here.products.invalidate({ productId: id, slug: `slug-${id}`, version: 2 });
  slow.resolve();
  await filling;
  expect(here.products.peek(id, never)).toBeUndefined();
  const next = await there.products.read(id, async () => answerAt(id, 2));
  expect(next.from).toBe('origin');
  expect(textOf(next.answer)).toBe('v2');
});

test('a process that has not heard of a change yet cannot put the older version into Redis, and hears of it so', async () => {
  const id = fresh();
  await here.products.invalidate({ productId: id, slug: `slug-${id}`, version: 5 });
  expect((await there.products.read(id, async () => answerAt(id, 4))).from).toBe('origin');
  expect(there.products.floorOf(id)).toBe(5);
  expect(there.products.peek(id, never)).toBeUndefined();
  expect((await here.products.read(id, async () => answerAt(id, 5))).from).toBe('origin');
});

/** What happens to one product at one of two processes. */
const step = fc.record({
  at: fc.constantFrom<'here' | 'there'>('here', 'there'),
  does: fc.constantFrom<'reads' | 'reads late' | 'changes' | 'hears'>(
    'reads',
    'reads late',
    'changes',
    'hears',
  ),
});

/** One product as two processes see it; `heard` is the newest version that each of them was told of. */
class History {
  readonly #id = fresh();
  readonly #slug = `slug-${this.#id}`;
  readonly #processes = { here, there };
  readonly #heard = { here: 0, there: 0 };
  #late: (() => Promise<unknown>)[] = [];
  #version = 1;

  async take({ at, does }: { at: 'here' | 'there'; does: string }): Promise<void> {
    if (does === 'changes') this.#version += 1;
    if (does === 'changes' || does === 'hears') await this.#hear(at);
    if (does === 'reads late') this.#readLate(at);
    if (does === 'reads') await this.#read(at);
  }

  async end(): Promise<void> {
    for (const at of ['here', 'there'] as const) {
      await this.#hear(at);
      expect((await this.#read(at))?.version).toBe(this.#version);
    }
  }

  async #hear(at: 'here' | 'there'): Promise<void> {
    const version = this.#version;
    await this.#processes[at].products.invalidate({ productId: this.#id, slug: this.#slug, version });
    this.#heard[at] = version;
  }

  /** Reads the version of now from the database, and comes back with it when there may be a newer one. */
  #readLate(at: 'here' | 'there'): void {
    const read = answerAt(this.#id, this.#version);
    const gate = Promise.withResolvers<void>();
    const filling = this.#processes[at].products.read(this.#slug, () => gate.promise.then(() => read));
    this.#late.push(() => {
      gate.resolve();
      return filling;
    });
  }

  async #read(at: 'here' | 'there') {
    const late = this.#late;
    this.#late = [];
    // Together, for one of them may wait for another.
    await Promise.all(late.map((finish) => finish()));
    const load = async () => answerAt(this.#id, this.#version);
    const { answer } = await this.#processes[at].products.read(this.#slug, load);
    expect(answer?.version).toBeGreaterThanOrEqual(this.#heard[at]);
    return answer;
  }
}

test('whatever two processes read, change and hear, in any order, no news is followed by something older', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
      const history = new History();
      for (const each of steps) await history.take(each);
      await history.end();
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('that there is no such product is remembered, until it is created', async () => {
  const id = fresh();
  const slug = `slug-${id}`;
  let loads = 0;
  const nothing = async () => {
    loads += 1;
    return null;
  };
  await here.products.read(slug, nothing);
  await here.products.read(slug, nothing);
  expect(loads).toBe(1);
  await here.products.invalidate({ productId: id, slug, version: 1 });
  expect(textOf((await here.products.read(slug, async () => answerAt(id, 1))).answer)).toBe('v1');
});

test('a list that was read before any change is not shown after it, in any process', async () => {
  const key = fresh();
  const list = (value: string) => async () => ({ value, tags: 'product-lists' });
  await here.lists.read(key, list('before'));
  expect((await there.lists.read(key, list('unused'))).from).toBe('redis');
  await here.lists.invalidate();
  expect(textOf((await here.lists.read(key, list('after'))).answer)).toBe('"after"');
  await there.lists.invalidate();
  expect(textOf((await there.lists.read(key, list('after'))).answer)).toBe('"after"');
});

test.each(['here', 'there'] as const)(
  'who asks for a list after a change that is known %s is not given what was being read before it',
  async (at) => {
    const key = fresh();
    const [begun, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const list = (value: string) => ({ value, tags: 'product-lists' });
    const before = here.lists.read(key, async () => {
      begun.resolve();
      await slow.promise;
      return list('before');
    });
    await begun.promise;
    await { here, there }[at].lists.invalidate();
    let loads = 0;
    const counted = async () => {
      loads += 1;
      return list('after');
    };
    const after = [here.lists.read(key, counted), here.lists.read(key, counted)];
    slow.resolve();
    expect((await Promise.all(after)).map(({ answer }) => textOf(answer))).toEqual(['"after"', '"after"']);
    expect(loads).toBe(1);
    expect(textOf((await before).answer)).toBe('"before"');
  },
);

test('while news may be lost, memory is trusted for two seconds at most', async () => {
  const id = fresh();
  await here.products.read(id, async () => answerAt(id, 1));
  here.hearing.isUp = false;
  try {
    expect(textOf(here.products.peek(id, never))).toBe('v1');
    await eventually('memory is not trusted any more', () => here.products.peek(id, never) === undefined);
  } finally {
    here.hearing.isUp = true;
  }
});

test('without Redis every read is answered, and loads are bounded', async () => {
  const alone = await openCacheProcess('redis://127.0.0.1:1', { awaitRedis: false });
  try {
    let running = 0;
    let most = 0;
    const load = (id: string) => async () => {
      running += 1;
      most = Math.max(most, running);
      await Bun.sleep(1);
      running -= 1;
      return answerAt(id, 1);
    };
    const ids = Array.from({ length: 200 }, fresh);
    const found = await Promise.all(ids.map((id) => alone.products.read(id, load(id))));
    expect(found.every(({ answer }) => textOf(answer) === 'v1')).toBe(true);
    expect(most).toBeLessThanOrEqual(4);
    const news = { productId: ids[0] ?? '', slug: 'slug', version: 2 };
    await alone.products.invalidate(news);
    expect(alone.products.peek(news.productId, never)).toBeUndefined();
  } finally {
    await alone.close();
  }
});

test('a load that fails is told to everyone who waits for it, and the next read tries again', async () => {
  const id = fresh();
  const failing = async () => {
    throw new Error('no database');
  };
  const results = await Promise.allSettled([
    here.products.read(id, failing),
    here.products.read(id, failing),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(textOf((await here.products.read(id, async () => answerAt(id, 1))).answer)).toBe('v1');
});
