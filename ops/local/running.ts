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
  readonly workersUrl: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly natsUrl: string;
  /** The bearer of every process' metrics. */
  readonly metricsToken: string;
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
