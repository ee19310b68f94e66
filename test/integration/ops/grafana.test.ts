/** The dashboards for Grafana: they ask for what the processes expose, in expressions that Prometheus takes. */

import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE_MS } from '#lib/clock.ts';
import { METRICS } from '#lib/metrics.ts';
import { CHECKOUT } from '#ops/local/paths.ts';
import { provideTool } from '#ops/local/prometheus-tools.ts';
import { groupingsOf, selectorsOf } from '#test/support/promql.ts';

/** Where promtool is missing it is fetched first. */
setDefaultTimeout(2 * MINUTE_MS);

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

const GRAFANA = join(CHECKOUT, 'ops', 'grafana');
const DATA_SOURCE = 'hotshelf-prometheus';
/** What Prometheus adds of itself. */
const OF_PROMETHEUS: Readonly<Record<string, readonly string[]>> = {
  up: [],
  ALERTS: ['alertstate', 'severity'],
};
const LABELS_OF_TARGETS = ['job', 'instance', 'le'];

const files = ['operations', 'sales'];
const dashboards = await Promise.all(
  files.map(async (name): Promise<Dashboard> => Bun.file(join(GRAFANA, 'dashboards', `${name}.json`)).json()),
);
const expressions = dashboards.flatMap(({ panels, annotations }) => [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...annotations.list.map(({ expr }) => expr),
]);

/** Undefined: nobody exposes it. */
function labelsOf(metric: string): readonly string[] | undefined {
  const known: Readonly<Record<string, { readonly kind: string; readonly labels: readonly string[] }>> =
    METRICS;
  if (metric in OF_PROMETHEUS) return OF_PROMETHEUS[metric];
  const family = metric.replace(/_(bucket|sum|count)$/, '');
  const ofHistogram = known[family]?.kind === 'histogram' && family !== metric ? known[family] : undefined;
  const plain = known[metric]?.kind === 'histogram' ? undefined : known[metric];
  return (plain ?? ofHistogram)?.labels;
}

function overlap(one: Panel['gridPos'], other: Panel['gridPos']): boolean {
  const isBeside = one.x + one.w <= other.x || other.x + other.w <= one.x;
  const isBelow = one.y + one.h <= other.y || other.y + other.h <= one.y;
  return !isBeside && !isBelow;
}

describe('the reader of expressions', () => {
  test('finds every metric, its labels and its groupings', () => {
    const expression =
      '1 - sum by (le, a) (rate(x_total{tier="edge",b=~"5.."}[5m])) / max(y) and on (c) histogram_quantile(0.9, z_bucket)';
    expect(selectorsOf(expression)).toEqual([
      { metric: 'x_total', labels: ['tier', 'b'] },
      { metric: 'y', labels: [] },
      { metric: 'z_bucket', labels: [] },
    ]);
    expect(groupingsOf(expression)).toEqual(['le', 'a']);
  });
});

describe('the dashboards', () => {
  test('ask for metrics of the catalogue alone, by labels that those have', () => {
    const selectors = expressions.flatMap(selectorsOf);
    expect(selectors.length).toBeGreaterThan(50);
    const unknown = selectors.flatMap(({ metric, labels }) => {
      const declared = labelsOf(metric);
      if (declared === undefined) return [metric];
      const allowed = [...declared, ...LABELS_OF_TARGETS];
      return labels.filter((label) => !allowed.includes(label)).map((label) => `${metric}{${label}}`);
    });
    expect(unknown).toEqual([]);
  });

  test('group by labels that all their metrics have', () => {
    const wrong = expressions.flatMap((expression) => {
      const declared = selectorsOf(expression).flatMap(({ metric }) => labelsOf(metric) ?? []);
      return groupingsOf(expression).filter((name) => ![...declared, ...LABELS_OF_TARGETS].includes(name));
    });
    expect(wrong).toEqual([]);
  });

  test('are taken by Prometheus', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hotshelf-grafana-'));
    const rules = expressions.map((expression, index) => ({
      record: `panel:${index}`,
      expr: expression.replaceAll('$__rate_interval', '1m'),
    }));
    const file = join(folder, 'rules.yaml');
    // JSON is YAML.
    await Bun.write(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    const check = Bun.spawn([await provideTool('promtool'), 'check', 'rules', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = `${await check.stdout.text()}${await check.stderr.text()}`;
    await rm(folder, { recursive: true });
    expect(said).toContain(`SUCCESS: ${expressions.length} rules found`);
    expect(await check.exited).toBe(0);
  });

  test('have panels with a title, a unit and our data source, each in a place of its own', () => {
    for (const { panels } of dashboards) {
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      for (const { type, title, fieldConfig, datasource } of panels) {
        expect(title).not.toBe('');
        if (type === 'row') continue;
        expect(fieldConfig?.defaults.unit, title).toBeString();
        expect(datasource?.uid).toBe(DATA_SOURCE);
      }
      const overlapping = panels.flatMap((one, index) =>
        panels.slice(index + 1).filter((other) => overlap(one.gridPos, other.gridPos)),
      );
      expect(overlapping.map(({ title }) => title)).toEqual([]);
    }
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(files.length);
  });

  test('are provisioned from the data source that they name', async () => {
    const read = async (path: string) =>
      Bun.YAML.parse(await Bun.file(join(GRAFANA, 'provisioning', path)).text());
    expect(await read('datasources/hotshelf.yaml')).toMatchObject({
      apiVersion: 1,
      datasources: [{ uid: DATA_SOURCE, type: 'prometheus' }],
    });
    expect(await read('dashboards/hotshelf.yaml')).toMatchObject({
      apiVersion: 1,
      providers: [{ type: 'file', options: { path: expect.any(String) } }],
    });
  });
});
