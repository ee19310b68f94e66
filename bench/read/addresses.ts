/** The addresses that a load asks for: products by Zipf's law, searches by popularity. Written for wrk, one a line. */

import { join } from 'node:path';
import { slugOfRank } from '#bench/data/products.ts';
import type { WeightedQuery } from '#bench/queries.ts';
import { createWeighted, createZipf } from '#bench/zipf.ts';
import { createRandom } from '#db/seed/random.ts';
import { present } from '#lib/assert.ts';

const SEED = 4_711;
/** More than a run asks for, or many times over what a small catalogue has. */
const DRAWN_PRODUCTS = 300_000;
const DRAWN_SEARCHES = 20_000;
const DISTINCT_PRODUCTS = 10_000;

export function productPath(slug: string): string {
  return `/api/v1/products/${slug}`;
}

export function searchPath(text: string): string {
  return `/api/v1/search?q=${encodeURIComponent(text)}`;
}

export const LIST_PATH = '/api/v1/products?sort=popular';

/** The most popular product's. */
export function hotPath(products: number): string {
  return productPath(slugOfRank(1, products));
}

/** Ranks drawn by Zipf's law, always the same ones for a number of products. */
function drawRanks(products: number, count = DRAWN_PRODUCTS): readonly number[] {
  const zipf = createZipf(products, createRandom(SEED).fraction);
  return Array.from({ length: count }, () => zipf.draw());
}

export async function writeProductPaths(folder: string, products: number): Promise<string> {
  const known = new Map<number, string>();
  const lines = drawRanks(products).map((rank) => {
    const path = known.get(rank) ?? productPath(slugOfRank(rank, products));
    known.set(rank, path);
    return path;
  });
  return writeLines(join(folder, `products-${products}.paths`), lines);
}

/** Each product once, the best known first: what is asked for at the same time is never the same. */
export async function writeDistinctPaths(folder: string, products: number): Promise<string> {
  const count = Math.min(products, DISTINCT_PRODUCTS);
  const lines = Array.from({ length: count }, (_, index) => productPath(slugOfRank(index + 1, products)));
  return writeLines(join(folder, `distinct-${products}.paths`), lines);
}

export async function writeSearchPaths(folder: string, queries: readonly WeightedQuery[]): Promise<string> {
  const weighted = createWeighted(
    queries.map(({ weight }) => weight),
    createRandom(SEED).fraction,
  );
  const lines = Array.from({ length: DRAWN_SEARCHES }, () =>
    searchPath(present(queries[weighted.draw()], 'a query').text),
  );
  return writeLines(join(folder, 'searches.paths'), lines);
}

async function writeLines(file: string, lines: readonly string[]): Promise<string> {
  await Bun.write(file, `${lines.join('\n')}\n`);
  return file;
}
