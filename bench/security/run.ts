/** The security bench, start to end: a shop of its own, what its guards cost its readers, report, verdicts. */

import { provideCatalogue } from '#bench/data/catalogue.ts';
import type { Report } from '#bench/page/model.ts';
import { writeReport } from '#bench/page/write.ts';
import { startEdgeProgram, startOrigin } from '#bench/stack/shop.ts';
import { type Stack, withStack } from '#bench/stack/stack.ts';
import { readSurroundings } from '#bench/surroundings.ts';
import { exitCodeOf, lineOf } from '#bench/targets.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { say, seconds, step } from '#ops/local/progress.ts';
import { measureLogIns, type Shop } from './log-ins.ts';
import type { SecurityOptions } from './options.ts';
import { judge } from './targets.ts';

const PRODUCTS = 1_000;
const REDIS_DATABASE = 10;

/** @returns the exit code. */
export async function benchSecurity(options: SecurityOptions, signal: AbortSignal): Promise<0 | 1> {
  const begun = performance.now();
  const { rounds, runMs } = options;
  const report = await withStack(signal, async (stack): Promise<Report> => {
    const shop = await step('a shop with 1,000 products', () => openShop(stack));
    const surroundings = await readSurroundings(stack.servers.databaseUrl);
    const found = await step('reads while people log in', () => measureLogIns(shop, options));
    for (const note of found.notes) say(`  ${note}`);
    return {
      title: 'Hotshelf: what security costs',
      ...surroundings,
      durationSeconds: (performance.now() - begun) / SECOND_MS,
      parameters: { rounds, runMs },
      about: 'Passwords are hashed by argon2id, as in any shop.',
      chartsTitle: 'Figures, each beside the same in an idle shop',
      chartsNote: `A bar is the median of ${rounds} alternating rounds of ${runMs / SECOND_MS} s, each dot a round.`,
      judged: judge(found.outcomes),
      charts: found.charts,
      tables: [],
    };
  });
  const files = await writeReport(report, 'security');
  console.log('');
  for (const judged of report.judged) console.log(lineOf(judged));
  console.log(`\n${files.page}\nafter ${seconds(performance.now() - begun)}`);
  return exitCodeOf(report.judged);
}

async function openShop(stack: Stack): Promise<Shop> {
  const { servers, signal } = stack;
  const databaseUrl = await provideCatalogue({ servers, products: PRODUCTS, signal });
  const origin = await startOrigin(stack, {
    name: 'origin',
    databaseUrl,
    redisDatabase: REDIS_DATABASE,
    tiers: 'all',
  });
  const edge = await startEdgeProgram(stack, 'edge', origin.url);
  return { stack, databaseUrl, products: PRODUCTS, origin, edge };
}
