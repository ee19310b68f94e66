/** The alerts: they fire when they should and are silent otherwise, reach whom they should, and each has its page. */

import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS } from '#lib/metrics.ts';
import { runCommand } from '#ops/local/commands.ts';
import { provideTool } from '#ops/local/prometheus-tools.ts';

/** Where the tools are not on the machine, they are fetched. */
const TEST_TIMEOUT_MS = 300_000;
setDefaultTimeout(TEST_TIMEOUT_MS);
/** Months are played through. */
const COMMAND_TIMEOUT_MS = 240_000;

const PROMETHEUS = 'ops/prometheus';
const ALERTMANAGER = 'ops/alertmanager/alertmanager.yml';
const RUNBOOKS = 'ops/runbooks';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface AlertCase {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}

function readYaml<T>(path: string): T {
  return Bun.YAML.parse(readFileSync(path, 'utf8')) as T;
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(PROMETHEUS, folder)).map((name) => join(PROMETHEUS, folder, name));
}

const RULES = filesIn('rules').flatMap((file) =>
  readYaml<{ readonly groups: readonly { readonly rules: readonly Rule[] }[] }>(file).groups.flatMap(
    ({ rules }) => rules,
  ),
);
const ALERTS = RULES.flatMap(({ alert, ...rule }) => (alert === undefined ? [] : [{ ...rule, name: alert }]));
const CASES = filesIn('tests').flatMap((file) =>
  readYaml<{ readonly tests: readonly { readonly alert_rule_test: readonly AlertCase[] }[] }>(
    file,
  ).tests.flatMap((one) => one.alert_rule_test),
);

let promtool: string;
let amtool: string;
beforeAll(async () => {
  promtool = await provideTool('promtool');
  amtool = await provideTool('amtool');
});

async function passes(command: readonly string[]): Promise<void> {
  const { succeeded, output } = await runCommand(command, { timeoutMs: COMMAND_TIMEOUT_MS });
  expect(succeeded ? '' : output).toBe('');
}

describe('Prometheus', () => {
  test('takes the rules and the configuration', async () => {
    await passes([promtool, 'check', 'rules', ...filesIn('rules')]);
    await passes([promtool, 'check', 'config', '--syntax-only', join(PROMETHEUS, 'prometheus.yml')]);
  });

  test.each(filesIn('tests'))('fires as %s says', async (file) => {
    await passes([promtool, 'test', 'rules', file]);
  });

  test('asks only for metrics that the shop has', () => {
    const known = new Set<string>(['up', ...RULES.flatMap(({ record }) => record ?? [])]);
    for (const [name, { kind }] of Object.entries(METRICS)) {
      known.add(name);
      if (kind === 'histogram') for (const part of ['bucket', 'count', 'sum']) known.add(`${name}_${part}`);
    }
    const asked = RULES.flatMap(({ expr }) => namesIn(expr));
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
    expect(asked.length).toBeGreaterThan(ALERTS.length);
  });
});

describe('a selector', () => {
  const PROMETHEUS_OWN = ['job', 'instance', 'le'];
  const PARTS = /^(\w+?)(?:_bucket|_count|_sum)?$/;

  test('asks only for labels that its metric has', () => {
    const selectors = RULES.flatMap(({ expr }) => [...expr.matchAll(/([a-z_][\w:]*)\{([^}]*)\}/g)]);
    const wrong = selectors.flatMap(([selector, series = '', inner = '']) => {
      const metric = Object.entries(METRICS).find(
        ([name]) => name === series || name === PARTS.exec(series)?.[1],
      );
      // Of what is recorded, and of `up`, the rules' own tests tell.
      if (metric === undefined) return [];
      const known: readonly string[] = [...metric[1].labels, ...PROMETHEUS_OWN];
      const asked = [...inner.replace(/"[^"]*"/g, '').matchAll(/\w+/g)].map(([label]) => label);
      return asked.every((label) => known.includes(label)) ? [] : [selector];
    });
    expect(wrong).toEqual([]);
    expect(selectors.length).toBeGreaterThan(10);
  });
});

/** Names of series: what stands in front of a selector or a range, or alone, and is no function, keyword or label. */
function namesIn(expression: string): readonly string[] {
  const bare = expression
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replace(/\b(?:by|on|without|ignoring)\s*\([^)]*\)/g, '')
    .replace(/\boffset\s+\w+/g, '');
  return [...bare.matchAll(/(?<![\w:.])[a-z_][\w:]*(?!\s*\(|[\w:])/g)]
    .map(([name]) => name)
    .filter((name) => !['and', 'or', 'unless', 'bool'].includes(name));
}

