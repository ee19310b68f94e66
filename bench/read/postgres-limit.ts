/**
 * A product straight from Postgres, both cache tiers off, against the same statements through pgbench. The load asks
 * for one product after the other: concurrent misses of the same one would be a single read.
 */

import { join } from 'node:path';
import { findPgbench, runPgbench } from '#bench/load/pgbench.ts';
import { statementsDuring, toPgbench } from '#bench/load/statement-log.ts';
import type { RunningProgram } from '#bench/stack/program.ts';
import { edgeHeaders } from '#bench/stack/shop.ts';
import { hotPath, writeDistinctPaths } from './addresses.ts';
import { type Bench, CONNECTIONS, databaseOf, type Found, largest } from './bench.ts';
import { alternate, type Contender, chartOf, loadRun, rateAgainst } from './compare.ts';
import { settledTier } from './tier.ts';

const NO_PGBENCH =
  "pgbench is not installed: on Debian it comes with the package 'postgresql', elsewhere with PostgreSQL's contrib";

/** @param uncached an origin with no cache tier on, over the largest catalogue. */
export async function measurePostgres(bench: Bench, uncached: RunningProgram): Promise<Found> {
  const { stack, options } = bench;
  const size = largest(bench);
  const headers = edgeHeaders(stack);
  const url = uncached.url + hotPath(size);
  const program = await findPgbench();
  if (program === null) return { outcomes: { postgresRate: { missing: NO_PGBENCH } }, charts: [] };
  const tier = await settledTier(url, headers);
  if (tier !== 'none') {
    const missing = `with CACHE_MEMORY=off and CACHE_REDIS=off the answer came from '${tier}'`;
    return { outcomes: { postgresRate: { missing } }, charts: [] };
  }
  const statements = await statementsDuring(
    { serverUrl: stack.servers.databaseUrl, logFile: join(stack.folder, 'postgres.log') },
    async () => {
      await settledTier(url, headers);
    },
  );
  // The product was read three times; one read is the first third.
  const ofOneRead = statements.slice(0, Math.round(statements.length / READS));
  if (ofOneRead.length === 0) throw new Error("the origin's statements were not found in PostgreSQL's log");
  const { text, variables } = toPgbench(ofOneRead);
  const script = join(stack.folder, 'product.sql');
  await Bun.write(script, text);
  const file = await writeDistinctPaths(stack.folder, size);
  const contenders: Record<'origin' | 'pgbench', Contender> = {
    pgbench: {
      label: `pgbench, the same statements (${ofOneRead.length})`,
      role: 'limit',
      run: async (_, runMs) => ({
        perSecond: await runPgbench({
          program,
          databaseUrl: databaseOf(bench, size),
          script,
          variables,
          connections: CONNECTIONS,
          runMs,
        }),
        p50Ms: null,
        p99Ms: null,
        cpuUs: null,
      }),
    },
    origin: {
      label: 'products, L3 and L4 off',
      role: 'subject',
      run: (round, runMs) => {
        const paths = { file, from: (round + 1) * ROUND_STEP };
        const load = {
          url: uncached.url,
          headers,
          connections: CONNECTIONS,
          runMs,
          paths,
          signal: stack.signal,
        };
        return loadRun(load, uncached.pid);
      },
    },
  };
  const compared = await alternate(contenders, options);
  return {
    outcomes: { postgresRate: rateAgainst(compared.origin, compared.pgbench) },
    charts: [
      chartOf(contenders, compared, {
        title: 'A product from Postgres: reads per second',
        note: `${CONNECTIONS} connections each. pgbench sends what PostgreSQL's log says the origin sends, prepared.`,
        unit: 'reads/s',
        measure: 'perSecond',
      }),
    ],
  };
}

/** Rounds begin so many products apart. */
const ROUND_STEP = 1_009;

/** What {@link settledTier} asks. */
const READS = 3;
