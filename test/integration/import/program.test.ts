/** The import as a program: its exit codes and what it says. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goodRow, toCsv } from '#test/support/fixtures/product-files.ts';
import { createTestDatabase, type TestDatabase } from '#test/support/stack.ts';

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'hotshelf-program-'));
  await writeFile(join(folder, 'good.csv'), toCsv([goodRow('mug')]));
  await writeFile(join(folder, 'bad.csv'), toCsv([goodRow('cup'), goodRow('bad', { Title: '' })]));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await database.drop();
});

async function runImport(args: readonly string[], url: string = database.url) {
  const child = Bun.spawn([process.execPath, 'db/import/main.ts', ...args], {
    env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: url, INIT_CWD: folder },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, output, errors };
}

test('a good file is imported from where the user is, and the second time there is nothing to change', async () => {
  const first = await runImport(['good.csv']);
  expect(first).toMatchObject({ code: 0, errors: '' });
  expect(first.output).toContain('1 created, 0 changed, 0 unchanged');
  const second = await runImport(['good.csv']);
  expect(second).toMatchObject({ code: 0, errors: '' });
  expect(second.output).toStartWith('import: nothing to change\n');
});

test('a refused row is named on its own line, and the exit code is 1', async () => {
  const { code, errors, output } = await runImport(['bad.csv']);
  expect(code).toBe(1);
  expect(errors).toBe('bad.csv:3: Title is missing; the product is left out\n');
  expect(output).toMatch(/rows refused +1\n/);
});

test('a strict import that is refused says that nothing is written', async () => {
  const { code, output } = await runImport(['--strict', 'bad.csv', 'good.csv']);
  expect(code).toBe(1);
  expect(output).toContain('nothing is written');
});

test.each([
  [['missing.csv'], 2, 'missing.csv: there is no such file\n'],
  [['.'], 2, '.: is a folder\n'],
  [[], 2, 'Name at least one file.\nTry --help.\n'],
  [['--fast', 'good.csv'], 2, expect.stringContaining('--fast')],
])('%j ends with code %d and one clear message', async (args, code, errors) => {
  expect(await runImport(args)).toEqual({ code, errors, output: '' });
});

test('without a database that answers it says so', async () => {
  const { code, errors } = await runImport(['good.csv'], 'postgres://nobody@127.0.0.1:1/none');
  expect({ code, errors }).toEqual({ code: 1, errors: 'import: failed: the database does not answer\n' });
});

test('--help tells of every option', async () => {
  const { code, output } = await runImport(['--help']);
  expect(code).toBe(0);
  for (const option of ['--dry-run', '--strict', '--stock', '--currency']) expect(output).toContain(option);
});
