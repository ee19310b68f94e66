/**
 * `npm run demo`: buys something at the running shop, through the edge as a shopper would, and tells of each
 * step. It honours Retry-After, as every good client does.
 */

import { parseArgs } from 'node:util';
import { showEverything } from './demo/full.ts';
import { showPurchase } from './demo/plain.ts';
import { DemoFailure } from './demo/shop.ts';
import { readRunningShop } from './local/running.ts';

const HELP = `npm run demo

Buys something at the running shop and tells of each step: search, product, cart, shipping, code, payment, order, email.
Start the shop first: npm start

  npm run demo -- --full   the whole life of an order: two products in euros, with a code, German tax in the price and
                           express shipping, quoted line by line; paid by 3-D Secure and completed by the webhook; sent
                           in two parcels with tracking, delivered; one of them returned, restocked and refunded; each
                           email named. Then the order's ledger, account by account, and every amount of the quote, the
                           charge and the order side by side
  npm run demo -- --help   this text

Exit code: 0 when every step was as it must be, 1 when one was not, which the last line then says, 2 when the call is
wrong.
`;

async function walk(isFull: boolean): Promise<void> {
  const running = await readRunningShop();
  if (running === null) throw new DemoFailure('the shop does not run; start it first: npm start');
  await (isFull ? showEverything(running) : showPurchase(running));
}

function readArguments(): { readonly help: boolean; readonly full: boolean } | null {
  try {
    const options = {
      full: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nTry --help.`);
    return null;
  }
}

async function main(): Promise<number> {
  const wanted = readArguments();
  if (wanted === null) return 2;
  if (wanted.help) {
    console.log(HELP);
    return 0;
  }
  try {
    await walk(wanted.full);
    return 0;
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    console.error(`demo: ${error.message}`);
    return 1;
  }
}

process.exit(await main());
