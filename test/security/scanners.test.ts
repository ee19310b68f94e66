/**
 * Scanners that others have made, as far as this machine has them, against a shop behind the real edge:
 * `npm run test:security -- --scanners`. They take minutes, so that `npm test` leaves them out.
 */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE_MS } from '#lib/clock.ts';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import { PURGE_SECRET } from '#test/support/edge.ts';
import { fuzzedOperations } from '#test/support/fuzz-document.ts';
import { openScenes, QUICK_PASSWORDS } from '#test/support/fuzz-scenes.ts';
import { guessedPaths } from '#test/support/guessed-paths.ts';
import { operationsOf } from '#test/support/operations.ts';
import { type OriginUnderTest, openOrigin, TEST_CONFIG } from '#test/support/origin.ts';
import { scannedRequests } from '#test/support/scanned-requests.ts';
import { SCANNERS, type ScanTarget } from '#test/support/scanners.ts';
import { createProduct } from '#test/support/shopping.ts';

const IS_WANTED = process.env['SCANNERS'] === 'on';
const LIMIT_MS = 30 * MINUTE_MS;
const MANY = 1_000_000_000;
/** Scanners have one address and no patience: it is not budgets that they are to find. */
const NO_BUDGETS = Object.fromEntries(
  ['ANONYMOUS', 'SIGNED_IN', 'CATALOG_MISS', 'SEARCH_MISS', 'WEBHOOK'].map((name) => [
    `${name}_LIMITER`,
    MANY,
  ]),
);

describe.if(IS_WANTED)('what a scanner finds is nothing', () => {
  let shop: OriginUnderTest;
  let edge: RunningEdge;
  let behind: Bun.Server<undefined>;
  let target: ScanTarget;
  beforeAll(async () => {
    shop = await openOrigin();
    const quick = shop.beside({ passwords: QUICK_PASSWORDS });
    behind = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: (request) => quick.fetch(request) });
    edge = await startEdge({
      originUrl: behind.url.origin,
      edgeSecret: TEST_CONFIG.EDGE_SECRET,
      purgeSecret: PURGE_SECRET,
      limits: NO_BUDGETS,
      onLog: () => {},
    });
    const [operations, documented] = await Promise.all([operationsOf(shop), fuzzedOperations(shop)]);
    const scenes = await openScenes(shop, quick);
    const { slug } = await createProduct(shop);
    const lists = [
      '/api/v1/products?limit=1',
      '/api/v1/search?q=chair',
      '/api/v1/search/suggest?q=ch',
      '/docs',
    ];
    target = {
      url: edge.url,
      folder: await mkdtemp(join(tmpdir(), 'hotshelf-scanners-')),
      requests: await scannedRequests(new URL(edge.url).host, { operations, documented, scenes }),
      pages: [`/api/v1/products/${slug}`, ...lists],
      words: guessedPaths(),
    };
  });
  afterAll(async () => {
    await edge.stop();
    await behind.stop(true);
    await rm(target.folder, { recursive: true });
    await shop.close();
  });

  for (const { name, scan } of SCANNERS) {
    const isInstalled = Bun.which(name) !== null;
    if (IS_WANTED && !isInstalled) process.stdout.write(`${name} is not installed\n`);
    test.if(isInstalled)(
      name,
      async () => {
        expect(await scan(target)).toEqual([]);
        expect(shop.logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
      },
      LIMIT_MS,
    );
  }
});
