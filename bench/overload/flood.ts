/** Reads that every tier misses, asked more often than they can be answered. */

import { join } from 'node:path';
import type { Shop } from '#bench/checkout/shop.ts';
import { cpuSeconds } from '#bench/load/cpu.ts';
import { type Load, runWrkLeniently } from '#bench/load/wrk.ts';
import { edgeHeaders } from '#bench/stack/shop.ts';
import { SECOND_MS } from '#lib/clock.ts';

/** Each is a list of its own, so that no two are loaded together. */
const LISTS = 1_900;
const PAGE = 50;
/** Enough to keep the shop busy, and no more than it always lets in. */
const AT_CAPACITY = 8;
/** Short, so that connections are as many as an edge holds, not as shoppers do: wrk itself would feel them. */
const PAUSE_MS = 250;

export interface Flooded {
  /** Answered with what was asked for. */
  readonly goodPerSecond: number;
  readonly askedPerSecond: number;
  /** Of requests at work, as the origin has found it by the end. */
  readonly limit: number;
  /** Cores in use meanwhile. */
  readonly cores: Readonly<Record<'origin' | 'postgres' | 'load', number>>;
}

export interface FloodOptions {
  readonly file: string;
  readonly runMs: number;
  /** Those that pause between an answer and the next request; null for as much as is answered. */
  readonly connections: number | null;
}

/** If each answer came at once. */
export const connectionsFor = (perSecond: number): number => Math.ceil((perSecond * PAUSE_MS) / SECOND_MS);

export function listPath(number: number): string {
  return `/api/v1/products?limit=${PAGE}&minPrice=${1 + (number % LISTS)}`;
}

export async function writeListPaths(folder: string): Promise<string> {
  const file = join(folder, 'lists.txt');
  await Bun.write(file, Array.from({ length: LISTS }, (_, number) => `${listPath(number)}\n`).join(''));
  return file;
}

export async function flood(shop: Shop, options: FloodOptions): Promise<Flooded> {
  const { origin, postgresPid } = shop;
  const used = () => ({ origin: cpuSeconds(origin.pid) ?? 0, postgres: cpuSeconds(postgresPid) ?? 0 });
  const before = used();
  const result = await runWrkLeniently(loadOf(shop, origin.url, options));
  const after = used();
  const seconds = result.requests / result.perSecond;
  return {
    goodPerSecond: (result.requests - result.refused) / seconds,
    askedPerSecond: result.perSecond,
    limit: await limitOf(origin.url),
    cores: {
      origin: (after.origin - before.origin) / seconds,
      postgres: (after.postgres - before.postgres) / seconds,
      load: result.cpuSeconds / seconds,
    },
  };
}

/** What is answered at best while a server that does nothing else takes the flood: nobody refuses for less. */
export async function floodBeside(shop: Shop, constantUrl: string, options: FloodOptions): Promise<Flooded> {
  const [flooded] = await Promise.all([
    flood(shop, { ...options, connections: null }),
    runWrkLeniently(loadOf(shop, constantUrl, options)),
  ]);
  return flooded;
}

function loadOf({ stack }: Shop, url: string, { file, runMs, connections }: FloodOptions): Load {
  return {
    url,
    headers: edgeHeaders(stack),
    connections: connections ?? AT_CAPACITY,
    runMs,
    paths: { file, from: 0, ...(connections === null ? {} : { pauseMs: PAUSE_MS }) },
    signal: stack.signal,
  };
}

async function limitOf(originUrl: string): Promise<number> {
  const metrics = await (await fetch(`${originUrl}/metrics`)).text();
  return Number(/^concurrency_limit_requests (\d+)$/m.exec(metrics)?.[1]);
}
