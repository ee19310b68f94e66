/**
 * Brings caches into the state that a long Zipf load would leave, by its last read of each product alone and in
 * their order: what was asked for before that neither changes what a cache has seen nor whom it drops as least
 * recently used. A few thousand requests so stand for a million.
 */

import { slugOfRank } from '#bench/data/products.ts';
import { createZipf } from '#bench/zipf.ts';
import { createRandom } from '#db/seed/random.ts';
import { productPath } from './addresses.ts';

const SEED = 60_309;
const CLIENTS = 8;
const TIMEOUT_MS = 10_000;

/** The distinct ranks of so many draws, the one drawn last at the end. */
export function ranksByLastRead(products: number, reads: number): readonly number[] {
  const zipf = createZipf(products, createRandom(SEED).fraction);
  const lastRead = new Uint32Array(products + 1);
  for (let read = 1; read <= reads; read += 1) lastRead[zipf.draw()] = read;
  const ranks = Array.from({ length: products }, (_, index) => index + 1);
  const at = (rank: number) => lastRead[rank] ?? 0;
  return ranks.filter((rank) => at(rank) > 0).toSorted((a, b) => at(a) - at(b));
}

export interface History {
  readonly size: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly reads: number;
}

/** @throws {Error} when a product is not answered. */
export async function replayHistory({ size, url, headers, reads }: History, signal: AbortSignal) {
  const ranks = ranksByLastRead(size, reads).values();
  const client = async () => {
    for (const rank of ranks) {
      signal.throwIfAborted();
      const answer = await fetch(url + productPath(slugOfRank(rank, size)), {
        headers,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`a product answered ${answer.status} while the caches were filled`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}
