/** Those who look: at a steady rate, whatever becomes of it; mostly at what others looked at before. */

import { Type } from '@sinclair/typebox';
import { type Client, read } from '#bench/chaos/client.ts';
import { present } from '#lib/assert.ts';
import { askNoted, type ShopFront } from './shop-front.ts';

const WARM_EVERY_MS = 20;
const COLD_EVERY_MS = 250;
const WARM_UP_MS = 50;
const Products = Type.Object({ items: Type.Array(Type.Object({ id: Type.String() })) });

/** What is popular: every page is in the edge's cache by the end. */
export async function warmUp(client: Client): Promise<readonly string[]> {
  const list = read(Products, await client.ask({ method: 'GET', path: '/products?limit=50' }));
  const products = list.items.map(({ id }) => `/products/${id}`);
  const paths = [
    ...products,
    ...['/products?limit=50', '/products?limit=10', '/products?category=chaos', '/categories'],
    ...['/search?q=plenty', '/search?q=scarce', '/search?q=plenty+3', '/search/suggest?q=ple', '/trending'],
    ...products.slice(0, 3).map((path) => `${path}/recommendations`),
  ];
  for (const path of paths) {
    const answer = await client.ask({ method: 'GET', path });
    if (answer.kind !== 'answered' || answer.status !== 200) {
      throw new Error(`${path} could not be read in peace: ${JSON.stringify(answer)}`);
    }
    await Bun.sleep(WARM_UP_MS);
  }
  return paths;
}

/** @returns what ends it. */
export function sendReaders(front: ShopFront, popular: readonly string[]): () => void {
  let warm = 0;
  let cold = 0;
  const timers = [
    setInterval(() => {
      warm += 1;
      const path = present(popular[warm % popular.length], 'a popular page');
      void askNoted(front, { kind: 'warm read', method: 'GET', path });
    }, WARM_EVERY_MS),
    setInterval(() => {
      cold += 1;
      void askNoted(front, { kind: 'cold read', method: 'GET', path: coldPath(cold) });
    }, COLD_EVERY_MS),
  ];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/** Lists and searches in turn, no two of them alike. */
function coldPath(number: number): string {
  return number % 2 === 0
    ? `/products?limit=20&minPrice=${number}`
    : `/search?q=plenty&maxPrice=${1_000_000 + number}`;
}
