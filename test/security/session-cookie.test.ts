/** The browser's session in its cookie: what another site, a form, a subdomain or a thief can do with it. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { SESSION_COOKIE, SESSION_TRANSPORT_HEADER } from '#lib/edge-contract.ts';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import { nextIp } from '#test/support/edge.ts';
import {
  type OriginUnderTest,
  openOrigin,
  SHOP_ORIGIN,
  TEST_CONFIG,
  TEST_PASSWORD,
} from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cookieIn, FROM_PAGE, fromPage, login, logout, me, refresh } from '#test/support/sessions.ts';
import { claimsOf } from '#test/support/tokens.ts';

const PURGE_SECRET = 'a-purge-secret-of-enough-characters';
const AUTH = '/api/v1/auth';

let shop: OriginUnderTest;
let originServer: Bun.Server<undefined>;
let edge: RunningEdge;
/** The cookies that came to the origin, by path. */
const cookies = new Map<string, string | null>();
beforeAll(async () => {
  shop = await openOrigin();
  originServer = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) => {
      cookies.set(new URL(request.url).pathname, request.headers.get('cookie'));
      return shop.fetch(request);
    },
  });
  edge = await startEdge({
    originUrl: `http://127.0.0.1:${originServer.port}`,
    edgeSecret: TEST_CONFIG.EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    vars: { TRUST_CF_CONNECTING_IP: 'true' },
    onLog: () => {},
  });
});
afterAll(async () => {
  await edge.stop();
  await originServer.stop(true);
  await shop.close();
});

/** A browser that is logged in. */
async function browsing() {
  const { userId, email } = await shop.signIn();
  const answer = await login(shop, email, { headers: FROM_PAGE });
  expect(answer.status).toBe(200);
  return { userId, email, answer, cookie: cookieIn(answer), accessToken: String(answer.body.accessToken) };
}

function throughEdge(
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<Response> {
  return fetch(edge.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'cf-connecting-ip': nextIp(), ...headers },
    ...(body === undefined ? {} : { body }),
  });
}

