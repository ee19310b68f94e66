/** Scratch folders: found by a later run when their process has gone, and never before. */

import { afterAll, expect, test } from 'bun:test';
import { access, rename, rm } from 'node:fs/promises';
import { deadScratch, makeScratch } from '#ops/local/scratch.ts';

const PURPOSE = `scratch-${crypto.randomUUID().slice(0, 8)}`;
/** Above any that Linux gives. */
const NOBODY = 2 ** 22 + 1;

const made: string[] = [];
afterAll(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true });
});

test('those of a process that has gone, and no other, are dead', async () => {
  const [living, left] = [await makeScratch(PURPOSE), await makeScratch(PURPOSE)];
  const dead = left.replace(`-${process.pid}-`, `-${NOBODY}-`);
  made.push(living, left, dead);
  await rename(left, dead);
  expect(await deadScratch(PURPOSE)).toEqual([dead]);
  await access(living);
});
