/** What the bench buys in: a shop of its own with a thousand variants and one that everybody wants, and no workers. */

import type postgres from 'postgres';
import { withConnection } from '#bench/data/catalogue.ts';
import { type RunningProgram, startProgram } from '#bench/stack/program.ts';
import { type OriginOptions, startOrigin } from '#bench/stack/shop.ts';
import type { Stack } from '#bench/stack/stack.ts';
import { migrate } from '#db/migrate.ts';

export interface Shop {
  readonly stack: Stack;
  readonly databaseUrl: string;
  readonly origin: RunningProgram;
  readonly double: RunningProgram;
  /** Of the server's first process, whose children the others are. */
  readonly postgresPid: number;
  readonly variants: {
    /** A thousand, with stock for any load. */
    readonly many: readonly string[];
    /** One, with as much. */
    readonly hot: readonly string[];
  };
}

const DATABASE = 'bench_checkout';
export const VARIANTS = 1_000;
/** The numbers of the variants begin here. */
export const FIRST = 1;
const HOT = 1_000_000;
/** The number of what is on sale; each sale has the next. */
export const FIRST_ON_SALE = 2_000_000;
const PLENTY = 100_000_000;
const PRICE_MINOR = 1_999;
const REDIS_DATABASE = 9;
/** As many as two cores have use for, and some that wait for the disk. */
const CONNECTIONS = 24;

/** @param how its origin is another than usual */
export async function openShop(
  stack: Stack,
  how: Partial<Pick<OriginOptions, 'tiers' | 'shedsLoad'>> = {},
): Promise<Shop> {
  const databaseUrl = await makeDatabase(stack.servers.databaseUrl);
  const variants = await withConnection(databaseUrl, async (sql) => ({
    many: await writeVariants(sql, { first: FIRST, count: VARIANTS, stock: PLENTY }),
    hot: await writeVariants(sql, { first: HOT, count: 1, stock: PLENTY }),
  }));
  const double = await startProgram(stack, {
    name: 'stripe-double',
    file: 'ops/stripe-double/main.ts',
    environment: {},
    args: (port) => ['--port', String(port)],
    readyPath: '/_double/health',
  });
  const origin = await startOrigin(stack, {
    name: 'origin',
    databaseUrl,
    redisDatabase: REDIS_DATABASE,
    tiers: 'all',
    ...how,
    maxConnections: CONNECTIONS,
    stripeUrl: double.url,
  });
  const postgresPid = await withConnection(databaseUrl, firstProcess);
  return { stack, databaseUrl, origin, double, postgresPid, variants };
}

async function makeDatabase(serverUrl: string): Promise<string> {
  const url = new URL(serverUrl);
  url.pathname = '/postgres';
  await withConnection(url.href, async (server) => {
    await server`drop database if exists ${server(DATABASE)} with (force)`;
    await server`create database ${server(DATABASE)}`;
  });
  url.pathname = `/${DATABASE}`;
  await migrate(url.href);
  return url.href;
}

async function firstProcess(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ pid: string }[]>`
    select split_part(pg_read_file('postmaster.pid'), E'\n', 1) as pid`;
  return Number(row?.pid);
}

interface Wanted {
  /** The number of the first. */
  readonly first: number;
  readonly count: number;
  readonly stock: number;
}

/** The id of the n-th variant, as SQL: what is numbered can be drawn without a look into a table. */
export const variantIdSql = (n: string) =>
  `('00000000-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`;

/** Products of one variant each, with a ledger that explains their stock. @returns the variants' ids */
export async function writeVariants(
  sql: postgres.Sql,
  { first, count, stock }: Wanted,
): Promise<readonly string[]> {
  const rows = await sql.unsafe<{ id: string }[]>(
    `with numbered as (select ${variantIdSql('n')} as id from generate_series($1::bigint, $1::bigint + $2::int - 1) n),
    put as (insert into products (id, slug, name, currency, price_minor)
            select id, 'bench-' || id, 'Bench Product', 'USD', $4::int from numbered),
    offered as (insert into variants (id, product_id, price_minor, position)
                select id, id, $4::int, 0 from numbered),
    stocked as (insert into inventory (variant_id, on_hand) select id, $3::int from numbered),
    told as (insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta)
             select id, 'receipt', $3::int, 0 from numbered)
    select id from numbered`,
    [first, count, stock, PRICE_MINOR],
  );
  return rows.map(({ id }) => id);
}
