/** The drills of the alerts: what they wait for is what ships. */

import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { DRILLS, FOLLOWERS } from '#bench/alerts/drills.ts';

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly for?: string }[];
  }[];
}

const { groups } = Bun.YAML.parse(readFileSync('ops/prometheus/rules/alerts.yml', 'utf8')) as Rules;
const shipped = new Map(groups.flatMap(({ rules }) => rules.map((rule) => [rule.alert, rule] as const)));

test('every alert that a drill waits for, or bears, is a rule', () => {
  const wanted = Object.values(DRILLS).flatMap(({ alerts }) => alerts.map(({ name }) => name));
  for (const name of [...wanted, ...FOLLOWERS]) expect(shipped.has(name)).toBeTrue();
});

test('every alert for something that is down has its drill', () => {
  const wanted = new Set<string>(
    Object.values(DRILLS).flatMap(({ alerts }) => alerts.map(({ name }) => name)),
  );
  const down = [...shipped.keys()].filter((name) => name.endsWith('Down'));
  expect(down.filter((name) => !wanted.has(name))).toEqual([]);
  expect(down).toHaveLength(7);
});
