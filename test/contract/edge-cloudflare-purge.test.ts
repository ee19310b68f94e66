/** Purge by tag over HTTP as Cloudflare documents it, against a double that keeps to the documented answers. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { MINUTE_MS } from '#lib/clock.ts';
import { ConfigError } from '#lib/config.ts';
import { createRegistry } from '#lib/metric-registry.ts';
import { createVitals, type InHand, UNWATCHED } from '#origin/adapters/vitals.ts';
import { eventually } from '#test/support/eventually.ts';
import { createCloudflarePurge, type Waiting } from '#workers/cloudflare-purge.ts';
import { cloudflareZone, type WorkersConfig } from '#workers/config.ts';

const ZONE_ID = '0123456789abcdef0123456789abcdef';
const TOKEN = 'a-token-of-the-tests-with-forty-characters';
const MAX_TAGS = 100;

interface Call {
  readonly authorization: string | null;
  readonly tags: readonly string[];
}

let server: Bun.Server<undefined>;
let calls: Call[] = [];
/** What the next calls are answered with instead of success; a promise holds the answer back. */
let scripted: (Response | Promise<Response>)[] = [];

function failure(status: number, code: number, headers: Record<string, string> = {}): Response {
  const body = { success: false, errors: [{ code, message: 'refused' }], messages: [], result: null };
  return Response.json(body, { status, headers });
}

function success(): Response {
  return Response.json({ success: true, errors: [], messages: [], result: { id: ZONE_ID } });
}

beforeAll(() => {
  server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const isPurge = new URL(request.url).pathname === `/client/v4/zones/${ZONE_ID}/purge_cache`;
      if (!isPurge || request.method !== 'POST') return failure(404, 7003);
      const { tags } = (await request.json()) as { readonly tags: readonly string[] };
      calls.push({ authorization: request.headers.get('authorization'), tags });
      if (tags.length === 0 || tags.length > MAX_TAGS) return failure(400, 1094);
      return scripted.shift() ?? success();
    },
  });
});

afterEach(() => {
  calls = [];
  scripted = [];
});

afterAll(() => server.stop(true));

/** A purge whose waiting takes no time but is written down. */
function setUp(callsPerMinute = 300, onWait = () => {}) {
  const waits: number[] = [];
  let nowMs = 0;
  const time: Waiting = {
    nowMs: () => nowMs,
    wait: (ms) => {
      waits.push(ms);
      nowMs += ms;
      onWait();
      return Promise.resolve();
    },
  };
  const apiUrl = `http://127.0.0.1:${server.port}/client/v4`;
  const purge = createCloudflarePurge({ apiUrl, zoneId: ZONE_ID, apiToken: TOKEN, callsPerMinute }, time);
  return {
    purge: (tags: readonly string[], inHand: InHand = UNWATCHED) => purge(tags, inHand),
    nowMs: time.nowMs,
    waits,
  };
}

function tagsUpTo(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `product-${index}`);
}

