/** The command line of the chaos run, and what the program says before it starts anything. */

import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { HELP, parseChaosOptions } from '#bench/chaos/options.ts';
import { UsageError } from '#bench/command.ts';

const ROOT = join(import.meta.dir, '..', '..', '..', '..');
const NOW = new Date(1_700_000_000_000);
const TIMEOUT_MS = 20_000;

test('without flags it takes two minutes, and a seed that another run can be given', () => {
  const options = parseChaosOptions([], NOW);
  expect(options).toMatchObject({ durationMs: 120_000, keepsFolder: false });
  const again = parseChaosOptions(['--seed', String(options?.seed)], new Date(0));
  expect(again?.seed).toBe(options?.seed);
});

test('seed, minutes and shoppers are taken as they are given', () => {
  const args = ['--seed', '7', '--minutes', '0.5', '--shoppers', '12', '--keep'];
  const wanted = { seed: 7, durationMs: 30_000, shoppers: 12, keepsFolder: true };
  expect(parseChaosOptions(args, NOW)).toEqual(wanted);
});

test('the help is no run', () => {
  expect(parseChaosOptions(['--help'], NOW)).toBeNull();
});

test.each([
  [['--seed', '-1']],
  [['--seed', '1.5']],
  [['--seed', '4294967296']],
  [['--minutes', '0']],
  [['--minutes', '61']],
  [['--minutes', 'two']],
  [['--shoppers', '0']],
  [['--fast']],
  [['now']],
])('%j is refused', (args) => {
  expect(() => parseChaosOptions(args, NOW)).toThrow(UsageError);
});

test(
  'the program prints its help, and ends a wrong call with one sentence and exit code 2',
  async () => {
    const run = async (...args: readonly string[]) => {
      const child = Bun.spawn([process.execPath, join(ROOT, 'bench/chaos/main.ts'), ...args], {
        cwd: ROOT,
        stdout: 'pipe',
        stderr: 'pipe',
        timeout: TIMEOUT_MS,
      });
      const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
      return { code: await child.exited, output: output.trim(), errors: errors.trim() };
    };
    expect(await run('--help')).toEqual({ code: 0, output: HELP.trim(), errors: '' });
    const errors = 'The flag --shoppers takes a whole number from 1 to 200.';
    expect(await run('--shoppers', 'many')).toEqual({ code: 2, output: '', errors });
  },
  TIMEOUT_MS,
);
