/** This checkout's data and logs: what `--fresh` deletes, and logs that do not grow for ever. */

import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LOCAL } from './paths.ts';
import { givenUrl, SERVER_VARIABLES } from './servers.ts';

export const LOGS = join(LOCAL, 'logs');

/** Programs and locks; everything else in the folder is data. */
const KEPT = /^(toolchain|packages|setup\.lock|start\.lock|test-\d+|bench-.*)$/;
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** @throws an error of one sentence when a server's data is not this checkout's to delete. */
export function requireOwnData(): void {
  const given = SERVER_VARIABLES.filter((name) => givenUrl(name) !== undefined);
  if (given.length === 0) return;
  throw new Error(
    `--fresh deletes only what this checkout has made, and ${given.join(', ')} names a server of yours: unset it, or empty that server yourself.`,
  );
}

export async function deleteData(): Promise<void> {
  const names = await readdir(LOCAL);
  for (const name of names) {
    if (!KEPT.test(name)) await rm(join(LOCAL, name), { recursive: true, force: true });
  }
}

/** A log that has grown large makes room; the one before it goes. */
export async function prepareLogs(): Promise<void> {
  await mkdir(LOGS, { recursive: true, mode: 0o700 });
  for (const name of await readdir(LOGS)) {
    const file = join(LOGS, name);
    if (name.endsWith('.log') && (await stat(file)).size > MAX_LOG_BYTES) await rename(file, `${file}.1`);
  }
}
