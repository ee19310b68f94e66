/** The command line of the security bench, its verdicts, and what the program of those who log in is told and tells. */

import { expect, test } from 'bun:test';
import { UsageError } from '#bench/command.ts';
import { readLogInJob, readLogInReport } from '#bench/security/job.ts';
import { parseSecurityOptions } from '#bench/security/options.ts';
import { judge } from '#bench/security/targets.ts';
import { figureOf } from '#bench/statistics.ts';
import { exitCodeOf } from '#bench/targets.ts';

test('quick keeps the rounds and shortens the runs', () => {
  const usual = parseSecurityOptions([]);
  const quick = parseSecurityOptions(['--quick', '--rounds', '5']);
  expect(usual).toMatchObject({ isQuick: false, rounds: 3 });
  expect(quick).toMatchObject({ isQuick: true, rounds: 5 });
  expect(quick?.runMs).toBeLessThan(usual?.runMs ?? 0);
});

test('the help is no run', () => {
  expect(parseSecurityOptions(['--help'])).toBeNull();
});

test.each([[['--rounds', '2']], [['--rounds', 'many']], [['--products', '5']], [['now']]])(
  '%j is refused in one sentence',
  (args) => {
    expect(() => parseSecurityOptions(args)).toThrow(UsageError);
  },
);

test('a tail three times as long is held, and a longer one is short', () => {
  const verdict = (originTimes: number) =>
    exitCodeOf(
      judge({ originTail: { figure: figureOf([originTimes]) }, edgeTail: { figure: figureOf([1]) } }),
    );
  expect(verdict(3)).toBe(0);
  expect(verdict(3.01)).toBe(1);
});

test('a job and its report are read as they were written, and nothing else is', () => {
  const job = {
    ...{ originUrl: 'http://127.0.0.1:1', edgeSecret: 'secret' },
    ...{ emails: ['a@b.example'], password: 'secret', forMs: 5 },
  };
  expect(readLogInJob(JSON.stringify(job))).toEqual(job);
  expect(() => readLogInJob(JSON.stringify({ ...job, emails: [] }))).toThrow();
  expect(readLogInReport('{"statuses":{"200":3},"seconds":1.5}')).toMatchObject({ seconds: 1.5 });
  expect(() => readLogInReport('{}')).toThrow();
});
