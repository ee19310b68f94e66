/** Budgets: exact across processes, told of, process-local without Redis, and of no use to lock somebody out. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { after, SECOND_MS, systemClock } from '#lib/clock.ts';
import { createLogger } from '#lib/log.ts';
import { loginPolicies } from '#origin/adapters/login-throttle.ts';
import { createMetrics } from '#origin/adapters/metrics.ts';
import { type ConnectedRedis, connectRedis } from '#origin/adapters/redis.ts';
import { createHandler } from '#origin/app.ts';
import { createDeps, type Deps } from '#origin/deps.ts';
import {
  type Answer,
  asEdge,
  type OriginUnderTest,
  openOrigin,
  type Reachable,
  TEST_CONFIG,
  TEST_PASSWORD,
} from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { startRedis, type TestRedis } from '#test/support/redis-server.ts';

const USER_LIMIT = 20;
const ACCOUNT_FREE = 3;
const ADDRESS_FREE = 8;
const LIMITS = {
  LIMIT_USER_PER_MINUTE: USER_LIMIT,
  LIMIT_CHECKOUT_PER_MINUTE: 2,
  LIMIT_REGISTER_PER_HOUR: 2,
  LIMIT_LOGIN_FAILURES_PER_ACCOUNT: ACCOUNT_FREE,
  LIMIT_LOGIN_FAILURES_PER_ADDRESS: ADDRESS_FREE,
} as const;

let redis: TestRedis;
let shop: OriginUnderTest;
let other: { readonly deps: Deps; close(): Promise<void> };
/** The same shop by a clock that a test moves on. */
let later: Reachable;
let aheadMs = 0;
let laterRedis: ConnectedRedis;

beforeAll(async () => {
  redis = await startRedis();
  shop = await openOrigin({ ...LIMITS, REDIS_URL: redis.url });
  const log = createLogger({ level: 'error', write: () => {} });
  other = createDeps(shop.config, 'hotshelf-test-2', log);
  laterRedis = connectRedis(redis.url, { log, metrics: createMetrics() });
  const clock = { now: () => after(systemClock.now(), aheadMs) };
  const logins = laterRedis.counts.loginThrottle(loginPolicies(ACCOUNT_FREE, ADDRESS_FREE), clock);
  later = shop.beside({ clock, limits: { ...shop.deps.limits, logins } });
});
afterAll(async () => {
  await laterRedis.close();
  await other.close();
  await shop.close();
  await redis.close();
});

let lastAddress = 0;
const nextAddress = () => {
  lastAddress += 1;
  return `10.1.${lastAddress >> 8}.${lastAddress & 255}`;
};

