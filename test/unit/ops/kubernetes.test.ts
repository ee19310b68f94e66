/** The manifests in ops/kubernetes: they scale as the table says, and every process is configured, probed and fenced in. */

import { describe, expect, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DATABASE_ROLES } from '#db/role-grants.ts';
import { roleNameOf } from '#db/roles.ts';
import { present } from '#lib/assert.ts';
import { EVENT_STREAM } from '#lib/events.ts';
import { METRICS } from '#lib/metrics.ts';
import { REQUEST_LIMITS } from '#lib/policies.ts';
import { CHECKOUT } from '#ops/local/paths.ts';
import { makeSigningKey } from '#ops/local/secrets.ts';
import { readOriginConfig } from '#origin/config.ts';
import { groupsOf, readWorkersConfig } from '#workers/config.ts';
import { SCALED_GROUPS, type ScaledGroup, WORKERS_GROUPS } from '#workers/groups.ts';
import { SCALING, type ScalingRule } from '#workers/scaling.ts';

const FOLDER = join(CHECKOUT, 'ops', 'kubernetes');

// biome-ignore lint/suspicious/noExplicitAny: a manifest is read by the shape that the test expects and asserts.
type Manifest = any;

const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml'));
const manifests: readonly Manifest[] = (
  await Promise.all(files.map(async (name) => Bun.YAML.parse(await Bun.file(join(FOLDER, name)).text())))
).flat();

function find(kind: string, name: string): Manifest {
  const found = manifests.find((each) => each.kind === kind && each.metadata?.name === name);
  return present(found, `the ${kind} ${name}`);
}

const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
const settings: Record<string, string> = find('ConfigMap', 'hotshelf').data;

function container(deployment: Manifest): Manifest {
  return deployment.spec.template.spec.containers[0];
}

function environmentOf(deployment: Manifest): Record<string, string> {
  const own = (container(deployment).env ?? []) as { name: string; value: string }[];
  return { ...settings, ...Object.fromEntries(own.map(({ name, value }) => [name, value])) };
}

test('every file is listed, and nothing else', () => {
  const listed = manifests.find(({ kind }) => kind === 'Kustomization').resources;
  expect(listed.toSorted()).toEqual(files.filter((name) => name !== 'kustomization.yaml').toSorted());
});

/** The table as KEDA's formula spells it. */
function formulaOf({ steps }: ScalingRule, reading: string): string {
  return steps.slice(1).reduce((below, { from, processes }) => {
    const inner = below.includes('?') ? `(${below})` : below;
    return `${reading} >= ${from} ? ${processes} : ${inner}`;
  }, String(steps[0]?.processes));
}

test.each(Object.keys(SCALING) as ScaledGroup[])('KEDA scales the workers for %s by the table', (group) => {
  const rule = SCALING[group];
  const { spec } = find('ScaledObject', `workers-${group}`);
  const names = spec.triggers.map(({ name }: Manifest) => name);
  expect(spec.scaleTargetRef.name).toBe(`workers-${group}`);
  expect(spec.minReplicaCount).toBe(rule.steps[0]?.processes);
  expect(spec.maxReplicaCount).toBe(rule.steps.at(-1)?.processes);
  expect(spec.advanced.scalingModifiers).toEqual({
    formula: formulaOf(rule, names.join(' + ')),
    target: '1',
    metricType: 'AverageValue',
  });
  const { scaleUp, scaleDown } = spec.advanced.horizontalPodAutoscalerConfig.behavior;
  expect(scaleUp.stabilizationWindowSeconds).toBe(0);
  expect(scaleDown.stabilizationWindowSeconds).toBe(rule.holdMs / 1_000);
});

