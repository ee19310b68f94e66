/** What the console says is wrong, of which part, since when, and that it is over. */

import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistry } from '#lib/metric-registry.ts';
import type { Metrics } from '#lib/metrics.ts';
import { diagnose } from '#origin/console/diagnosis.ts';
import { createReader } from '#origin/console/exposition.ts';
import { createIncidents } from '#origin/console/incidents.ts';
import { createMeter } from '#origin/console/meter.ts';
import type { Problem } from '#origin/console/model.ts';
import { sceneOf } from '#origin/console/scene.ts';
import { survey } from '#origin/console/survey.ts';
import { type Checks, followTargets, parseTargets } from '#origin/console/targets.ts';

const parse = createReader();
const TARGETS = parseTargets('edge=http://e,origin=http://o1,origin=http://o2,workers=http://w');
const ALL_UP = { database_primary: 'up', redis: 'up', nats: 'up' } as const satisfies Checks;

interface Told {
  /** By the process's name. */
  readonly checks?: Readonly<Record<string, Checks>>;
  readonly gone?: readonly string[];
  readonly counts?: (metrics: Metrics, name: string) => void;
}

/** Of a shop that was looked at twice, a second apart. */
async function look({ checks = {}, gone = [], counts = () => {} }: Told) {
  const watched = TARGETS.map((target) => ({ target, meter: createMeter(), registry: createRegistry() }));
  for (const atMs of [1_000, 2_000]) {
    for (const { target, meter, registry } of watched) {
      if (atMs > 1_000) counts(registry, target.name);
      meter.take(atMs, parse((await registry.expose()).body));
    }
  }
  const scene = sceneOf(
    2_000,
    watched.map(({ target, meter }) => {
      const isAlive = !gone.includes(target.name);
      if (!isAlive) meter.miss();
      const told = target.kind === 'edge' ? null : (checks[target.name] ?? ALL_UP);
      return {
        target,
        meter,
        isAwaited: false,
        reply: { isAlive, exposition: null, checks: isAlive ? told : null },
      };
    }),
  );
  const seen = survey(scene);
  return { seen, problems: diagnose(scene, seen) };
}

const lacks = (dependency: keyof typeof ALL_UP, ...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { ...ALL_UP, [dependency]: 'down' as const }]));

const EVERYBODY = ['origin 1', 'origin 2', 'workers'];
const requests = (metrics: Metrics, status: string, times: number, seconds = 0.01) => {
  const labels = {
    http_request_method: 'GET',
    http_route: '/api/v1/search',
    http_response_status_code: status,
  };
  for (let time = 0; time < times; time += 1) {
    metrics.observe('http_server_request_duration_seconds', labels, seconds);
  }
};

describe('of a shop', () => {
  test('that is well, nothing is said', async () => {
    const { problems, seen } = await look({});
    expect(problems).toEqual([]);
    expect(seen.parts.redis).toMatchObject({ state: 'ok', says: 'answers' });
    expect(seen.parts.origin.says).toBe('all 2 answer');
  });

  test.each<[string, Told, Partial<Problem>]>([
    [
      'whose Redis nobody reaches',
      { checks: lacks('redis', ...EVERYBODY) },
      { part: 'redis', state: 'down', what: 'Redis does not answer', effect: 'reads go on, slower' },
    ],
    [
      'whose Redis one process does not reach',
      { checks: lacks('redis', 'origin 2') },
      { part: 'redis', state: 'degraded', what: 'Some processes do not reach Redis' },
    ],
    [
      'whose NATS is gone',
      { checks: lacks('nats', ...EVERYBODY) },
      { part: 'nats', state: 'down', what: 'NATS does not answer' },
    ],
    [
      'whose database is gone',
      { checks: lacks('database_primary', ...EVERYBODY) },
      { part: 'primary', state: 'down', what: 'The Postgres primary does not answer' },
    ],
    [
      'one of whose origins is gone',
      { gone: ['origin 2'] },
      { part: 'origin', state: 'degraded', what: 'Some origins do not answer' },
    ],
    ['without workers', { gone: ['workers'] }, { part: 'workers', state: 'down' }],
    ['without its edge', { gone: ['edge'] }, { part: 'edge', state: 'down', effect: 'shoppers get nothing' }],
    [
      'whose Stripe is given up on',
      { counts: (metrics) => metrics.gauge('circuit_open', { dependency: 'stripe' }, 1) },
      { part: 'stripe', state: 'down', what: 'Stripe does not answer' },
    ],
    [
      'whose mails all fail',
      {
        counts: (metrics, name) => {
          if (name !== 'workers') return;
          metrics.count('messages_handled_total', { consumer: 'email', outcome: 'retried' });
        },
      },
      { part: 'smtp', state: 'down', what: 'The mail server takes no mails' },
    ],
    [
      'one of whose replicas is out',
      {
        counts: (metrics) => {
          metrics.gauge('database_replica_healthy', { role: 'general', replica: '1' }, 0);
          metrics.gauge('database_replica_healthy', { role: 'general', replica: '2' }, 1);
        },
      },
      { part: 'replicas', state: 'degraded', what: 'Some replicas are out' },
    ],
    [
      'in which one request in ten fails',
      {
        counts: (metrics, name) => {
          if (name !== 'edge') return;
          requests(metrics, '200', 90);
          requests(metrics, '500', 10);
        },
      },
      { id: 'errors', state: 'down', what: 'More than 5 % of requests fail' },
    ],
    [
      'which is slow',
      { counts: (metrics, name) => (name === 'origin 1' ? requests(metrics, '200', 50, 4) : undefined) },
      { id: 'slow', state: 'degraded' },
    ],
    [
      'whose outbox is behind',
      {
        counts: (metrics, name) => {
          if (name === 'workers') metrics.gauge('outbox_oldest_age_seconds', {}, 90);
        },
      },
      { id: 'late-outbox', what: 'The outbox is more than a minute behind' },
    ],
    [
      'with messages that nobody could handle',
      {
        counts: (metrics, name) => {
          if (name === 'workers') metrics.gauge('dead_letters', { consumer: 'email' }, 2);
        },
      },
      { id: 'parked-email', effect: 'npm run dead-letters -- list shows them' },
    ],
  ])('%s, that is said', async (_what, told, expected) => {
    const { problems, seen } = await look(told);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject(expected);
    if (expected.part !== undefined && expected.state !== undefined) {
      expect(seen.parts[expected.part].state).toBe(expected.state);
    }
  });

  test('with several troubles, what is down comes before what is so in part', async () => {
    const { problems } = await look({ gone: ['origin 2'], checks: lacks('redis', 'origin 1', 'workers') });
    expect(problems.map(({ part }) => part)).toEqual(['redis', 'origin']);
  });
});

