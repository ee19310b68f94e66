/** The checkout bench, start to end: a shop of its own, every measurement, report, verdicts. */

import type { Chart, Report } from '#bench/page/model.ts';
import { writeReport } from '#bench/page/write.ts';
import { withStack } from '#bench/stack/stack.ts';
import { readSurroundings } from '#bench/surroundings.ts';
import { exitCodeOf, lineOf } from '#bench/targets.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { say, seconds, step } from '#ops/local/progress.ts';
import { CROWDS, type Found, measureRate, measureSale, measureTail } from './measure.ts';
import type { CheckoutOptions } from './options.ts';
import { openShop } from './shop.ts';
import { judge, type Outcomes } from './targets.ts';

/** @returns the exit code. */
export async function benchCheckout(options: CheckoutOptions, signal: AbortSignal): Promise<0 | 1> {
  const begun = performance.now();
  const { rounds, runMs, units, shoppers } = options;
  const report = await withStack(signal, async (stack): Promise<Report> => {
    const shop = await step('a shop with 1,000 variants', () => openShop(stack));
    const surroundings = await readSurroundings(stack.servers.databaseUrl);
    let outcomes: Outcomes = {};
    const charts: Chart[] = [];
    /** One that fails leaves its targets unmeasured and the rest untouched. */
    const take = async <Result extends Found>(title: string, measure: () => Promise<Result>) => {
      try {
        const found = await step(title, measure);
        for (const note of found.notes) say(`  ${note}`);
        outcomes = { ...outcomes, ...found.outcomes };
        charts.push(...found.charts);
        return found;
      } catch (error) {
        signal.throwIfAborted();
        say(`  ${error instanceof Error ? error.message : String(error)}`);
        return null;
      }
    };
    let best = 0;
    for (const shoppers of CROWDS) {
      const title = `orders a second, ${shoppers} at once`;
      const found = await take(title, () => measureRate(shop, options, shoppers));
      best = Math.max(best, found?.rate ?? 0);
    }
    if (best > 0) await take('checkout at half the rate', () => measureTail(shop, options, best));
    await take('flash sale', () => measureSale(shop, options));
    return {
      title: 'Hotshelf: the money path',
      ...surroundings,
      durationSeconds: (performance.now() - begun) / SECOND_MS,
      parameters: { rounds, runMs, units, shoppers },
      about: `Orders through HTTP at the origin, paid at the Stripe double; a flash sale of ${units.toLocaleString('en-US')} units.`,
      chartsTitle: 'Figures, each beside its limit',
      chartsNote: `A bar is the median of ${rounds} alternating rounds of ${runMs / SECOND_MS} s, each dot a round.`,
      judged: judge(outcomes),
      charts,
      tables: [],
    };
  });
  const files = await writeReport(report, 'checkout');
  console.log('');
  for (const judged of report.judged) console.log(lineOf(judged));
  console.log(`\n${files.page}\nafter ${seconds(performance.now() - begun)}`);
  return exitCodeOf(report.judged);
}
