/** Reads that every tier misses, asked more often than they can be answered. */

import { join } from 'node:path';
import type { Shop } from '#bench/checkout/shop.ts';
import { runWrkLeniently } from '#bench/load/wrk.ts';
import { edgeHeaders } from '#bench/stack/shop.ts';
import { SECOND_MS } from '#lib/clock.ts';

/** Each is a list of its own, so that no two are loaded together. */
const LISTS = 1_900;
const PAGE = 50;
/** Enough to keep both cores busy, and no more. */
const AT_CAPACITY = 32;
const PAUSE_MS = 1_000;

export interface Flooded {
  /** Answered with what was asked for. */
  readonly goodPerSecond: number;
  readonly askedPerSecond: number;
  /** Of requests at work, as the origin has found it by the end. */
  readonly limit: number;
}

export function listPath(number: number): string {
  return `/api/v1/products?limit=${PAGE}&minPrice=${1 + (number % LISTS)}`;
}

export async function writeListPaths(folder: string): Promise<string> {
  const file = join(folder, 'lists.txt');
  await Bun.write(file, Array.from({ length: LISTS }, (_, number) => `${listPath(number)}\n`).join(''));
  return file;
}

export interface FloodOptions {
  readonly file: string;
  readonly runMs: number;
  /** How many a second; null for as many as are answered. */
  readonly perSecond: number | null;
}

export async function flood({ stack, origin }: Shop, options: FloodOptions): Promise<Flooded> {
  const { file, runMs, perSecond } = options;
  const connections = perSecond === null ? AT_CAPACITY : Math.ceil((perSecond * PAUSE_MS) / SECOND_MS);
  const result = await runWrkLeniently({
    url: origin.url,
    headers: edgeHeaders(stack),
    connections,
    runMs,
    paths: { file, from: 0, ...(perSecond === null ? {} : { pauseMs: PAUSE_MS }) },
    signal: stack.signal,
  });
  const good = result.requests - result.refused;
  return {
    goodPerSecond: (result.perSecond * good) / result.requests,
    askedPerSecond: result.perSecond,
    limit: await limitOf(origin.url),
  };
}

async function limitOf(originUrl: string): Promise<number> {
  const metrics = await (await fetch(`${originUrl}/metrics`)).text();
  return Number(/^concurrency_limit_requests (\d+)$/m.exec(metrics)?.[1]);
}
