/**
 * Every key is turned over by rolling restarts of real processes, while people read, refresh, buy, and set up second
 * factors at whichever process is in: no request fails, and nobody is logged out.
 */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { createFieldCipher } from '#db/field-cipher.ts';
import { rotateField } from '#db/rotate-fields.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import { makeSigningKey } from '#ops/local/secrets.ts';
import { codeOf } from '#test/support/authenticator.ts';
import {
  type Answer,
  callsTo,
  type OriginUnderTest,
  openOrigin,
  TEST_PASSWORD,
} from '#test/support/origin.ts';
import { type OriginProcess, startOrigin } from '#test/support/origin-process.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { checkoutBody, createProduct } from '#test/support/shopping.ts';
import { headerOf, type Jwk, kidOf } from '#test/support/tokens.ts';

const CLIENTS = 3;
const REQUESTS_A_STEP = 40;

const secret = () => randomBytes(32).toString('hex');
const OLD = { access: makeSigningKey(), edge: secret(), field: secret(), quote: secret() };
const NEW = { access: makeSigningKey(), edge: secret(), field: secret(), quote: secret() };

/** The public half, as an operator passes it around. */
function besides(key: string): string {
  const { kty, crv, x } = JSON.parse(key) as Jwk;
  return JSON.stringify({ keys: [{ kty, crv, x }] });
}

/** What the operator sets, step by step. An empty variable counts as absent. */
const BEFORE = {
  ...{ ACCESS_TOKEN_KEY: OLD.access, EDGE_SECRET: OLD.edge, FIELD_KEY: OLD.field, QUOTE_SECRET: OLD.quote },
};
const KNOWN = {
  ...{ ACCESS_TOKEN_KEYS_BESIDE: besides(NEW.access), EDGE_SECRET: NEW.edge, EDGE_SECRET_PREVIOUS: OLD.edge },
  ...{ FIELD_KEY_PREVIOUS: NEW.field, QUOTE_SECRET_PREVIOUS: NEW.quote },
};
const USED = {
  ...{ ACCESS_TOKEN_KEY: NEW.access, ACCESS_TOKEN_KEYS_BESIDE: besides(OLD.access) },
  ...{ FIELD_KEY: NEW.field, FIELD_KEY_PREVIOUS: OLD.field },
  ...{ QUOTE_SECRET: NEW.quote, QUOTE_SECRET_PREVIOUS: OLD.quote },
};
/** Access tokens and quotes of the old keys live on for their time. */
const FORGOTTEN = { EDGE_SECRET_PREVIOUS: '', FIELD_KEY_PREVIOUS: '' };

let shop: OriginUnderTest;
let processes: readonly OriginProcess[];
let variantId: string;
beforeAll(async () => {
  shop = await openOrigin();
  variantId = (await createProduct(shop, { stock: 10_000 })).variantId;
  processes = await Promise.all([
    startOrigin(shop.config, () => BEFORE),
    startOrigin(shop.config, () => BEFORE),
  ]);
});
afterAll(async () => {
  for (const process of processes) await process.kill();
  await shop.close();
});

/** As a balancer does: to the next process that is in; one that leaves is stopped when it has nothing in flight. */
const inRotation = new Set<OriginProcess>();
const inFlight = new Map<OriginProcess, number>();
let turn = 0;

async function balanced(request: Request): Promise<Response> {
  const body = request.body === null ? null : await request.text();
  const targets = [...inRotation];
  turn += 1;
  const target = targets[turn % targets.length];
  if (target === undefined) throw new Error('no process is in rotation');
  const { method, headers } = request;
  const count = (by: number) => inFlight.set(target, (inFlight.get(target) ?? 0) + by);
  count(1);
  try {
    return await fetch(`${target.url}${new URL(request.url).pathname}`, { method, headers, body });
  } finally {
    count(-1);
  }
}

let edgeSecret = OLD.edge;
const call = callsTo(balanced, { secret: () => edgeSecret });

const failures: unknown[] = [];
const kids = new Set<unknown>();
let requests = 0;
let isOver = false;

