/** One shop at a time in a checkout: a file names the process that runs it. */

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LOCAL } from './paths.ts';
import { listProcesses } from './processes.ts';

const FILE = join(LOCAL, 'start.lock');
const LAUNCHER = 'ops/start.ts';
const ATTEMPTS = 3;

async function create(): Promise<boolean> {
  try {
    await writeFile(FILE, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The launcher that holds the claim, or null if it was killed; its process id may be another's by now. */
async function holder(): Promise<number | null> {
  const pid = Number(await readFile(FILE, 'utf8').catch(() => ''));
  const running = await listProcesses();
  const isLauncher = running.some((entry) => entry.pid === pid && entry.command.includes(LAUNCHER));
  return isLauncher && pid !== process.pid ? pid : null;
}

/** @throws an error of one sentence when a shop already runs in this checkout. */
export async function claimCheckout(): Promise<void> {
  await mkdir(LOCAL, { recursive: true });
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await create()) return;
    const pid = await holder();
    if (pid !== null) {
      throw new Error(
        `The shop of this checkout is already running (process ${pid}); stop it with Ctrl-C there.`,
      );
    }
    await rm(FILE, { force: true });
  }
  throw new Error('Another start of this checkout came first; try again.');
}

export async function releaseCheckout(): Promise<void> {
  await rm(FILE, { force: true });
}