describe('the cookie', () => {
  test('is out of reach of scripts, other hosts, plain HTTP and other sites, and its token in no body', async () => {
    const { answer, cookie } = await browsing();
    expect(answer.headers.get('set-cookie')).toBe(
      `${SESSION_COOKIE}=${cookie}; Max-Age=604800; Path=/; Secure; HttpOnly; SameSite=Strict`,
    );
    expect(SESSION_COOKIE).toStartWith('__Host-');
    expect(answer.body).toEqual({ accessToken: expect.any(String), expiresIn: 900 });
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
  });

  test('is rotated by each refresh', async () => {
    const { cookie, userId } = await browsing();
    const next = await fromPage(shop, 'refresh', cookie);
    expect(next.status).toBe(200);
    expect(next.body).toEqual({ accessToken: expect.any(String), expiresIn: 900 });
    expect(cookieIn(next)).not.toBe(cookie);
    expect((await me(shop, next.body.accessToken)).body.id).toBe(userId);
  });

  test('of two tabs that refresh at once stays what the first one got', async () => {
    const { cookie } = await browsing();
    const answers = await Promise.all([1, 2].map(() => fromPage(shop, 'refresh', cookie)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const setting = answers.filter(({ headers }) => headers.has('set-cookie'));
    expect(setting).toHaveLength(1);
    for (const answer of setting)
      expect((await fromPage(shop, 'refresh', cookieIn(answer))).status).toBe(200);
  });

  test('is taken back at logout, and worth nothing if it is used after all', async () => {
    const { cookie, accessToken } = await browsing();
    const out = await fromPage(shop, 'logout', cookie);
    expect(out.status).toBe(204);
    expect(out.headers.get('set-cookie')).toStartWith(`${SESSION_COOKIE}=; Max-Age=0;`);
    expectProblem(await fromPage(shop, 'refresh', cookie), 'refresh_token_invalid');
    expectProblem(await me(shop, accessToken), 'unauthenticated');
    const none = await shop.call(`${AUTH}/logout`, { method: 'POST', body: {}, headers: FROM_PAGE });
    expect(none.status).toBe(204);
  });

  test('alone is no way in: it opens no route but its own', async () => {
    const { cookie } = await browsing();
    const headers = { cookie: `${SESSION_COOKIE}=${cookie}`, ...FROM_PAGE };
    for (const path of ['/api/v1/me', '/api/v1/orders', '/api/v1/me/sessions']) {
      expectProblem(await shop.call(path, { headers }), 'unauthenticated');
    }
  });
});

describe('a forged request', () => {
  const without = (name: string) =>
    Object.fromEntries(Object.entries(FROM_PAGE).filter(([each]) => each !== name));
  const FORGERIES: readonly [string, Readonly<Record<string, string>>][] = [
    ['from a foreign page', { ...FROM_PAGE, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['from a foreign page that calls itself ours', { ...FROM_PAGE, 'sec-fetch-site': 'cross-site' }],
    ['from a page whose name begins like ours', { ...FROM_PAGE, origin: `${SHOP_ORIGIN}.evil.example` }],
    ['from our host without TLS', { ...FROM_PAGE, origin: SHOP_ORIGIN.replace('https:', 'http:') }],
    ['from our host on another port', { ...FROM_PAGE, origin: `${SHOP_ORIGIN}:8443` }],
    ['from a sandboxed frame', { ...FROM_PAGE, origin: 'null' }],
    ['from nowhere', without('origin')],
    ['with an empty origin', { ...FROM_PAGE, origin: '' }],
    ['typed into the address bar', { ...FROM_PAGE, 'sec-fetch-site': 'none' }],
  ];

  test.each(FORGERIES)('%s neither logs in, refreshes nor logs out', async (_from, headers) => {
    const { cookie, email, accessToken } = await browsing();
    for (const answer of [
      await login(shop, email, { headers }),
      await fromPage(shop, 'refresh', cookie, headers),
      await fromPage(shop, 'logout', cookie, headers),
    ]) {
      expectProblem(answer, 'csrf_refused');
      expect(answer.headers.has('set-cookie')).toBeFalse();
    }
    expect((await me(shop, accessToken)).status).toBe(200);
  });

  test('without the header does not reach the cookie', async () => {
    const { cookie, accessToken } = await browsing();
    for (const verb of ['refresh', 'logout']) {
      const answer = await fromPage(shop, verb, cookie, without(SESSION_TRANSPORT_HEADER));
      expectProblem(answer, 'invalid_input');
    }
    expect((await me(shop, accessToken)).status).toBe(200);
  });

  test.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain'])(
    'by a form as %s is refused, through the edge, too',
    async (type) => {
      const { cookie, accessToken } = await browsing();
      const headers = { ...FROM_PAGE, cookie: `${SESSION_COOKIE}=${cookie}`, 'content-type': type };
      for (const verb of ['login', 'refresh', 'logout']) {
        const response = await throughEdge(`${AUTH}/${verb}`, headers, '{}');
        expect([verb, response.status]).toEqual([verb, 415]);
      }
      expect((await me(shop, accessToken)).status).toBe(200);
    },
  );

  test.each(['token', 'Cookie', 'cookie, cookie', ''])(
    'with the transport %o is not guessed at',
    async (transport) => {
      const { cookie } = await browsing();
      const headers = { ...FROM_PAGE, [SESSION_TRANSPORT_HEADER]: transport };
      expectProblem(await fromPage(shop, 'refresh', cookie, headers), 'invalid_input');
    },
  );

  test('that asks across origins gets no leave to: there is no preflight to pass', async () => {
    const response = await fetch(`${edge.url}${AUTH}/refresh`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://evil.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': SESSION_TRANSPORT_HEADER,
      },
    });
    expect(response.ok).toBeFalse();
    expect(response.headers.has('access-control-allow-origin')).toBeFalse();
  });
});

describe('session fixation', () => {
  test('a planted cookie is not made one’s own by logging in: session and token are new', async () => {
    const attacker = await browsing();
    const victim = await shop.signIn();
    const headers = { ...FROM_PAGE, cookie: `${SESSION_COOKIE}=${attacker.cookie}` };
    const answer = await login(shop, victim.email, { headers });
    expect(cookieIn(answer)).not.toBe(attacker.cookie);
    expect(claimsOf(answer.body.accessToken)['sid']).not.toBe(claimsOf(attacker.accessToken)['sid']);
    expect(claimsOf(answer.body.accessToken)['sub']).toBe(victim.userId);
    expectProblem(await fromPage(shop, 'refresh', attacker.cookie), 'refresh_token_invalid');
  });

  test('logging in again ends the session that the browser had, and a wrong password does not', async () => {
    const { email, cookie, accessToken } = await browsing();
    const headers = { ...FROM_PAGE, cookie: `${SESSION_COOKIE}=${cookie}` };
    const wrong = { method: 'POST', body: { email, password: 'not the password' }, headers } as const;
    expectProblem(await shop.call(`${AUTH}/login`, wrong), 'credentials_invalid');
    expect((await me(shop, accessToken)).status).toBe(200);
    const again = await login(shop, email, { headers });
    expectProblem(await me(shop, accessToken), 'unauthenticated');
    expect((await me(shop, again.body.accessToken)).status).toBe(200);
  });

  test('of two cookies of the name neither is believed', async () => {
    const [mine, planted] = [await browsing(), await browsing()];
    for (const pair of [
      [mine, planted],
      [planted, mine],
    ]) {
      const cookie = pair.map((each) => `${SESSION_COOKIE}=${each.cookie}`).join('; ');
      const answer = await shop.call(`${AUTH}/refresh`, {
        method: 'POST',
        body: {},
        headers: { ...FROM_PAGE, cookie },
      });
      expectProblem(answer, 'refresh_token_invalid');
    }
  });

  test('an API client’s token planted as a cookie opens nothing', async () => {
    const { email } = await shop.signIn();
    const { body } = await login(shop, email);
    expectProblem(await fromPage(shop, 'refresh', body.refreshToken), 'refresh_token_invalid');
  });

  test('a cookie and a body at once are refused', async () => {
    const { cookie } = await browsing();
    const headers = { ...FROM_PAGE, cookie: `${SESSION_COOKIE}=${cookie}` };
    const body = { refreshToken: cookie };
    expectProblem(await shop.call(`${AUTH}/refresh`, { method: 'POST', body, headers }), 'invalid_input');
    expectProblem(await refresh(shop, '', {}), 'invalid_input');
    expectProblem(await shop.call(`${AUTH}/logout`, { method: 'POST', body: {} }), 'invalid_input');
    expect((await logout(shop, 'rt_unknown')).status).toBe(204);
  });
});

describe('through the edge', () => {
  test('a browser logs in, refreshes and logs out, and the origin sees that one cookie on these routes alone', async () => {
    const { email } = await shop.signIn();
    const json = { ...FROM_PAGE, 'content-type': 'application/json' };
    const credentials = JSON.stringify({ email, password: TEST_PASSWORD });
    const opened = await throughEdge(`${AUTH}/login`, json, credentials);
    expect(opened.status).toBe(200);
    const cookie = `${SESSION_COOKIE}=${cookieIn(opened)}`;
    const jar = { cookie: `theme=dark; ${cookie}; tracking=1` };
    const refreshed = await throughEdge(`${AUTH}/refresh`, { ...json, ...jar }, '{}');
    expect(refreshed.status).toBe(200);
    expect(refreshed.headers.get('cache-control')).toBe('private, no-store');
    expect(cookies.get(`${AUTH}/refresh`)).toBe(cookie);
    const { accessToken } = (await refreshed.json()) as { accessToken: string };
    const own = await throughEdge('/api/v1/me', { ...jar, authorization: `Bearer ${accessToken}` });
    expect(own.status).toBe(200);
    for (const path of ['/api/v1/products', '/api/v1/categories', '/health', '/.well-known/jwks.json']) {
      expect((await throughEdge(path, jar)).status).toBe(200);
    }
    const others = [...cookies].filter(([path]) => !path.startsWith(AUTH));
    expect(others.length).toBeGreaterThanOrEqual(5);
    for (const [path, seen] of others) expect([path, seen]).toEqual([path, null]);
    const next = { cookie: `${SESSION_COOKIE}=${cookieIn(refreshed)}` };
    expect((await throughEdge(`${AUTH}/logout`, { ...json, ...next }, '{}')).status).toBe(204);
    expect((await throughEdge('/api/v1/me', { authorization: `Bearer ${accessToken}` })).status).toBe(401);
  });

  test('the same page is answered from the cache with and without a cookie', async () => {
    const first = await throughEdge('/api/v1/categories', {});
    const second = await throughEdge('/api/v1/categories', { cookie: `${SESSION_COOKIE}=rt_mine` });
    expect(second.headers.get('cache-status')).toContain('hit');
    expect(await second.text()).toBe(await first.text());
  });
});