async function ask(path: string, token: string | undefined, body?: unknown): Promise<Answer['body']> {
  const key = { 'idempotency-key': crypto.randomUUID() };
  const as = {
    ...(token === undefined ? {} : { token }),
    ...(body === undefined ? {} : { body, headers: key }),
  };
  const method = body === undefined ? 'GET' : 'POST';
  const answer = await call(`/api/v1${path}`, { method, ...as }).catch(String);
  requests += 1;
  if (typeof answer !== 'string' && answer.status < 300) return answer.body;
  failures.push({ path, answer });
  // What follows would be about something that is not there.
  throw new Error(`${path} answered ${JSON.stringify(answer)}`);
}

async function logIn(email: string, code: object = {}) {
  return ask('/auth/login', undefined, { email, password: TEST_PASSWORD, ...code });
}

/** What is signed and sealed at one process is read at the other: the price of the cart, the address of the order. */
async function buy(token: string): Promise<void> {
  const { id } = await ask('/carts', token, {});
  const { quote } = await ask(`/carts/${id}/items`, token, { variantId, quantity: 1 });
  const order = await ask('/checkout', token, { ...checkoutBody(id), quote: quote.token });
  await ask(`/orders/${order.id}`, token);
  await ask('/me/export', token, { password: TEST_PASSWORD });
}

/** Set up at one process, confirmed at the other, and asked for at whichever comes next. */
async function secondFactor(): Promise<void> {
  const { email } = await shop.signIn();
  const { accessToken } = await logIn(email);
  const { secret: shared } = await ask('/me/second-factor', accessToken, { password: TEST_PASSWORD });
  await ask('/me/second-factor/confirmation', accessToken, { code: codeOf(shared, -1) });
  await logIn(email, { code: codeOf(shared) });
}

async function client(): Promise<{ readonly refreshToken: string }> {
  const { email } = await shop.signIn();
  let { accessToken, refreshToken } = await logIn(email);
  const first = accessToken;
  for (let round = 0; !isOver; round += 1) {
    kids.add(headerOf(accessToken)['kid']);
    // The oldest token, and the newest.
    for (const token of [first, accessToken]) await ask('/me', token);
    if (round % 5 === 2) await buy(accessToken);
    if (round % 5 === 4)
      ({ accessToken, refreshToken } = await ask('/auth/refresh', undefined, { refreshToken }));
  }
  return { refreshToken };
}

async function roll(other: Readonly<Record<string, string>>): Promise<void> {
  for (const process of processes) {
    const until = requests + REQUESTS_A_STEP;
    while (requests < until && failures.length === 0) await Bun.sleep(1);
    inRotation.delete(process);
    while ((inFlight.get(process) ?? 0) > 0) await Bun.sleep(1);
    await process.restart(other);
    inRotation.add(process);
  }
  await secondFactor();
}

async function sealAgain(): Promise<number> {
  const sql = postgres(shop.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const cipher = createFieldCipher({ current: NEW.field, previous: OLD.field });
    const rotated = await Promise.all([
      rotateField(sql, cipher, 'shippingAddress'),
      rotateField(sql, cipher, 'totpSecret'),
    ]);
    expect(rotated.flatMap(({ broken }) => broken)).toEqual([]);
    return rotated.reduce((total, { sealed }) => total + sealed, 0);
  } finally {
    await sql.end();
  }
}

test(
  'through every step of every rotation, process by process and under load, no request fails',
  async () => {
    for (const process of processes) inRotation.add(process);
    const load = Promise.allSettled(Array.from({ length: CLIENTS }, client));
    try {
      await secondFactor();
      await roll(KNOWN);
      // Every origin knows it: the edges sign with it from now on.
      edgeSecret = NEW.edge;
      await roll(USED);
      expect(await sealAgain()).toBeGreaterThan(0);
      await roll(FORGOTTEN);
    } finally {
      isOver = true;
    }
    const left = (await load).flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(failures).toEqual([]);
    expect(left).toHaveLength(CLIENTS);
    expect(requests).toBeGreaterThan(6 * REQUESTS_A_STEP);
    expect([...kids].toSorted()).toEqual(
      [OLD, NEW].map(({ access }) => kidOf(JSON.parse(access))).toSorted(),
    );

    // Nobody was logged out; and what is old opens nothing any more.
    for (const { refreshToken } of left) await ask('/auth/refresh', undefined, { refreshToken });
    edgeSecret = OLD.edge;
    expectProblem(await call('/api/v1/carts', { method: 'POST' }), 'edge_required');
  },
  3 * MINUTE_MS,
);
