/** The edge with its isolate warm, against a Worker that does nothing but answer. */

import { captureAnswer } from '#bench/programs/answer.ts';
import type { RunningProgram } from '#bench/stack/program.ts';
import { startLimit } from '#bench/stack/shop.ts';
import { figureOf } from '#bench/statistics.ts';
import { hotPath, LIST_PATH, searchPath } from './addresses.ts';
import { type Bench, CONNECTIONS, type Found, favourite, largest } from './bench.ts';
import { alternate, type Contender, chartOf, loadRun, rateAgainst, roundsOf } from './compare.ts';
import { settledTier } from './tier.ts';

type Name = 'product' | 'constant' | 'list' | 'search';

export async function measureHotEdge(bench: Bench, edge: RunningProgram): Promise<Found> {
  const { stack, options } = bench;
  const hotUrl = edge.url + hotPath(largest(bench));
  const tier = await settledTier(hotUrl, {});
  if (tier !== 'edge') throw new Error(`the edge does not keep a hot product (it came from '${tier}')`);
  const constant = await startLimit(stack, 'constant-worker.ts', await captureAnswer(hotUrl, {}));
  const contender = (label: string, program: RunningProgram, url: string): Contender => ({
    label,
    role: program === constant ? 'limit' : 'subject',
    run: (_, runMs) =>
      loadRun({ url, headers: {}, connections: CONNECTIONS, runMs, signal: stack.signal }, program.pid),
  });
  const contenders: Record<Name, Contender> = {
    constant: contender('constant Worker, same bytes', constant, `${constant.url}/`),
    product: contender('hot product', edge, hotUrl),
    list: contender('list page', edge, edge.url + LIST_PATH),
    search: contender('search result', edge, edge.url + searchPath(favourite(bench))),
  };
  const compared = await alternate(contenders, options);
  await constant.stop();
  const constantRate = figureOf(roundsOf(compared.constant, 'perSecond')).median;
  return {
    outcomes: {
      edgeHotRate: rateAgainst(compared.product, compared.constant),
      edgeListRate: rateAgainst(compared.list, compared.product),
      edgeSearchRate: rateAgainst(compared.search, compared.product),
    },
    charts: [
      chartOf(contenders, compared, {
        title: 'The edge, warm: requests per second',
        note: `wrk with ${CONNECTIONS} connections on workerd. The mark is 0.75 of the constant Worker's median.`,
        unit: 'requests/s',
        measure: 'perSecond',
        marks: [{ label: 'target for the hot product', value: 0.75 * constantRate }],
      }),
      chartOf(contenders, compared, {
        title: 'The edge, warm: processor time per request',
        note: 'Of workerd and the process that started it, in the same runs.',
        unit: 'µs',
        measure: 'cpuUs',
      }),
    ],
  };
}
