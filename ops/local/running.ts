/** The running shop of this checkout, for programs beside it: `.local/running.json`, there while it serves. */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LOCAL } from './paths.ts';
import { isAlive } from './processes.ts';

export interface RunningShop {
  readonly launcherPid: number;
  /** Where shoppers reach the shop. */
  readonly edgeUrl: string;
  readonly originUrl: string;
  /** The first and those beside it. */
  readonly originUrls: readonly string[];
  readonly workersUrl: string;
  /** As its owner. */
  readonly databaseUrl: string;
  /** As the role that reads everything and changes nothing. */
  readonly backupDatabaseUrl: string;
  readonly redisUrl: string;
  readonly natsUrl: string;
  /** Opens the console, `/ops` at the origin; the bearer of every process' metrics. */
  readonly operatorToken: string;
  /** Null where Stripe itself takes the payments. */
  readonly stripeDoubleUrl: string | null;
  /** Null where a mail server of the environment takes the mail. */
  readonly mailUrl: string | null;
}

const FILE = join(LOCAL, 'running.json');
const OWNER_ONLY = 0o600;

export async function writeRunningShop(shop: RunningShop): Promise<void> {
  await writeFile(FILE, `${JSON.stringify(shop, null, 2)}\n`, { mode: OWNER_ONLY });
}

export async function forgetRunningShop(): Promise<void> {
  await rm(FILE, { force: true });
}

/** Null while no shop of this checkout runs. */
export async function readRunningShop(): Promise<RunningShop | null> {
  try {
    const shop = JSON.parse(await readFile(FILE, 'utf8')) as RunningShop;
    return isAlive(shop.launcherPid) ? shop : null;
  } catch {
    return null;
  }
}