describe('each alert', () => {
  test.each(ALERTS)('$name is tried firing, and silent', ({ name }) => {
    const own = CASES.filter(({ alertname }) => alertname === name);
    expect(own.some((one) => one.exp_alerts.length > 0)).toBeTrue();
    // The dead man's switch is never silent.
    if (name !== 'Heartbeat') expect(own.some((one) => one.exp_alerts.length === 0)).toBeTrue();
  });

  test.each(ALERTS)('$name says what is wrong, what the shopper sees, and what to do', (alert) => {
    const { summary, shopper, runbook = '' } = alert.annotations ?? {};
    expect([summary, shopper]).not.toContain(undefined);
    expect(readFileSync(runbook, 'utf8').split('\n')[0]).toContain(alert.name);
    expect(['page', 'ticket', 'none']).toContain(alert.labels?.['severity'] ?? '');
  });

  test('is the only reason for a page', () => {
    const pages = readdirSync(RUNBOOKS).map((name) => join(RUNBOOKS, name));
    expect(pages.toSorted()).toEqual(
      [...new Set(ALERTS.map(({ annotations }) => annotations?.['runbook'] ?? ''))].toSorted(),
    );
  });
});

test('a page names only commands that there are', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const asked = readdirSync(RUNBOOKS).flatMap((name) => {
    const page = readFileSync(join(RUNBOOKS, name), 'utf8');
    return [...page.matchAll(/npm run ([\w:-]+)/g)].map(([, script = '']) => script);
  });
  expect(asked.filter((script) => !(script in scripts))).toEqual([]);
  expect(asked).toContain('policies');
});

test('one token opens the metrics of every process', () => {
  const { scrape_configs: jobs } = readYaml<{
    readonly scrape_configs: readonly {
      readonly job_name: string;
      readonly authorization: { readonly credentials_file: string };
    }[];
  }>(join(PROMETHEUS, 'prometheus.yml'));
  expect(jobs.map((job) => job.job_name)).toEqual(['origin', 'workers', 'edge']);
  expect(new Set(jobs.map((job) => job.authorization.credentials_file)).size).toBe(1);
});

describe('Alertmanager', () => {
  test('takes its configuration', async () => {
    await passes([amtool, 'check-config', ALERTMANAGER]);
  });

  test.each([
    ['pager', ['alertname=PostgresDown', 'severity=page', 'part=postgres']],
    ['pager', ['alertname=PaymentStranded', 'severity=page', 'part=shop', 'area=money']],
    ['tickets', ['alertname=RedisDown', 'severity=ticket', 'part=redis']],
    ['pager', ['alertname=WebhooksRefused', 'severity=page', 'part=webhooks', 'area=money']],
    ['tickets', ['alertname=SomethingNew']],
    ['heartbeat', ['alertname=Heartbeat', 'severity=none', 'part=monitoring']],
  ])('sends to %s: %p', async (receiver, labels) => {
    await passes([
      ...[amtool, 'config', 'routes', 'test', `--config.file=${ALERTMANAGER}`],
      ...[`--verify.receivers=${receiver}`, ...labels],
    ]);
  });

  test.each(['AllOriginsDown', 'PostgresDown', 'WorkersDown', 'NatsDown'])(
    'keeps quiet about orders while %s says why none are seen',
    (cause) => {
      const { inhibit_rules: rules } = readYaml<{
        readonly inhibit_rules: readonly {
          readonly source_matchers: readonly string[];
          readonly target_matchers: readonly string[];
        }[];
      }>(ALERTMANAGER);
      const names = (matchers: readonly string[]) =>
        /^alertname=~?"(.*)"$/.exec(matchers.length === 1 ? (matchers[0] ?? '') : '')?.[1]?.split('|') ?? [];
      const ofCause = rules.filter(({ source_matchers: source }) => names(source).includes(cause));
      expect(ofCause.flatMap(({ target_matchers: target }) => names(target))).toContain('OrdersFellOff');
    },
  );

  test('knows a receiver for every severity', () => {
    const severities = new Set(ALERTS.map(({ labels }) => labels?.['severity']));
    expect([...severities].toSorted()).toEqual(['none', 'page', 'ticket']);
  });
});
