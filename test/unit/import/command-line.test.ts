/** What the import understands of its command line, and which database it takes. */

import { afterAll, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCommand } from '#db/import/command-line.ts';
import { runningShopDatabase } from '#db/import/running-shop.ts';

const folder = await mkdtemp(join(tmpdir(), 'hotshelf-running-'));
afterAll(() => rm(folder, { recursive: true }));

test('files are looked for in the folder that the user is in', () => {
  expect(parseCommand(['a.csv', '/elsewhere/b.csv'], '/shop')).toMatchObject({
    files: [
      { name: 'a.csv', path: '/shop/a.csv' },
      { name: '/elsewhere/b.csv', path: '/elsewhere/b.csv' },
    ],
    options: { dryRun: false, strict: false, stockMode: 'keep', currency: 'USD' },
  });
});

test('every option has its effect', () => {
  const args = ['--dry-run', '--strict', '--stock', 'set', '--currency', 'USD', 'a.csv'];
  expect(parseCommand(args, '/')).toMatchObject({
    options: { dryRun: true, strict: true, stockMode: 'set', currency: 'USD' },
  });
});

test('--help wins over what is missing', () => {
  expect(parseCommand(['--help'], '/').kind).toBe('help');
});

test.each([
  [[], 'Name at least one file.'],
  [['--stock', 'double', 'a.csv'], '--stock is keep or set.'],
  [['--currency', 'dollars', 'a.csv'], "--currency is USD, the shop's own."],
  [['--currency', 'JPY', 'a.csv'], "--currency is USD, the shop's own."],
  [['--fast', 'a.csv'], expect.stringContaining("'--fast'")],
])('%j is wrong and says why', (args, reason) => {
  expect(parseCommand(args, '/')).toEqual({ kind: 'wrong', reason });
});

test("a running shop's database is found, one that was killed is not", async () => {
  const file = join(folder, 'running.json');
  const databaseUrl = 'postgres://shop@127.0.0.1/shop';
  expect(await runningShopDatabase(file)).toBeUndefined();
  await writeFile(file, JSON.stringify({ launcherPid: process.pid, databaseUrl }));
  expect(await runningShopDatabase(file)).toBe(databaseUrl);
  const ended = Bun.spawn(['true']);
  await ended.exited;
  await writeFile(file, JSON.stringify({ launcherPid: ended.pid, databaseUrl }));
  expect(await runningShopDatabase(file)).toBeUndefined();
  await writeFile(file, 'torn');
  expect(await runningShopDatabase(file)).toBeUndefined();
});
