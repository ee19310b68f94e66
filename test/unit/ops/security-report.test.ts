/** What `npm run test:security` says of a run. */

import { expect, test } from 'bun:test';
import { drawAttacks, drawRequirements, readAttacks } from '#ops/security/report.ts';

const XML = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="4" failures="1">
  <testsuite name="test/security/a.test.ts" file="test/security/a.test.ts" tests="3">
    <testcase name="one" classname="a" time="0.1" file="test/security/a.test.ts" line="3" assertions="2" />
    <testcase name="two &gt; &lt;failure" classname="a" file="test/security/a.test.ts"></testcase>
    <testcase name="three" classname="a" file="test/security/a.test.ts">
      <failure type="AssertionError" />
    </testcase>
  </testsuite>
  <testsuite name="b" file="test/unit/b.test.ts">
    <testcase name="four" file="test/unit/b.test.ts"><skipped /></testcase>
  </testsuite>
</testsuites>`;

test('attacks are counted by their files; one that was not tried to its end has not been held', () => {
  expect(readAttacks(XML)).toEqual([
    { file: 'test/security/a.test.ts', tried: 3, held: 2 },
    { file: 'test/unit/b.test.ts', tried: 1, held: 0 },
  ]);
  expect(drawAttacks(readAttacks(XML))).toEndWith('4 attacks tried, 2 held, 2 got in');
});

test('the table tells what holds a requirement, why it does not apply, or what it lacks', () => {
  const requirements = [
    { number: '1', text: 'One', outcome: { kind: 'held', by: [['a.test.ts', 'holds']] } },
    { number: '2', text: 'Two', outcome: { kind: 'inapplicable', why: 'there is none' } },
    { number: '3', text: 'Three', outcome: { kind: 'open', lacks: 'a key' } },
  ] as const;
  const drawn = drawRequirements([{ title: 'A standard', requirements }]);
  for (const said of ['A standard', 'a.test.ts: holds', 'does not apply: there is none', 'OPEN: a key']) {
    expect(drawn).toContain(said);
  }
  expect(drawn).toEndWith('3 requirements: 1 held, 1 do not apply, 1 open');
});
