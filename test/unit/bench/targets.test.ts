/** When a target is held, and what a run says of it. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { judge, type Outcomes, TARGET_IDS, TARGETS } from '#bench/read/targets.ts';
import { figureOf } from '#bench/statistics.ts';
import { exitCodeOf, lineOf } from '#bench/targets.ts';

/** Every target exactly at its value. */
function atTheEdge(): Outcomes {
  return Object.fromEntries(TARGET_IDS.map((id) => [id, { figure: figureOf([TARGETS[id].value]) }]));
}

test('a figure that is exactly the target holds it, whichever way it is bound', () => {
  expect(judge(atTheEdge()).map(({ verdict }) => verdict)).toEqual(TARGET_IDS.map(() => 'held'));
});

test('a figure is held on one side of the target and short on the other', () => {
  const away = fc.double({ min: 0.001, max: 1_000, noNaN: true });
  fc.assert(
    fc.property(fc.constantFrom(...TARGET_IDS), away, (id, distance) => {
      const { bound, value } = TARGETS[id];
      const verdictAt = (figure: number) =>
        judge({ [id]: { figure: figureOf([figure]) } }).find((line) => line.id === id)?.verdict;
      expect(verdictAt(value + distance)).toBe(bound === 'at least' ? 'held' : 'short');
      expect(verdictAt(value - distance)).toBe(bound === 'at least' ? 'short' : 'held');
    }),
  );
});

test('the median decides, not the best round', () => {
  const [line] = judge({ originHotRate: { figure: figureOf([0.99, 0.8, 0.7]) } });
  expect(line?.verdict).toBe('short');
});

test('a figure that is no number holds nothing', () => {
  for (const id of TARGET_IDS) {
    const outcomes = { [id]: { figure: figureOf([Number.NaN]) } };
    expect(judge(outcomes).find((line) => line.id === id)?.verdict).toBe('short');
  }
});

test('what was not measured is not held, and says why', () => {
  const lines = judge({ redisRate: { missing: 'the switch is not there' } });
  expect(lines.map(({ verdict }) => verdict)).toEqual(TARGET_IDS.map(() => 'not measured'));
  expect(lines.map(lineOf).join('\n')).toContain('not measured: the switch is not there');
});

test('only a run that holds every target ends with exit code 0', () => {
  expect(exitCodeOf(judge(atTheEdge()))).toBe(0);
  for (const id of TARGET_IDS) {
    const { bound, value } = TARGETS[id];
    const short = { figure: figureOf([bound === 'at least' ? value - 0.01 : value + 0.01]) };
    expect(exitCodeOf(judge({ ...atTheEdge(), [id]: short }))).toBe(1);
    expect(exitCodeOf(judge({ ...atTheEdge(), [id]: { missing: 'no reason' } }))).toBe(1);
  }
});

test('each line names the target, the figure with its spread, the bound and the verdict', () => {
  const line = judge({ freshTail: { figure: figureOf([120, 180, 150]) } }).find(
    ({ id }) => id === 'freshTail',
  );
  expect(line && lineOf(line)).toMatch(
    /^commit of a price .*150 ms \(120 to 180\), target at most 250 ms: held$/,
  );
});
