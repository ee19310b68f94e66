/** Who gets into the console, and how its stream begins and ends. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { SECURITY_HEADERS } from '#lib/security-headers.ts';
import { createApp, createHandler } from '#origin/app.ts';
import { EVENTS, type Snapshot } from '#origin/console/model.ts';
import { type OperatorConsole, startConsole } from '#origin/console/service.ts';
import type { Ask } from '#origin/console/targets.ts';
import { eventually } from '#test/support/eventually.ts';
import { asEdge, type OriginUnderTest, openOrigin, TEST_CONFIG } from '#test/support/origin.ts';

const TOKEN = 'an-operators-token-of-enough-characters';
const CONSOLE = { OPERATOR_TOKEN: TOKEN, OPS_TARGETS: 'origin=http://o,workers=http://w' };
const HOST = 'http://localhost';

let shop: OriginUnderTest;
let operatorConsole: OperatorConsole;
let handle: ReturnType<typeof createHandler>;
/** Times that a process was asked. */
let asked = 0;
const ask: Ask = async () => {
  asked += 1;
  return { exposition: null, checks: null, isAlive: true };
};

beforeAll(async () => {
  shop = await openOrigin();
  const started = startConsole(CONSOLE, { ...shop.deps, ask });
  if (started === undefined) throw new Error('no console');
  operatorConsole = started;
  handle = createHandler(shop.deps, TEST_CONFIG, { operatorConsole });
});
afterAll(async () => {
  operatorConsole.stop();
  await shop.close();
});

type Method = 'GET' | 'POST' | 'DELETE';

async function call(path: string, method: Method = 'GET', headers: Record<string, string> = {}) {
  return handle(new Request(`${HOST}${path}`, { method, headers: { host: 'localhost', ...headers } }));
}

async function signIn(): Promise<string> {
  const answer = await call('/ops/session', 'POST', { authorization: `Bearer ${TOKEN}` });
  expect(answer.status).toBe(204);
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

/** Reads the stream as it comes. */
function read(response: Response) {
  const events: { readonly name: string; readonly data: unknown }[] = [];
  const state = { isOver: false };
  const done = (async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const whole = text.split('\n\n');
      text = whole.pop() ?? '';
      for (const event of whole) {
        const [, name, data] = /^event: (.+)\ndata: (.+)$/m.exec(event) ?? [];
        if (name !== undefined && data !== undefined) events.push({ name, data: JSON.parse(data) });
      }
    }
    state.isOver = true;
  })();
  return { events, state, done };
}

describe('without a session', () => {
  test.each<[string, Method]>([
    ['/ops/stream', 'GET'],
    ['/ops/session', 'GET'],
  ])('%s is refused, with no cookie and with any that is not one of ours', async (path, method) => {
    for (const cookie of ['', 'x', '__Host-hotshelf-operator=', '__Host-hotshelf-operator=guess']) {
      const answer = await call(path, method, { cookie });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ code: 'unauthenticated' });
    }
  });

  test('the page and its files are there, hold no figure, and run nothing but what is ours', async () => {
    const answer = await call('/ops');
    const html = await answer.text();
    expect(answer.status).toBe(200);
    expect(html).not.toMatch(/<script>|style=|https?:/);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toStartWith("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).not.toContain('unsafe');
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      if (name !== 'content-security-policy') expect(answer.headers.get(name)).toBe(value);
    }
    const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => match[1] ?? '');
    expect(files).toHaveLength(2);
    for (const file of files) {
      const { status, headers } = await call(file);
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toContain('immutable');
    }
  });

  test('every route of the console is refused but the page, its files and the way in', async () => {
    const { routes } = createApp(shop.deps, TEST_CONFIG, { operatorConsole });
    const own = routes.filter(({ path }) => path.startsWith('/ops'));
    const refused = [];
    for (const { method, path } of own) {
      const { status } = await call(path.replace(':name', 'x'), method as Method);
      if (status === 401) refused.push(`${method} ${path}`);
    }
    expect(own.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
      ...['DELETE /ops/session', 'GET /ops', 'GET /ops/assets/:name', 'GET /ops/session'],
      ...['GET /ops/stream', 'POST /ops/session'],
    ]);
    expect(refused.toSorted()).toEqual(['GET /ops/session', 'GET /ops/stream', 'POST /ops/session']);
  });

  test.each(['', 'Bearer', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, `Bearer x ${TOKEN}`, TOKEN])(
    'the token is not %p',
    async (authorization) => {
      const answer = await call('/ops/session', 'POST', { authorization });
      expect(answer.status).toBe(401);
      expect(answer.headers.has('set-cookie')).toBeFalse();
    },
  );

  test("a shopper's or an admin's access token opens nothing", async () => {
    const { token } = await shop.signIn('admin');
    const headers = { authorization: `Bearer ${token}` };
    expect((await call('/ops/session', 'POST', headers)).status).toBe(401);
    expect((await call('/ops/stream', 'GET', headers)).status).toBe(401);
  });
});

