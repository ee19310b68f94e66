/**
 * Probes for poisoning and deception: what one client sends must never be in another's answer. Each finds something
 * in a naive cache, and nothing in the edge, before an origin that is careless on purpose.
 */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import {
  type CarelessServer,
  exchange,
  type RawRequest,
  startCarelessOrigin,
  startNaiveCache,
} from './careless.ts';
import { EDGE_SECRET, nextIp, PURGE_SECRET } from './edge.ts';

const MANY = 1_000_000;
/** The runtime starts slowly on a busy machine. */
const TIMEOUT_MS = 30_000;

/** `id` is in no other probe's requests; `mark` is what must not come out on the other side. */
export interface Names {
  readonly id: string;
  readonly mark: string;
}

export interface Probe {
  /** Sent twice, so that it reaches every tier; by the attacker, or by the victim who was lured. */
  readonly first: (names: Names) => RawRequest;
  readonly second: (names: Names) => RawRequest;
  readonly hasFinding: (names: Names, first: string, second: string) => boolean;
  /** What the first one sends may reach the origin, as long as its answer reaches nobody else. */
  readonly isForwardingFine?: boolean;
}

export const isMarked = ({ mark }: Names, _first: string, second: string): boolean => second.includes(mark);

/** Called once a test file: starts what is probed before its tests, and gives back how to state a probe. */
export function openProbes(): (what: string, probe: Probe) => void {
  setDefaultTimeout(TIMEOUT_MS);
  let origin: CarelessServer & { readonly seen: string[] };
  let edge: RunningEdge;
  let naive: CarelessServer & { forget(): void };
  beforeAll(async () => {
    origin = await startCarelessOrigin();
    naive = await startNaiveCache(origin.url);
    edge = await startEdge({
      originUrl: origin.url,
      edgeSecret: EDGE_SECRET,
      purgeSecret: PURGE_SECRET,
      vars: { TRUST_CF_CONNECTING_IP: 'true' },
      limits: {
        ANONYMOUS_LIMITER: MANY,
        SIGNED_IN_LIMITER: MANY,
        CATALOG_MISS_LIMITER: MANY,
        SEARCH_MISS_LIMITER: MANY,
      },
      onLog: () => undefined,
    });
  });
  afterAll(async () => {
    await edge.stop();
    await naive.stop();
    await origin.stop();
  });
  return (what, probe) => {
    test(`${what}: found in a naive cache, not in the edge`, async () => {
      naive.forget();
      expect(await finds(naive.url, probe)).toBe(true);
      const before = origin.seen.length;
      expect(await finds(edge.url, probe)).toBe(false);
      const sent = origin.seen.slice(before).filter((told) => told.includes('mark'));
      if (probe.isForwardingFine !== true) expect(sent).toEqual([]);
    });
  };
}

async function finds(url: string, { first, second, hasFinding }: Probe): Promise<boolean> {
  const id = crypto.randomUUID();
  const names = { id, mark: `mark${id.replaceAll('-', '')}` };
  const send = (raw: RawRequest) =>
    exchange(url, { ...raw, headers: { 'cf-connecting-ip': nextIp(), ...raw.headers } });
  await send(first(names));
  const one = await send(first(names));
  return hasFinding(names, one, await send(second(names)));
}