describe('the time', () => {
  const problem: Problem = { id: 'redis', part: 'redis', state: 'down', what: 'Redis is gone', effect: '' };

  test('since when something is wrong is when it was seen first, once it is sure', () => {
    const incidents = createIncidents();
    incidents.note(1_000, []);
    incidents.note(2_000, [problem]);
    expect(incidents.now()).toEqual([]);
    incidents.note(3_000, [problem]);
    incidents.note(4_000, [problem]);
    expect(incidents.now()).toEqual([{ ...problem, sinceMs: 2_000, untilMs: null, isOlder: false }]);
  });

  test('of an end is when it was missed first; a moment without is no end', () => {
    const incidents = createIncidents();
    incidents.note(0, []);
    for (const atMs of [1_000, 2_000]) incidents.note(atMs, [problem]);
    incidents.note(3_000, []);
    expect(incidents.now()).toHaveLength(1);
    incidents.note(4_000, [problem]);
    expect(incidents.now()).toMatchObject([{ sinceMs: 1_000, untilMs: null }]);
    incidents.note(5_000, []);
    incidents.note(6_000, []);
    expect(incidents.now()).toEqual([]);
    expect(incidents.ended()).toEqual([{ ...problem, sinceMs: 1_000, untilMs: 5_000, isOlder: false }]);
  });

  test('of what was wrong from the first look on is said to be older', () => {
    const incidents = createIncidents();
    for (const atMs of [1_000, 2_000]) incidents.note(atMs, [problem]);
    expect(incidents.now()).toMatchObject([{ isOlder: true }]);
  });

  test('does not begin anew when it grows worse, and the worst is remembered', () => {
    const incidents = createIncidents();
    const mild: Problem = { ...problem, state: 'degraded', what: 'Redis is half gone' };
    incidents.note(0, []);
    for (const [index, each] of [mild, problem, problem, mild].entries())
      incidents.note(1_000 + index, [each]);
    expect(incidents.now()).toMatchObject([{ sinceMs: 1_000, what: 'Redis is half gone' }]);
    for (const atMs of [2_000, 3_000]) incidents.note(atMs, []);
    expect(incidents.ended()).toMatchObject([{ sinceMs: 1_000, untilMs: 2_000, what: 'Redis is gone' }]);
  });

  test('one glitch is never told, and no more than the last twenty are kept', () => {
    const incidents = createIncidents();
    incidents.note(0, []);
    incidents.note(1, [problem]);
    for (const atMs of [2, 3]) incidents.note(atMs, []);
    expect(incidents.ended()).toEqual([]);
    for (let round = 1; round <= 30; round += 1) {
      for (const step of [0, 1]) incidents.note(round * 10 + step, [problem]);
      for (const step of [2, 3]) incidents.note(round * 10 + step, []);
    }
    expect(incidents.ended()).toHaveLength(20);
    expect(incidents.ended()[0]).toMatchObject({ sinceMs: 300 });
  });
});

describe('the list of targets', () => {
  test('goes on in a file, which is read again each time; a bad one changes nothing', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'hotshelf-targets-')), 'targets');
    const targets = followTargets('workers=http://a', file);
    const names = async () => (await targets()).map(({ name, url }) => `${name} ${url}`);
    expect(await names()).toEqual(['workers http://a']);
    await Bun.write(file, 'workers=http://b\nworkers=http://c\n');
    expect(await names()).toEqual(['workers 1 http://a', 'workers 2 http://b', 'workers 3 http://c']);
    await Bun.write(file, 'workers=htt');
    expect(await names()).toHaveLength(3);
    await Bun.write(file, '');
    expect(await names()).toEqual(['workers http://a']);
    await rm(file);
  });

  test('names those of a kind by numbers', () => {
    expect(TARGETS.map(({ name }) => name)).toEqual(['edge', 'origin 1', 'origin 2', 'workers']);
    expect(parseTargets(' origin=https://shop.example/ , ')).toEqual([
      { kind: 'origin', name: 'origin', url: 'https://shop.example' },
    ]);
  });

  test.each([
    'origin',
    'origin=',
    'origin=shop',
    'database=http://x',
    'origin=file:///etc/passwd',
    'http://x',
  ])('refuses %s', (list) => {
    expect(() => parseTargets(list)).toThrow('OPS_TARGETS');
  });
});