describe('another page', () => {
  const FOREIGN: readonly Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://evil.example' },
    { origin: 'http://localhost:8787' },
    { origin: 'null' },
  ];

  test('neither signs in nor out, nor listens, whatever cookie its browser has', async () => {
    const cookie = await signIn();
    for (const headers of FOREIGN) {
      const attempts = [
        await call('/ops/session', 'POST', { ...headers, authorization: `Bearer ${TOKEN}` }),
        await call('/ops/session', 'DELETE', { ...headers, cookie }),
        await call('/ops/stream', 'GET', { ...headers, cookie }),
      ];
      for (const answer of attempts) expect(await answer.json()).toMatchObject({ code: 'csrf_refused' });
    }
    expect((await call('/ops/session', 'GET', { cookie })).status).toBe(204);
  });

  test('of our own does', async () => {
    const own = { origin: HOST, 'sec-fetch-site': 'same-origin', authorization: `Bearer ${TOKEN}` };
    expect((await call('/ops/session', 'POST', own)).status).toBe(204);
  });
});

describe('a session', () => {
  test('is in a cookie that no script reads and no other site sends', async () => {
    const answer = await call('/ops/session', 'POST', { authorization: `Bearer ${TOKEN}` });
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-hotshelf-operator=[\w-]{43}; Max-Age=43200; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
  });

  test('is told of every second, whole, and without its secret or the token', async () => {
    const stream = read(await call('/ops/stream', 'GET', { cookie: await signIn() }));
    await eventually('two snapshots', () => stream.events.filter((each) => each.name === EVENTS.snapshot)[1]);
    expect(stream.events[0]?.name).toBe(EVENTS.beginning);
    const snapshot = stream.events[1]?.data as Snapshot;
    expect(snapshot.parts.workers).toMatchObject({ state: 'ok', says: 'answers' });
    expect(JSON.stringify(stream.events)).not.toContain(TOKEN);
  });

  test('ends its streams within a second of signing out, and is worth nothing from then on', async () => {
    const cookie = await signIn();
    const other = await signIn();
    const streams = [
      await call('/ops/stream', 'GET', { cookie }),
      await call('/ops/stream', 'GET', { cookie }),
    ];
    const ending = streams.map(read);
    const lasting = read(await call('/ops/stream', 'GET', { cookie: other }));
    await eventually('they have begun', () => ending.every(({ events }) => events.length > 0));
    const startedAt = performance.now();
    const answer = await call('/ops/session', 'DELETE', { cookie });
    expect(answer.headers.get('set-cookie')).toContain('Max-Age=0');
    await Promise.all(ending.map(({ done }) => done));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    for (const { events } of ending) expect(events.at(-1)?.name).toBe(EVENTS.signedOut);
    expect((await call('/ops/stream', 'GET', { cookie })).status).toBe(401);
    expect(lasting.state.isOver).toBeFalse();
    await call('/ops/session', 'DELETE', { cookie: other });
  });

  test('is one of a hundred at most: the oldest ends for the newest', async () => {
    const first = await signIn();
    for (let more = 0; more < 100; more += 1) await signIn();
    expect((await call('/ops/session', 'GET', { cookie: first })).status).toBe(401);
  });
});

describe('the way through the edge', () => {
  test.each(['/ops', '/ops/stream', '/ops/session', '/ops/assets/x'])('leads to no %s', async (path) => {
    const url = `${HOST}${path}`;
    const cookie = await signIn();
    const headers = { ...asEdge({ method: 'GET', url }), cookie };
    expect((await handle(new Request(url, { headers }))).status).toBe(404);
  });
});

describe('a console', () => {
  test('that nobody has configured is not there', async () => {
    expect(startConsole({}, shop.deps)).toBeUndefined();
    const bare = createHandler(shop.deps, TEST_CONFIG);
    expect((await bare(new Request(`${HOST}/ops`))).status).toBe(404);
  });

  test('with targets and no token stops the start', () => {
    expect(() => startConsole({ OPS_TARGETS: 'origin=http://o' }, shop.deps)).toThrow('OPERATOR_TOKEN');
  });

  test('lets no more than twenty look at once, and in again who comes when one has gone', async () => {
    const cookie = await signIn();
    const opened: Response[] = [];
    let refusal: Response | undefined;
    while (refusal === undefined) {
      const answer = await call('/ops/stream', 'GET', { cookie });
      if (answer.status === 503) refusal = answer;
      else opened.push(answer);
    }
    expect(opened.length).toBeLessThanOrEqual(20);
    expect(opened.length).toBeGreaterThan(10);
    await opened[0]?.body?.cancel();
    const again = await call('/ops/stream', 'GET', { cookie });
    expect(again.status).toBe(200);
    await call('/ops/session', 'DELETE', { cookie });
  });

  test('asks seldom while nobody looks, often as soon as somebody does', async () => {
    const before = asked;
    const cookie = await signIn();
    const startedAt = performance.now();
    const stream = read(await call('/ops/stream', 'GET', { cookie }));
    await eventually('three snapshots', () => stream.events[3]);
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(asked - before).toBeGreaterThanOrEqual(3 * 2);
    expect(asked - before).toBeLessThanOrEqual((seconds + 2) * 2);
    await call('/ops/session', 'DELETE', { cookie });
  });

  test('that stops ends all streams, so that the process can', async () => {
    const stopping = startConsole(CONSOLE, { ...shop.deps, ask });
    const secret = stopping?.sessions.open(TOKEN) ?? '';
    const response = stopping?.follow(secret);
    if (response === undefined) throw new Error('no stream');
    const stream = read(response);
    await eventually('it has begun', () => stream.events.length > 0);
    stopping?.stop();
    await stream.done;
    expect(stream.events.at(-1)?.name).toBe(EVENTS.stopping);
  });
});
