/** The database of the shop that runs on this machine, as `npm start` writes it down. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const RUNNING_SHOP = join(import.meta.dir, '..', '..', '.local', 'running.json');

/** Undefined when no shop runs; one that was killed may have left its note behind. */
export async function runningShopDatabase(file: string = RUNNING_SHOP): Promise<string | undefined> {
  try {
    const shop: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof shop !== 'object' || shop === null) return undefined;
    if (!('databaseUrl' in shop) || typeof shop.databaseUrl !== 'string') return undefined;
    if (!('launcherPid' in shop) || typeof shop.launcherPid !== 'number') return undefined;
    process.kill(shop.launcherPid, 0);
    return shop.databaseUrl;
  } catch {
    return undefined;
  }
}
