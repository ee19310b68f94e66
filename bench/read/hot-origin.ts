/** The origin with its tiers warm: a hot product against a bare server, Redis against memory, lists against products. */

import { captureAnswer } from '#bench/programs/answer.ts';
import type { RunningProgram } from '#bench/stack/program.ts';
import { edgeHeaders, startLimit, startOrigin } from '#bench/stack/shop.ts';
import { figureOf, ratioOf } from '#bench/statistics.ts';
import { hotPath, LIST_PATH, searchPath } from './addresses.ts';
import { type Bench, CONNECTIONS, databaseOf, type Found, favourite, largest, REDIS } from './bench.ts';
import {
  alternate,
  type Compared,
  type Contender,
  chartOf,
  loadRun,
  rateAgainst,
  roundsOf,
} from './compare.ts';
import { settledTier } from './tier.ts';

type Name = 'product' | 'bare' | 'redis' | 'list' | 'search';

export async function measureHotOrigin(bench: Bench, origin: RunningProgram): Promise<Found> {
  const { stack, options } = bench;
  const size = largest(bench);
  const headers = edgeHeaders(stack);
  const hotUrl = origin.url + hotPath(size);
  const withoutMemory = await startOrigin(stack, {
    name: 'origin-without-memory',
    databaseUrl: databaseOf(bench, size),
    redisDatabase: REDIS.other,
    tiers: 'without memory',
  });
  const bare = await startLimit(stack, 'bare-server.ts', await captureAnswer(hotUrl, headers));
  const redisUrl = withoutMemory.url + hotPath(size);
  const redisTier = await settledTier(redisUrl, headers);
  const contender = (label: string, program: RunningProgram, url: string): Contender => ({
    label,
    role: program === bare ? 'limit' : 'subject',
    run: (_, runMs) =>
      loadRun({ url, headers, connections: CONNECTIONS, runMs, signal: stack.signal }, program.pid),
  });
  const contenders: Record<Name, Contender> = {
    bare: contender('bare Bun.serve, same bytes', bare, `${bare.url}/`),
    product: contender('hot product, L4', origin, hotUrl),
    redis: contender('hot product, L4 off', withoutMemory, redisUrl),
    list: contender('list page', origin, origin.url + LIST_PATH),
    search: contender('search result', origin, origin.url + searchPath(favourite(bench))),
  };
  const compared = await alternate(contenders, options);
  await withoutMemory.stop();
  await bare.stop();
  return {
    outcomes: {
      originHotRate: rateAgainst(compared.product, compared.bare),
      originHotTail: { figure: ratioOf(tails(compared, 'product'), tails(compared, 'bare')) },
      redisRate:
        redisTier === 'redis'
          ? rateAgainst(compared.redis, compared.product)
          : { missing: `with CACHE_MEMORY=off the answer came from '${redisTier}', not from Redis` },
      originListRate: rateAgainst(compared.list, compared.product),
      originSearchRate: rateAgainst(compared.search, compared.product),
    },
    charts: chartsOf(contenders, compared),
  };
}

function tails(compared: Compared<Name>, name: Name): readonly number[] {
  return roundsOf(compared[name], 'p99Ms');
}

function chartsOf(contenders: Record<Name, Contender>, compared: Compared<Name>) {
  const bareRate = figureOf(roundsOf(compared.bare, 'perSecond')).median;
  const bareTail = figureOf(tails(compared, 'bare')).median;
  return [
    chartOf(contenders, compared, {
      title: 'The origin, warm: requests per second',
      note: `wrk with ${CONNECTIONS} connections. The mark is 0.85 of the bare server's median.`,
      unit: 'requests/s',
      measure: 'perSecond',
      marks: [{ label: 'target for the hot product', value: 0.85 * bareRate }],
    }),
    chartOf(contenders, compared, {
      title: 'The origin, warm: p99',
      note: 'Of the same runs. The mark is 1.5 times the bare server.',
      unit: 'ms',
      measure: 'p99Ms',
      marks: [{ label: 'most for the hot product', value: 1.5 * bareTail }],
    }),
    chartOf(contenders, compared, {
      title: 'The origin, warm: processor time per request',
      note: "Of the server's process alone, in the same runs.",
      unit: 'µs',
      measure: 'cpuUs',
    }),
  ];
}
