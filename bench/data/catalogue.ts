/**
 * The generated catalogues as databases, each made once, kept, and migrated like any shop's. A digest of what
 * decides the rows is in the name, one of what decides the search index in the comment: either is made anew when
 * its code has changed.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { migrate } from '#db/migrate.ts';
import { CHECKOUT } from '#ops/local/paths.ts';
import { say, seconds } from '#ops/local/progress.ts';
import type { ServerUrls } from '#ops/local/servers.ts';
import { fillCatalogue } from './fill.ts';
import { indexCatalogue } from './index-search.ts';

const ROWS_RECIPE = [
  ...['bench/data/fill.ts', 'bench/data/products.ts', 'bench/data/shelves.ts'],
  ...['db/seed/describe.ts', 'db/seed/random.ts', 'db/seed/words'],
];
const INDEX_RECIPE = [
  'origin/search/indexing.ts',
  'origin/search/marks.ts',
  'origin/search/postgres-engine.ts',
];
const INDEX_RECIPE_FILE = /^search-.*\.ts$/;
const CONNECT_TIMEOUT_SECONDS = 5;
const CLOSE_TIMEOUT_SECONDS = 2;
const REPORT_EVERY_MS = 2_000;
const REPORT_INDEX_EVERY_MS = 10_000;
const PREFIX = 'bench_';

export interface CatalogueOptions {
  readonly servers: ServerUrls;
  readonly products: number;
  readonly signal: AbortSignal;
}

/** The address of a database that holds so many products, made now if it is not there. */
export async function provideCatalogue(options: CatalogueOptions): Promise<string> {
  const { servers, products } = options;
  const name = `${PREFIX}${products}_${await digestOf(ROWS_RECIPE)}`;
  const url = databaseUrl(servers.databaseUrl, name);
  const unfinished = `${name}_unfinished`;
  await withConnection(databaseUrl(servers.databaseUrl, 'postgres'), async (server) => {
    const [found] = await server`select 1 from pg_database where datname = ${name}`;
    if (found !== undefined) return;
    await dropOthers(server, products);
    await server`create database ${server(unfinished)}`;
    await writeRows(databaseUrl(servers.databaseUrl, unfinished), options);
    await server`alter database ${server(unfinished)} rename to ${server(name)}`;
  });
  await migrate(url);
  await keepIndexed(url, options);
  return url;
}

/** Other recipes of the same size, finished or not: a million products take gigabytes. */
async function dropOthers(server: postgres.Sql, products: number): Promise<void> {
  const rows = await server<{ datname: string }[]>`
    select datname from pg_database where datname like ${`${PREFIX}${products}\\_%`}`;
  for (const { datname } of rows) await server`drop database ${server(datname)} with (force)`;
}

async function writeRows(url: string, { products, signal }: CatalogueOptions): Promise<void> {
  const begun = performance.now();
  await migrate(url);
  await withConnection(url, async (sql) => {
    await fillCatalogue(sql, { products, signal, onProgress: reporter(products) });
    await sql`vacuum analyze`;
  });
  say(`  ${products.toLocaleString('en-US')} products written in ${seconds(performance.now() - begun)}`);
}

function reporter(total: number): (done: number) => void {
  let reportedAt = performance.now();
  return (done) => {
    if (performance.now() - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = performance.now();
    say(`  ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} products`);
  };
}

async function keepIndexed(url: string, { servers, products }: CatalogueOptions): Promise<void> {
  const files = (await readdir(join(CHECKOUT, 'db'))).filter((name) => INDEX_RECIPE_FILE.test(name));
  const recipe = await digestOf([...INDEX_RECIPE, ...files.toSorted().map((name) => `db/${name}`)]);
  await withConnection(url, async (sql) => {
    const [kept] = await sql<{ recipe: string | null; documents: number }[]>`
      select shobj_description(oid, 'pg_database') as recipe,
             (select count(*)::int from search_documents) as documents
        from pg_database where datname = current_database()`;
    // A migration may have emptied the index.
    if (kept?.recipe === recipe && kept.documents === products) return;
    const begun = performance.now();
    const progress = indexProgress(products);
    const indexed = await indexCatalogue(url, servers, progress.onProgress).finally(progress.stop);
    await sql`vacuum analyze`;
    const name = new URL(url).pathname.slice(1);
    await sql.unsafe(`comment on database "${name}" is '${recipe}'`);
    say(`  ${indexed.toLocaleString('en-US')} products indexed in ${seconds(performance.now() - begun)}`);
  });
}

/** A line every few seconds: products done, and the time that the others will take at the same speed. */
function indexProgress(products: number) {
  const begun = performance.now();
  let done = 0;
  const timer = setInterval(() => {
    const passedMs = performance.now() - begun;
    const left = done < products && done > 0 ? (passedMs * (products - done)) / done : null;
    const rest = left === null ? 'frequencies, tiers, inverted indexes' : `about ${seconds(left)} left`;
    say(`  search index: ${done.toLocaleString('en-US')} of ${products.toLocaleString('en-US')}, ${rest}`);
  }, REPORT_INDEX_EVERY_MS);
  return {
    onProgress: (indexed: number) => {
      done = indexed;
    },
    stop: () => clearInterval(timer),
  };
}

/** Of files, and of all files of folders. */
async function digestOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    const full = join(CHECKOUT, path);
    const isFolder = (await stat(full)).isDirectory();
    const names = isFolder ? (await readdir(full, { recursive: true })).toSorted() : [''];
    for (const name of names) {
      const file = join(full, name);
      if ((await stat(file)).isFile()) hash.update(await readFile(file));
    }
  }
  return hash.digest('hex').slice(0, 12);
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** No statement timeout: building an index over a million products takes as long as it takes. */
export async function withConnection<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, {
    max: 1,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    onnotice: () => undefined,
  });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }
}
