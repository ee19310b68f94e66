/**
 * From the commit of a price to the edge, while shoppers read: each product is changed once, and read at the edge
 * until the new price is there and for a while after. The commit is dated by the row's `updated_at`, which the
 * origin sets just before it, so the figure is never too good.
 */

import { withConnection } from '#bench/data/catalogue.ts';
import { slugOfRank } from '#bench/data/products.ts';
import { runWrk } from '#bench/load/wrk.ts';
import type { RunningProgram } from '#bench/stack/program.ts';
import { startWorkers } from '#bench/stack/shop.ts';
import { figureOf, percentile } from '#bench/statistics.ts';
import { present } from '#lib/assert.ts';
import { productPath, writeProductPaths } from './addresses.ts';
import { type Bench, databaseOf, type Found, largest, REDIS } from './bench.ts';
import { type Merchant, openMerchant, type Seen } from './merchant.ts';

const CHANGES = 200;
const QUICK_CHANGES = 60;
/** Shoppers who pause between reads: a load that leaves no processor idle would measure the queue for it. */
const READERS = 10;
const READER_PAUSE_MS = 10;
const POLL_MS = 5;
/** A price that has not arrived by then never will. */
const DEADLINE_MS = 10_000;
/** For so long after the new price, nobody may see the old one. */
const WATCH_MS = 1_000;
const WATCH_POLL_MS = 50;
const LONGEST_LOAD_MS = 300_000;

interface Change {
  readonly productId: string;
  /** When a read at the edge first brought the new version, in epoch milliseconds. */
  readonly seenAt: number;
  readonly olderAfterwards: number;
}

export async function measureFreshness(
  bench: Bench,
  { origin, edge }: { readonly origin: RunningProgram; readonly edge: RunningProgram },
): Promise<Found> {
  const { stack } = bench;
  const size = largest(bench);
  const databaseUrl = databaseOf(bench, size);
  const count = bench.options.isQuick ? QUICK_CHANGES : CHANGES;
  const place = { databaseUrl, redisDatabase: REDIS.main };
  const workers = await startWorkers(stack, { name: 'workers', ...place, edgeUrl: edge.url });
  const merchant = await openMerchant(stack, { databaseUrl, originUrl: origin.url, edgeUrl: edge.url });
  const ended = new AbortController();
  const load = runWrk({
    url: `${edge.url}/`,
    headers: {},
    connections: READERS,
    runMs: LONGEST_LOAD_MS,
    paths: { file: await writeProductPaths(stack.folder, size), from: 0, pauseMs: READER_PAUSE_MS },
    until: ended.signal,
    signal: stack.signal,
  });
  load.catch(() => undefined);
  let changes: readonly Change[];
  try {
    changes = await changeAll(merchant, { size, count, signal: stack.signal });
  } finally {
    ended.abort();
    await load.catch(() => undefined);
    await workers.stop();
  }
  const { perSecond } = await load;
  const committedAt = await readCommits(databaseUrl, changes);
  const delays = changes.map(
    ({ productId, seenAt }) => seenAt - present(committedAt.get(productId), 'a commit'),
  );
  const older = changes.reduce((sum, { olderAfterwards }) => sum + olderAfterwards, 0);
  return {
    outcomes: {
      freshTail: { figure: figureOf([percentile(delays, 99)]) },
      olderAfterwards: { figure: figureOf([older]) },
    },
    charts: [
      {
        kind: 'distribution',
        title: 'From the commit of a price to the edge',
        note: `${count} changes of the most popular products while shoppers read ${Math.round(perSecond)} products a second at the edge; p50 ${percentile(delays, 50)} ms.`,
        unit: 'ms',
        values: delays,
        marks: [{ label: 'most, p99', value: 250 }],
      },
    ],
  };
}

/** The most popular products, each changed once, one after the other: what one change costs is asked, not how many a shop bears. */
async function changeAll(
  merchant: Merchant,
  { size, count, signal }: { readonly size: number; readonly count: number; readonly signal: AbortSignal },
): Promise<readonly Change[]> {
  const watches: Promise<Change>[] = [];
  for (let rank = 1; rank <= count; rank += 1) {
    signal.throwIfAborted();
    const { watch } = await changeOne(merchant, slugOfRank(rank, size));
    watch.catch(() => undefined);
    watches.push(watch);
  }
  return Promise.all(watches);
}

/** Resolves when the new price is at the edge; the watch for the old one goes on. */
async function changeOne(merchant: Merchant, slug: string): Promise<{ readonly watch: Promise<Change> }> {
  const path = productPath(slug);
  const before = await merchant.readAtEdge(path);
  const version = await merchant.raisePrice(before);
  const seenAt = await firstSeen(() => merchant.readAtEdge(path), version, slug);
  const watch = watchForOlder(() => merchant.readAtEdge(path), version).then((olderAfterwards) => ({
    productId: before.id,
    seenAt,
    olderAfterwards,
  }));
  return { watch };
}

type Read = () => Promise<Seen>;

async function firstSeen(read: Read, version: number, slug: string): Promise<number> {
  const deadline = Date.now() + DEADLINE_MS;
  while (Date.now() < deadline) {
    if ((await read()).version >= version) return Date.now();
    await Bun.sleep(POLL_MS);
  }
  throw new Error(`the new price of ${slug} was not at the edge after ${DEADLINE_MS / 1_000} s`);
}

async function watchForOlder(read: Read, version: number): Promise<number> {
  const end = Date.now() + WATCH_MS;
  let older = 0;
  while (Date.now() < end) {
    if ((await read()).version < version) older += 1;
    await Bun.sleep(WATCH_POLL_MS);
  }
  return older;
}

async function readCommits(
  databaseUrl: string,
  changes: readonly Change[],
): Promise<ReadonlyMap<string, number>> {
  const ids = changes.map(({ productId }) => productId);
  return withConnection(databaseUrl, async (sql) => {
    const rows = await sql<{ id: string; updatedAt: Date }[]>`
      select id, updated_at as "updatedAt" from products where id in ${sql(ids)}`;
    return new Map(rows.map(({ id, updatedAt }) => [id, updatedAt.getTime()]));
  });
}