/** GET /me at one of the two processes. */
async function me(token: string, deps: Deps = shop.deps): Promise<Answer> {
  const url = 'http://localhost/api/v1/me';
  const headers = asEdge({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } });
  const response = await createHandler(deps, TEST_CONFIG)(new Request(url, { headers }));
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe('a user', () => {
  test('has so many requests a minute, exactly, at however many processes they arrive at once', async () => {
    const { token } = await shop.signIn();
    const answers = await Promise.all(
      Array.from({ length: 3 * USER_LIMIT }, (_, at) => me(token, at % 2 === 0 ? shop.deps : other.deps)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(USER_LIMIT);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(2 * USER_LIMIT);
    for (const answer of refused) {
      expectProblem(answer, 'rate_limited');
      expect(Number(answer.headers.get('retry-after'))).toBeWithin(1, 61);
    }
  });

  test('is told of the budget and of what is left, in every answer', async () => {
    const { token } = await shop.signIn();
    for (const left of [USER_LIMIT - 1, USER_LIMIT - 2]) {
      const { headers } = await me(token);
      expect(headers.get('ratelimit-policy')).toBe(`"user";q=${USER_LIMIT};w=60`);
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"user";r=${left};t=([1-9]|[1-5]\\d|60)$`));
    }
    for (let spent = 2; spent < USER_LIMIT; spent += 1) await me(token);
    expect((await me(token)).headers.get('ratelimit')).toMatch(/^"user";r=0;t=\d+$/);
  });

  test('spends nobody else’s budget, and what is not valid counts as well', async () => {
    const [one, two] = [await shop.signIn(), await shop.signIn()];
    const invalid = () => shop.call('/api/v1/orders?limit=many', { token: one.token });
    for (let spent = 0; spent < USER_LIMIT; spent += 1) expectProblem(await invalid(), 'invalid_input');
    expectProblem(await invalid(), 'rate_limited');
    expect((await me(one.token)).status).toBe(429);
    expect((await me(two.token)).status).toBe(200);
  });

  test('who is none has no budget to be told of', async () => {
    const { headers } = await shop.call('/api/v1/categories');
    expect(headers.has('ratelimit')).toBeFalse();
  });
});

test('checkouts have a budget of their own: of a user, and of guests from one network', async () => {
  const buy = (ip: string) =>
    shop.call('/api/v1/checkout', {
      ...{ method: 'POST', ip, cartToken: 'none' },
      body: {
        ...{ cartId: '01890a5d-ac96-774b-bcce-b302099a8057', email: 'a@b.example' },
        ...{ paymentMethodId: 'pm_card_visa' },
        shippingAddress: { name: 'A', line1: '1 Street', city: 'Town', postalCode: '1', country: 'GB' },
      },
      headers: { 'idempotency-key': crypto.randomUUID() },
    });
  for (const ip of ['2001:db8:1:2::1', '2001:db8:1:2:ffff::2'])
    expectProblem(await buy(ip), 'cart_not_found');
  expectProblem(await buy('2001:db8:1:2:3::3'), 'rate_limited');
  expectProblem(await buy('2001:db8:1:3::1'), 'cart_not_found');
});

const UNKNOWN = '01890a5d-ac96-774b-bcce-b302099a8057';

test.each([
  ['a card is kept', '/payment-methods', { paymentMethodId: 'pm_unknown' }, 'invalid_input'],
  [
    'an order is edited',
    `/orders/${UNKNOWN}/edits`,
    { items: [{ itemId: UNKNOWN, quantity: 0 }] },
    'order_not_found',
  ],
  [
    'goods are sent back',
    `/orders/${UNKNOWN}/returns`,
    { items: [{ itemId: UNKNOWN, quantity: 1 }], reason: 'other' },
    'order_not_found',
  ],
] as const)('when %s, that spends of the budget of checkouts', async (_what, path, body, code) => {
  const { token } = await shop.signIn();
  const ask = () => {
    const headers = { 'idempotency-key': crypto.randomUUID() };
    return shop.call(`/api/v1${path}`, { method: 'POST', token, headers, body });
  };
  for (const expected of [code, code, 'rate_limited'] as const) expectProblem(await ask(), expected);
});

test('accounts cannot be opened in masses from one address', async () => {
  const open = (ip: string) => {
    const body = { email: `${crypto.randomUUID()}@test.example`, password: TEST_PASSWORD, name: 'Ada' };
    return shop.call('/api/v1/auth/register', { method: 'POST', body, ip });
  };
  const ip = nextAddress();
  expect((await Promise.all([open(ip), open(ip)])).map(({ status }) => status)).toEqual([201, 201]);
  expectProblem(await open(ip), 'rate_limited');
  expect((await open(nextAddress())).status).toBe(201);
});

describe('a login', () => {
  const attempt = (email: string, password: string, ip: string, at = shop.call) =>
    at('/api/v1/auth/login', { method: 'POST', body: { email, password }, ip });
  const fail = (email: string, ip: string, at = shop.call) => attempt(email, 'a wrong password', ip, at);

  test('that fails from many addresses makes strangers wait, longer each time; who has an account there or not', async () => {
    const { email } = await shop.signIn();
    for (const name of [email, `nobody-${crypto.randomUUID()}@test.example`]) {
      for (let tries = 0; tries <= ACCOUNT_FREE; tries += 1) {
        expectProblem(await fail(name, nextAddress(), later.call), 'credentials_invalid');
      }
      const waits: number[] = [];
      for (let tries = 0; tries < 4; tries += 1) {
        const answer = await fail(name.toUpperCase(), nextAddress(), later.call);
        expectProblem(answer, 'rate_limited');
        const wait = Number(answer.headers.get('retry-after'));
        waits.push(wait);
        aheadMs += wait * SECOND_MS;
        expectProblem(await fail(name, nextAddress(), later.call), 'credentials_invalid');
      }
      expect(waits).toEqual([1, 2, 4, 8]);
    }
  });

  test('with the right password is not even tried while one has to wait', async () => {
    const { email } = await shop.signIn();
    for (let tries = 0; tries <= ACCOUNT_FREE; tries += 1) await fail(email, nextAddress());
    const answer = await attempt(email, TEST_PASSWORD, nextAddress());
    expectProblem(answer, 'rate_limited');
  });

  test('by the owner from where they have logged in before is open, whatever strangers do', async () => {
    const { email } = await shop.signIn();
    const home = nextAddress();
    expect((await attempt(email, TEST_PASSWORD, home)).status).toBe(200);
    for (let tries = 0; tries < 30; tries += 1) await fail(email, nextAddress());
    expect((await attempt(email, TEST_PASSWORD, home)).status).toBe(200);
    expectProblem(await fail(email, nextAddress()), 'rate_limited');
  });

  test('from a known place is no free ride: it has an end of its own', async () => {
    const { email } = await shop.signIn();
    const home = nextAddress();
    await attempt(email, TEST_PASSWORD, home);
    const statuses: number[] = [];
    for (let tries = 0; tries < ADDRESS_FREE + 2; tries += 1) statuses.push((await fail(email, home)).status);
    expect(statuses).toContain(429);
  });

  test('at many accounts from one address makes the address wait, and no one else', async () => {
    const ip = nextAddress();
    const name = () => `${crypto.randomUUID()}@test.example`;
    for (let tries = 0; tries <= ADDRESS_FREE; tries += 1) {
      expectProblem(await fail(name(), ip), 'credentials_invalid');
    }
    expectProblem(await fail(name(), ip), 'rate_limited');
    expectProblem(await fail(name(), nextAddress()), 'credentials_invalid');
  });

  test('that succeeds costs an address nothing: an office may log in all day', async () => {
    const { email } = await shop.signIn();
    const ip = nextAddress();
    for (let times = 0; times < 3 * ADDRESS_FREE; times += 1) {
      expect((await attempt(email, TEST_PASSWORD, ip)).status).toBe(200);
    }
  });

  test('is counted before it is made: a thousand at once are no thousand guesses', async () => {
    const { email } = await shop.signIn();
    const answers = await Promise.all(Array.from({ length: 60 }, () => fail(email, nextAddress())));
    const tried = answers.filter(({ status }) => status === 401);
    expect(tried).toHaveLength(ACCOUNT_FREE + 1);
  });
});

/** Last, for Redis is gone from here on. */
describe('without Redis', () => {
  test('each process counts for itself, and nobody waits', async () => {
    const { token } = await shop.signIn();
    await redis.kill();
    for (const deps of [shop.deps, other.deps]) {
      const statuses: number[] = [];
      const begun = performance.now();
      for (let times = 0; times < USER_LIMIT + 5; times += 1) statuses.push((await me(token, deps)).status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(USER_LIMIT);
      expect(performance.now() - begun).toBeLessThan(5 * SECOND_MS);
    }
  });

  test('guessing from one address is slowed down all the same', async () => {
    const ip = nextAddress();
    const statuses: number[] = [];
    for (let tries = 0; tries < 2 * ADDRESS_FREE; tries += 1) {
      const body = { email: `${crypto.randomUUID()}@test.example`, password: 'a wrong password' };
      statuses.push((await shop.call('/api/v1/auth/login', { method: 'POST', body, ip })).status);
    }
    expect(statuses).toContain(429);
  });
});