describe('a purge', () => {
  test('names the tags to the zone, with the token as bearer', async () => {
    await setUp().purge(['product-1', 'product-lists']);
    expect(calls).toEqual([{ authorization: `Bearer ${TOKEN}`, tags: ['product-1', 'product-lists'] }]);
  });

  test('of more tags than a call may name goes out in several', async () => {
    await setUp().purge(tagsUpTo(250));
    expect(calls.map(({ tags }) => tags.length)).toEqual([100, 100, 50]);
    expect(calls.flatMap(({ tags }) => tags)).toEqual(tagsUpTo(250));
  });

  test('that comes while another is under way goes out with those that wait as well, each tag once', async () => {
    const { purge } = setUp();
    const gate = Promise.withResolvers<Response>();
    scripted = [gate.promise];
    const first = purge(['a']);
    const others = [purge(['b', 'lists']), purge(['c', 'lists']), purge(['lists'])];
    gate.resolve(success());
    await Promise.all([first, ...others]);
    expect(calls.map(({ tags }) => tags)).toEqual([['a'], ['b', 'lists', 'c']]);
  });

  test('that comes too fast waits as long as Cloudflare says', async () => {
    const { purge, waits } = setUp();
    scripted = [failure(429, 10429, { 'retry-after': '7' })];
    await purge(['a']);
    expect(waits).toEqual([7_000]);
    expect(calls).toHaveLength(2);
  });

  test('that Cloudflare has wait for minutes is stuck work in no probe, nor is one behind it', async () => {
    const heldUpMs: number[] = [];
    const { purge, nowMs, waits } = setUp(300, () => heldUpMs.push(vitals.oldest()?.ms ?? 0));
    const vitals = createVitals(createRegistry(), nowMs);
    const gate = Promise.withResolvers<Response>();
    scripted = [gate.promise, ...[1, 2].map(() => failure(429, 10429, { 'retry-after': '60' }))];
    const first = vitals.begin('the first');
    const second = vitals.begin('the second');
    const purging = [purge(['a'], first), purge(['b'], second)];
    await eventually('the first is in hand', () => calls.length === 1);
    expect(vitals.oldest()?.name).toBe('the first');
    gate.resolve(failure(429, 10429, { 'retry-after': '60' }));
    await Promise.all(purging);
    expect(waits).toEqual([MINUTE_MS, MINUTE_MS, MINUTE_MS]);
    expect(heldUpMs).toEqual([0, 0, 0]);
    for (const each of [first, second]) each.ended();
    expect(vitals.oldest()).toBeNull();
    vitals.stop();
  });

  test('is repeated after a server’s failure, later each time', async () => {
    const { purge, waits } = setUp();
    scripted = [failure(500, 10000), new Response('bad gateway', { status: 502 }), failure(503, 10000)];
    await purge(['a']);
    expect(calls).toHaveLength(4);
    const [one = 0, two = 0, three = 0] = waits;
    for (const [wait, least] of [
      [one, 500],
      [two, 1_000],
      [three, 2_000],
    ] as const) {
      expect(wait).toBeGreaterThanOrEqual(least);
      expect(wait).toBeLessThanOrEqual(2 * least);
    }
  });

  test('that keeps failing is given up, and the next one is tried all the same', async () => {
    const { purge } = setUp();
    scripted = [1, 2, 3, 4].map(() => failure(500, 10000));
    await expect(purge(['a'])).rejects.toThrow('Cloudflare answered a purge with 500: 10000 refused');
    await purge(['b']);
    expect(calls.at(-1)?.tags).toEqual(['b']);
  });

  test('that is refused is not repeated, and its failure names no token', async () => {
    const { purge } = setUp();
    for (const status of [400, 401, 403]) {
      scripted = [failure(status, 9109)];
      const error = await purge(['a']).catch((reason: unknown) => reason);
      expect(String(error)).toContain(`${status}: 9109 refused`);
      expect(String(error)).not.toContain(TOKEN);
    }
    expect(calls).toHaveLength(3);
  });

  test('that Cloudflare calls unsuccessful is a failure, whatever the status', async () => {
    scripted = [failure(200, 1)];
    await expect(setUp().purge(['a'])).rejects.toThrow('200: 1 refused');
  });

  test('keeps within the rate of the plan once the burst is used up', async () => {
    const { purge, waits } = setUp(60);
    for (const tag of tagsUpTo(28)) await purge([tag]);
    expect(calls).toHaveLength(28);
    expect(waits.map((ms) => Math.round(ms))).toEqual([1_000, 1_000, 1_000]);
  });
});

test('the zone is configured by its id and its token, or not at all', () => {
  const config = {
    CLOUDFLARE_API_URL: 'https://api.test/v4',
    CLOUDFLARE_PURGES_PER_MINUTE: 5,
  } as WorkersConfig;
  expect(cloudflareZone(config)).toBeNull();
  const pair = { CLOUDFLARE_ZONE_ID: ZONE_ID, CLOUDFLARE_API_TOKEN: TOKEN };
  expect(cloudflareZone({ ...config, ...pair })).toEqual({
    apiUrl: 'https://api.test/v4',
    zoneId: ZONE_ID,
    apiToken: TOKEN,
    callsPerMinute: 5,
  });
  for (const [name, value] of Object.entries(pair)) {
    const missing = Object.keys(pair).find((other) => other !== name);
    expect(() => cloudflareZone({ ...config, [name]: value })).toThrow(
      new ConfigError(`The environment variable ${missing} is missing.`),
    );
  }
});
