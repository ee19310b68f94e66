/** The bench as a program: what it says before it starts anything. */

import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { HELP } from '#bench/options.ts';

const ROOT = join(import.meta.dir, '..', '..', '..');
const TIMEOUT_MS = 20_000;

async function run(...args: readonly string[]) {
  const child = Bun.spawn([process.execPath, join(ROOT, 'bench/main.ts'), ...args], {
    cwd: ROOT,
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: TIMEOUT_MS,
  });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, output, errors };
}

test('the help is on standard output and is no failure', async () => {
  const { code, output } = await run('--help');
  expect({ code, output: output.trim() }).toEqual({ code: 0, output: HELP.trim() });
});

test('a call that is wrong ends with exit code 2 and one sentence', async () => {
  const { code, output, errors } = await run('read', '--rounds', '1');
  expect({ code, output }).toEqual({ code: 2, output: '' });
  expect(errors.trim()).toBe('The flag --rounds takes a whole number from 3 to 50.');
});

test('a query file that is not there is said before anything starts', async () => {
  const { code, output, errors } = await run('read', '--quick', '--queries', 'no-such-file.csv');
  expect({ code, output }).toEqual({ code: 2, output: '' });
  expect(errors).toContain('no-such-file.csv');
});
