/** `npm run rolling-restart`: every part of the running shop in turn, while people read and buy, and what they saw. */

import { parseArgs } from 'node:util';
import { SECOND_MS } from '#lib/clock.ts';
import { LOCAL } from '#ops/local/paths.ts';
import { seconds } from '#ops/local/progress.ts';
import { readRunningShop } from '#ops/local/running.ts';
import { partsOf, restartPart } from './restart.ts';
import { type Shoppers, startShoppers } from './shoppers.ts';

const HELP = `npm run rolling-restart

Ends every part of the running shop in turn, as for a new release, waits until it serves again, and counts what people
are answered meanwhile: all else than an answer or a clear 409, 429 or 503 is a failure, and the exit code is 1 then.

  -- --only origin,origin-2   these parts, in this order

Of origins and workers there are several, the edge is renewed while it serves, and nobody notices. With PostgreSQL away,
reads go on from the caches, and writes are refused clearly. Start the shop first: npm start
`;

/** After a part is back: what its absence has broken shows by then. */
const SETTLE_MS = 3 * SECOND_MS;
const SHOWN_FAILURES = 5;

async function restart(name: string, shoppers: Shoppers): Promise<number> {
  const away = await restartPart(LOCAL, name);
  await Bun.sleep(SETTLE_MS);
  const { answered, refused, failed } = shoppers.take();
  const back = away === null ? 'not needed' : `back after ${seconds(away)}`;
  const counts = `${String(answered).padStart(5)} answered   ${String(refused).padStart(3)} refused   ${String(failed.length).padStart(3)} failed`;
  console.log(`  ${name.padEnd(22)}${back.padEnd(18)}${counts}`);
  for (const failure of failed.slice(0, SHOWN_FAILURES)) console.log(`    ${failure}`);
  return failed.length;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const running = await readRunningShop();
  if (running === null) throw new Error('The shop does not run; start it first: npm start');
  const parts = await partsOf(LOCAL);
  const wanted = values.only?.split(',') ?? parts;
  const unknown = wanted.find((name) => !parts.includes(name));
  if (unknown !== undefined) throw new Error(`No part is called ${unknown}; there are ${parts.join(', ')}.`);
  const shoppers = await startShoppers(running.edgeUrl);
  let failures = 0;
  for (const name of wanted) failures += await restart(name, shoppers);
  await shoppers.stop();
  console.log(`  ${failures === 0 ? 'no failure' : `${failures} failures`}`);
  return failures === 0 ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(`rolling-restart: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
