/** What operators and orchestrators ask of a process, and what strangers learn of it. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { EDGE_PROOF_HEADER } from '#lib/edge-contract.ts';
import { createRegistry } from '#lib/metric-registry.ts';
import { createVitals } from '#origin/adapters/vitals.ts';
import { createProbes } from '#origin/health/service.ts';
import { eventually } from '#test/support/eventually.ts';
import { edgePass, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';

const TOKEN = 'a-token-of-operators-of-enough-characters';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
  await eventually('redis is there', () =>
    shop.deps.sharedCache.ping().then(
      () => true,
      () => false,
    ),
  );
});
afterAll(async () => {
  await shop.close();
});

const ask = (path: string, headers: Record<string, string> = {}, fetch = shop.fetch) =>
  fetch(new Request(`http://localhost${path}`, { headers }));
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('without a token of operators', () => {
  test('what comes through the edge is a stranger’s: no metrics, and of health the status alone', async () => {
    expect((await ask('/metrics', edgePass())).status).toBe(401);
    expect((await ask('/metrics', { [EDGE_PROOF_HEADER]: 'a guess' })).status).toBe(401);
    const health = await ask('/health', edgePass());
    expect(await health.json()).toEqual({ status: 'ok' });
  });

  test('what comes from the machine itself is an operator’s', async () => {
    expect((await ask('/metrics')).status).toBe(200);
    expect(await (await ask('/health')).json()).toMatchObject({ checks: expect.any(Array) });
  });
});

describe('with a token of operators', () => {
  test.each([{}, bearer(''), bearer(`${TOKEN}x`), bearer(TOKEN.slice(1)), { authorization: TOKEN }])(
    '%o opens nothing, around the edge or through it',
    async (headers) => {
      const { fetch } = shop.beside({}, { OPERATOR_TOKEN: TOKEN });
      for (const proof of [{}, edgePass()]) {
        expect((await ask('/metrics', { ...headers, ...proof }, fetch)).status).toBe(401);
        expect(await (await ask('/health', { ...headers, ...proof }, fetch)).json()).toEqual({
          status: 'ok',
        });
      }
    },
  );

  test('it opens both', async () => {
    const { fetch } = shop.beside({}, { OPERATOR_TOKEN: TOKEN });
    expect((await ask('/metrics', bearer(TOKEN), fetch)).status).toBe(200);
    const { checks } = (await (await ask('/health', bearer(TOKEN), fetch)).json()) as {
      checks: readonly { name: string; status: string; durationMs: number }[];
    };
    expect(checks.map(({ name }) => name)).toEqual([
      'database_primary',
      ...['general', 'search', 'analytics', 'reporting'].map((role) => `database_${role}`),
      ...['redis', 'nats', 'jetstream', 'disk', 'memory'],
    ]);
    for (const { status, durationMs } of checks) {
      expect(status).toBe('up');
      expect(durationMs).toBeNumber();
    }
  });
});

describe('health', () => {
  test('looks once, however many ask at once, and again when that is half a second old', async () => {
    let looks = 0;
    const { fetch } = shop.beside({
      sharedCache: {
        ...shop.deps.sharedCache,
        ping: async () => {
          looks += 1;
        },
      },
    });
    await Promise.all(Array.from({ length: 50 }, () => ask('/health', {}, fetch)));
    expect(looks).toBe(1);
    await eventually('it looks again', async () => {
      await ask('/health', {}, fetch);
      return looks > 1;
    });
    expect(looks).toBe(2);
  });

  test('a check that hangs is down after its time, and holds up no other', async () => {
    const { fetch } = shop.beside({
      sharedCache: { ...shop.deps.sharedCache, ping: () => new Promise<void>(() => {}) },
    });
    const health = (await (await ask('/health', {}, fetch)).json()) as {
      status: string;
      checks: readonly { name: string; status: string }[];
    };
    expect(health.status).toBe('degraded');
    expect(health.checks.filter(({ status }) => status === 'down').map(({ name }) => name)).toEqual([
      'redis',
    ]);
  });
});

test('an exposition tells at once of what is gone, whatever else hangs, and later of that, too', async () => {
  const metrics = createRegistry();
  createProbes({
    ...shop.deps,
    metrics,
    sharedCache: { ...shop.deps.sharedCache, ping: () => Promise.reject(new Error('gone')) },
    bus: { ...shop.deps.bus, ping: () => new Promise<void>(() => {}) },
  });
  const { body } = await metrics.expose();
  expect(body).toContain('dependency_up{dependency="redis"} 0\n');
  expect(body).toContain('dependency_up{dependency="database_primary"} 1\n');
  expect(body).not.toContain('dependency_up{dependency="nats"}');
  await eventually('the other is told of', async () =>
    (await metrics.expose()).body.includes('dependency_up{dependency="nats"} 0\n'),
  );
});

describe('traffic', () => {
  test('may come once the database has answered, also when it is gone again, and not while draining', async () => {
    let isThere = false;
    const down = { execute: () => Promise.reject(new Error('gone')) } as unknown as typeof shop.deps.db;
    const vitals = createVitals(shop.deps.metrics);
    const deps = { ...shop.deps, vitals };
    const db = new Proxy(deps.db, {
      get: (target, name) => Reflect.get(isThere ? target : down, name),
    });
    const probes = createProbes({ ...deps, db });
    expect(await probes.isReady()).toBeFalse();
    isThere = true;
    await eventually('it is ready', () => probes.isReady());
    isThere = false;
    await eventually('health is down', async () => (await probes.health()).status === 'down');
    expect(await probes.isReady()).toBeTrue();
    vitals.drain();
    expect(await probes.isReady()).toBeFalse();
    vitals.stop();
  });
});

describe('a process gets on', () => {
  const probesAt = (clock: { nowMs: number }) => {
    const vitals = createVitals(shop.deps.metrics, () => clock.nowMs);
    return { vitals, probes: createProbes({ ...shop.deps, vitals }) };
  };

  test('until something has been in hand for three minutes, and again when that has ended', () => {
    const clock = { nowMs: 0 };
    const { vitals, probes } = probesAt(clock);
    const email = vitals.begin('the consumer email');
    clock.nowMs = 179_000;
    vitals.begin('the consumer inventory');
    expect(probes.heldUpBy()).toBeNull();
    clock.nowMs = 180_000;
    expect(probes.heldUpBy()).toBe('the consumer email');
    email.ended();
    expect(probes.heldUpBy()).toBeNull();
    vitals.stop();
  });

  test('while its work goes on, or waits for its turn', () => {
    const clock = { nowMs: 0 };
    const { vitals, probes } = probesAt(clock);
    const email = vitals.begin('the consumer email');
    const rules = vitals.begin('the consumer category-rules');
    email.waits();
    clock.nowMs = 179_000;
    rules.goesOn();
    clock.nowMs = 358_000;
    expect(probes.heldUpBy()).toBeNull();
    email.goesOn();
    clock.nowMs = 359_000;
    expect(probes.heldUpBy()).toBe('the consumer category-rules');
    rules.ended();
    clock.nowMs = 538_000;
    expect(probes.heldUpBy()).toBe('the consumer email');
    email.ended();
    // What it shared with others goes on without it.
    email.goesOn();
    expect(vitals.oldest()).toBeNull();
    vitals.stop();
  });

  test('unless its event loop is seconds late', async () => {
    const clock = { nowMs: 0 };
    const { vitals, probes } = probesAt(clock);
    clock.nowMs = 6_000;
    await eventually('it is late', () => probes.heldUpBy() === 'the event loop');
    await eventually('it is on time again', () => probes.heldUpBy() === null);
    vitals.stop();
  });
});
