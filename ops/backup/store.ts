/** Where backups are kept: a folder here, or whatever else speaks these five verbs. */

import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface StoredBackup {
  readonly name: string;
  readonly bytes: number;
}

export interface BackupStore {
  /** For people. */
  readonly place: string;
  /** The newest first, whole ones only. */
  list(): Promise<readonly StoredBackup[]>;
  /** All of it, or it never appears in the list. */
  write(name: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  read(name: string): AsyncIterable<Uint8Array>;
  remove(name: string): Promise<void>;
}

/** The place cannot be reached, or refuses. Its message is for people and holds no secret. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

const NAME = /^hotshelf-\d{8}T\d{9}Z-[0-9a-f]{8}\.backup$/;
const RANDOM_BYTES = 4;
const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** Names sort by their time. */
export function newBackupName(at: Date): string {
  const time = at.toISOString().replaceAll(/[-:.]/g, '');
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES))).toString('hex');
  return `hotshelf-${time}-${random}.backup`;
}

/** What was not named by {@link newBackupName} is nobody's to list or to remove. */
export const isBackupName = (name: string) => NAME.test(name);

export const newestFirst = (backups: readonly StoredBackup[]) =>
  backups.toSorted((one, other) => (one.name < other.name ? 1 : -1));

export function folderStore(folder: string): BackupStore {
  return {
    place: folder,
    list: async () => {
      const names = (await readdir(folder).catch(() => [])).filter(isBackupName);
      const sized = names.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size }));
      return newestFirst(await Promise.all(sized));
    },
    write: async (name, bytes) => {
      await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
      const unfinished = join(folder, `${name}.unfinished`);
      try {
        const file = await open(unfinished, 'wx', OWNER_ONLY);
        try {
          for await (const some of bytes) await file.writeFile(some);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(unfinished, join(folder, name));
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
    },
    read: (name) => createReadStream(join(folder, name)) as AsyncIterable<Uint8Array>,
    remove: (name) => rm(join(folder, name)),
  };
}