test('the email workers are counted by every queue of their group, the inventory workers by the orders of an hour', () => {
  const queues = find('ScaledObject', 'workers-email').spec.triggers.map(
    ({ metadata }: Manifest) => metadata,
  );
  expect(queues.map(({ consumer }: Manifest) => consumer)).toEqual([...SCALED_GROUPS.email]);
  expect(queues.every(({ stream }: Manifest) => stream === EVENT_STREAM)).toBe(true);
  const [{ metadata }] = find('ScaledObject', 'workers-inventory').spec.triggers;
  const metric = present(/\((\w+)\[1h\]/.exec(metadata.query)?.[1], 'the metric of the query');
  expect(Object.keys(METRICS)).toContain(metric);
});

test('the origin is 2 to 20 processes, by their load on the processor', () => {
  const { spec } = find('HorizontalPodAutoscaler', 'origin');
  expect([spec.minReplicas, spec.maxReplicas]).toEqual([2, 20]);
  expect(spec.metrics[0].resource.target).toEqual({ type: 'Utilization', averageUtilization: 70 });
  expect(find('Deployment', 'origin').spec.replicas).toBeUndefined();
});

test('an origin that ends is left to answer the last write that it took', () => {
  const deployment = find('Deployment', 'origin');
  const { DRAIN_SECONDS } = readOriginConfig({
    ...environmentOf(deployment),
    ...SECRETS,
    ...ORIGIN_SECRETS,
  });
  const { drainMs, writeMs } = REQUEST_LIMITS;
  expect(drainMs).toBeGreaterThan(writeMs);
  const untilDrained =
    container(deployment).lifecycle.preStop.sleep.seconds + DRAIN_SECONDS + drainMs / 1_000;
  expect(deployment.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(untilDrained);
});

test('an origin has room for itself and for three pictures, the largest that are taken, in its memory', () => {
  const { requests, limits } = container(find('Deployment', 'origin')).resources;
  const mebibytes = (said: string) => Number.parseInt(said, 10) * (said.endsWith('Gi') ? 1_024 : 1);
  expect(mebibytes(limits.memory)).toBeGreaterThan(mebibytes(requests.memory) + 3 * 800);
});

const SECRET = 's'.repeat(32);
/** What kustomization.yaml says that the secrets hold. */
const SECRETS = {
  DATABASE_URL: 'postgres://localhost/shop',
  REDIS_URL: 'redis://localhost',
  NATS_URL: 'nats://localhost',
  STRIPE_SECRET_KEY: 'sk_test_x',
  STRIPE_WEBHOOK_SECRET: 'whsec_x',
  QUOTE_SECRET: SECRET,
  FIELD_KEY: '42'.repeat(32),
  OPERATOR_TOKEN: SECRET,
};
const ORIGIN_SECRETS = { EDGE_SECRET: SECRET, ACCESS_TOKEN_KEY: makeSigningKey() };
const WORKERS_SECRETS = { SMTP_URL: 'smtps://localhost', EDGE_PURGE_SECRET: SECRET };

test('the secrets that kustomization.yaml names and the settings are all that a process asks for', async () => {
  const origin = { ...environmentOf(find('Deployment', 'origin')), ...SECRETS, ...ORIGIN_SECRETS };
  expect(readOriginConfig(origin).ORIGIN_HOST).toBe('0.0.0.0');
  const said = await Bun.file(join(FOLDER, 'kustomization.yaml')).text();
  for (const name of Object.keys({ ...SECRETS, ...ORIGIN_SECRETS, ...WORKERS_SECRETS })) {
    expect(said).toContain(name);
  }
});

test.each([...WORKERS_GROUPS])('the Deployment workers-%s runs that group alone', (group) => {
  const environment = environmentOf(find('Deployment', `workers-${group}`));
  const config = readWorkersConfig({ ...environment, ...SECRETS, ...WORKERS_SECRETS });
  expect(groupsOf(config)).toEqual([group]);
  expect(config.WORKERS_HOST).toBe('0.0.0.0');
});

describe.each(deployments.map((each) => [each.metadata.name, each] as const))('%s', (name, deployment) => {
  const { spec } = deployment.spec.template;
  const labels = deployment.spec.template.metadata.labels;

  test('is the one whom its selector, its budget and its network policies mean', () => {
    expect(labels).toMatchObject({ 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'hotshelf' });
    expect(deployment.spec.selector.matchLabels).toEqual({ 'app.kubernetes.io/name': name });
    const budget = find('PodDisruptionBudget', name).spec;
    expect(budget).toEqual({ maxUnavailable: 1, selector: deployment.spec.selector });
    const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy');
    expect(policies.filter((policy) => selects(policy.spec.podSelector, labels)).length).toBeGreaterThan(2);
  });

  test('is asked whether it is ready and alive, at its own port, and has time to end', () => {
    const { startupProbe, readinessProbe, livenessProbe, ports } = container(deployment);
    expect(startupProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
    expect(readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
    expect(livenessProbe.httpGet).toEqual({ path: '/livez', port: 'http' });
    expect(ports).toEqual([{ name: 'http', containerPort: name === 'origin' ? 3_000 : 3_001 }]);
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(15);
  });

  test('is nobody of importance, on a root that it cannot write', () => {
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(container(deployment).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container(deployment).resources.limits.memory).toBeDefined();
  });
});

test('a release migrates, then gives the roles what they need, as the owner, who is seen nowhere else', async () => {
  const job = find('Job', 'migration');
  const { initContainers, containers, ...pod } = job.spec.template.spec;
  const steps: readonly Manifest[] = [...initContainers, ...containers];
  expect(steps.map(({ command }) => command)).toEqual([
    ['bun', 'db/migrate.ts'],
    ['bun', 'db/roles.ts'],
  ]);
  expect(pod).toMatchObject({ restartPolicy: 'Never', automountServiceAccountToken: false });
  expect(pod.securityContext).toEqual(find('Deployment', 'origin').spec.template.spec.securityContext);
  for (const step of steps) {
    expect(step.image).toBe('hotshelf');
    expect(step.envFrom).toEqual([{ secretRef: { name: 'hotshelf-owner' } }]);
    expect(step.securityContext).toEqual(container(find('Deployment', 'origin')).securityContext);
  }
  expect(JSON.stringify(deployments)).not.toContain('hotshelf-owner');

  // `kubectl apply -l` takes what has the label, so that it can go before the rest.
  const { labels } = job.metadata;
  const first = manifests.filter(({ metadata }) => Bun.deepEquals(metadata?.labels, labels));
  expect(first.map(({ kind }) => kind).toSorted()).toEqual(['Job', 'NetworkPolicy']);
  expect(labels).toEqual(job.spec.template.metadata.labels);
  const said = await Bun.file(join(FOLDER, 'kustomization.yaml')).text();
  expect(said).toContain(`-l app.kubernetes.io/name=${labels['app.kubernetes.io/name']}`);

  for (const role of DATABASE_ROLES) expect(said).toContain(`DATABASE_PASSWORD_${role.toUpperCase()}`);
  for (const role of ['origin', 'workers'] as const) expect(said).toContain(roleNameOf(role));
});

function selects({ matchLabels, matchExpressions }: Manifest, labels: Record<string, string>): boolean {
  const wanted = Object.entries(matchLabels ?? {});
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    (matchExpressions ?? []).every(({ key, values }: Manifest) => values.includes(labels[key]))
  );
}
