/**
 * Folders for what does not outlive its run. They are in memory where there is room: to copy a small database is to
 * make a thousand small files, which takes a disk eight times as long.
 */

import { chmod, mkdir, mkdtemp, readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { LOCAL } from './paths.ts';
import { isAlive } from './processes.ts';

/** Linux's file system in memory; half of the machine's at most, unless it says otherwise. */
const MEMORY = '/dev/shm';
/** Several times what all that a run of the tests keeps there comes to. */
const ROOM_BYTES = 2 * 1024 ** 3;
/** Whoever runs a server without privileges has to reach what is theirs in it. */
const OTHERS_MAY_PASS = 0o755;

const prefixOf = (purpose: string) => `hotshelf-${purpose}-`;

async function hasRoom(): Promise<boolean> {
  const room = await statfs(MEMORY).catch(() => null);
  return room !== null && room.bavail * room.bsize >= ROOM_BYTES;
}

/** A new folder of this process. Whoever made it removes it; {@link deadScratch} finds those that nobody has. */
export async function makeScratch(purpose: string): Promise<string> {
  const parent = (await hasRoom()) ? MEMORY : LOCAL;
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, `${prefixOf(purpose)}${process.pid}-`));
  await chmod(folder, OTHERS_MAY_PASS);
  return folder;
}

/** The folders for this purpose whose processes have gone; not those of another user. */
export async function deadScratch(purpose: string): Promise<string[]> {
  const dead: string[] = [];
  for (const parent of [MEMORY, LOCAL]) {
    for (const name of await readdir(parent).catch(() => [])) {
      if (!name.startsWith(prefixOf(purpose))) continue;
      const folder = join(parent, name);
      const pid = Number(name.slice(prefixOf(purpose).length).split('-')[0]);
      if (!isAlive(pid) && (await isOurs(folder))) dead.push(folder);
    }
  }
  return dead;
}

async function isOurs(folder: string): Promise<boolean> {
  const user = process.getuid?.();
  return user === 0 || (await stat(folder).catch(() => null))?.uid === user;
}
