/** An answer with a price that ends is given out by no tier from then on: not by memory, not by Redis, not by the edge. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { catalogRule } from '#edge/cache/catalog-rule.ts';
import { ageSeconds, lifetimeOf, type Reply, usabilityOf } from '#edge/cache/policy.ts';
import { type Clock, SECOND_MS } from '#lib/clock.ts';
import { type FencedEntry, NO_SHARED_CACHE, type SharedCache } from '#origin/adapters/redis.ts';
import { decodeAnswer, encodeAnswer, type FencedAnswer } from '#origin/cache/answer.ts';
import { LIVES, memoryHeaders, sendFound } from '#origin/http/caching.ts';
import { answerAt, cachesAt } from '#test/support/cache.ts';

const NOON = Date.parse('2027-03-01T12:00:00.000Z');
const clockAt = (instant: number): Clock => ({ now: () => new Date(instant) });
const ends = (goodUntil: number): FencedAnswer => ({ ...answerAt('lamp', 1), goodUntil });

/** What the edge makes of an answer's header fields; null where it stores none of it. */
function lifeAtEdge(headers: Record<string, string | number>, receivedAt: Date) {
  const fields = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  const reply: Reply = { status: 200, headers: new Headers(fields), receivedAt, isAuthorized: false };
  const life = lifetimeOf(reply);
  return life && catalogRule({ contentType: 'application/json' }).admit(reply, life);
}

const WAYS = {
  'from memory': (answer: FencedAnswer, life: (typeof LIVES)['list' | 'product'], clock: Clock) =>
    memoryHeaders(answer, life, clock),
  'the ordinary way': (answer: FencedAnswer, life: (typeof LIVES)['list' | 'product'], clock: Clock) => {
    const set = { headers: {} as Record<string, string | number> };
    const request = new Request('http://localhost/api/v1/products');
    sendFound({ request, set, clock }, { answer, from: 'redis' }, life);
    return set.headers;
  },
};

test.each(Object.entries(WAYS))('the edge shows what came %s no longer than it is so', (_, headersOf) => {
  fc.assert(
    fc.property(
      fc.record({
        left: fc.integer({ min: -2_000, max: 200_000 }),
        later: fc.integer({ min: 0, max: 300_000 }),
        underWay: fc.integer({ min: 0, max: 3_000 }),
        life: fc.constantFrom(LIVES.product, LIVES.list),
      }),
      ({ left, later, underWay, life }) => {
        const goodUntil = NOON + left;
        const stored = lifeAtEdge(headersOf(ends(goodUntil), life, clockAt(NOON)), new Date(NOON));
        if (stored === null) return expect(left).toBeLessThan(SECOND_MS);
        const asked = NOON + later;
        const held = { fetchStartedAt: NOON - underWay, initialAgeSeconds: 0 };
        const usability = usabilityOf(stored, ageSeconds(held, new Date(asked)), new Map());
        if (usability !== 'expired') expect(asked).toBeLessThan(goodUntil);
      },
    ),
  );
});

test.each(Object.entries(WAYS))('what came %s and ends late enough lives as long as any', (_, headersOf) => {
  for (const life of [LIVES.product, LIVES.list]) {
    const whole = (life.freshSeconds + life.revalidateSeconds) * SECOND_MS;
    const late = headersOf(ends(NOON + whole), life, clockAt(NOON));
    expect(late['cache-control']).toBe(
      headersOf(answerAt('lamp', 1), life, clockAt(NOON))['cache-control'] ?? '',
    );
  }
});

test('Redis keeps the end beside the answer, and an answer of before has none', () => {
  const answer = ends(NOON);
  expect(decodeAnswer(encodeAnswer(answer))).toEqual({ ...answer, body: expect.anything() });
  const { goodUntil: _, ...endless } = answer;
  expect(decodeAnswer(encodeAnswer(endless))).toEqual({ ...endless, body: expect.anything() });
  const odd = Buffer.from(encodeAnswer(answer).toString().replace(String(NOON), '"noon"'));
  expect(decodeAnswer(odd)).toBeNull();
});

/** What two processes share, at their time. */
function pretendedRedis(clock: Clock) {
  const stored = new Map<string, FencedEntry & { readonly until: number }>();
  const now = () => clock.now().getTime();
  const read = (key: string) => {
    const found = stored.get(key);
    return found !== undefined && now() < found.until ? found.value : null;
  };
  const shared: SharedCache = {
    ...NO_SHARED_CACHE,
    get: async (key) => read(key),
    getWithFloor: async (key) => ({ value: read(key), floor: 0 }),
    setFenced: async (entry) => {
      expect(entry.ttlMs).toBeGreaterThan(0);
      const end = decodeAnswer(entry.value)?.goodUntil ?? Number.POSITIVE_INFINITY;
      expect(now() + entry.ttlMs).toBeLessThanOrEqual(end);
      stored.set(entry.key, { ...entry, until: now() + entry.ttlMs });
      return 0;
    },
  };
  return shared;
}

const step = fc.record({
  at: fc.constantFrom(0, 1),
  passes: fc.integer({ min: 0, max: 4_000 }),
  does: fc.constantFrom('reads' as const, 'peeks' as const),
  loadTakes: fc.constantFrom(0, 0, 0, 1_500),
});

test('two processes and their Redis give out nothing whose time is over', async () => {
  const boundaries = fc.uniqueArray(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(boundaries, fc.array(step, { maxLength: 40 }), async (marks, steps) => {
      let now = NOON;
      const clock: Clock = { now: () => new Date(now) };
      const redis = pretendedRedis(clock);
      const processes = [cachesAt(clock, redis), cachesAt(clock, redis)] as const;
      for (const { at, passes, does, loadTakes } of steps) {
        now += passes;
        const load = async () => {
          const next = Math.min(...marks.map((mark) => NOON + mark).filter((mark) => mark > now));
          const answer = Number.isFinite(next) ? ends(next) : answerAt('lamp', 1);
          now += loadTakes;
          return answer;
        };
        const { products } = processes[at as 0 | 1];
        const asked = now;
        const answer =
          does === 'peeks' ? products.peek('lamp', load) : (await products.read('lamp', load)).answer;
        if (answer) expect(answer.goodUntil ?? Number.POSITIVE_INFINITY).toBeGreaterThan(asked);
      }
    }),
  );
});

test('who asks after the end is not given what was read for somebody before it', async () => {
  let now = NOON;
  const { products } = cachesAt({ now: () => new Date(now) }, NO_SHARED_CACHE);
  const slow = Promise.withResolvers<FencedAnswer>();
  const fresh = { ...ends(NOON + 2_000), etag: '"fresh"' };
  const load = async () => (now === NOON ? slow.promise : fresh);
  const before = products.read('lamp', load);
  now = NOON + 1_000;
  const after = products.read('lamp', load);
  slow.resolve(ends(NOON + 1_000));
  expect((await after).answer).toEqual(fresh);
  await before;
});
