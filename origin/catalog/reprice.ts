/** Renewing what lists say a product costs, and telling everybody that its answers are otherwise now. */

import type { Transaction } from '#db/client.ts';
import {
  listMispriced,
  lockProducts,
  lockRepriced,
  renewCurrentPrices,
  setPriceChange,
} from '#db/current-prices.ts';
import type { ProductId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { announce } from './change-product.ts';
import * as writes from './change-store.ts';
import { dropAnswers } from './freshness.ts';

const PRODUCTS_PER_TRANSACTION = 50;
/** What is over it waits for the next round. */
const MAX_MENDED = 5_000;

/** For whoever has changed a price of a product that the transaction has locked; see `dropAnswers` for after it. */
export async function repriceProduct(deps: Deps, tx: Transaction, id: ProductId) {
  const now = deps.clock.now();
  const prices = await renewCurrentPrices(tx, id, now);
  const product = await writes.updateProduct(tx, id, prices, now);
  await announce(deps, tx, product.status, product);
  const { slug, version } = product;
  return { productId: id, slug, version };
}

/**
 * A chore: of prices that have begun or ended. Answers end by themselves at that time; lists are put in order by this, and
 * whatever was read a moment too early is dropped. Any number of processes may do it at once.
 */
export async function repriceDue(deps: Deps): Promise<void> {
  for (;;) {
    const renewed = await deps.db.transaction(async (tx) => {
      const products = [];
      for (const { id } of await lockRepriced(tx, deps.clock.now(), PRODUCTS_PER_TRANSACTION)) {
        products.push(await repriceProduct(deps, tx, id));
      }
      return products;
    });
    for (const product of renewed) await dropAnswers(deps, product);
    if (renewed.length < PRODUCTS_PER_TRANSACTION) return;
  }
}

/**
 * A chore: mends what was written past the verbs, as by a load in bulk. Nobody is told where only lists in other currencies are
 * concerned: answers are right without it. @returns how many products
 */
export async function mendPrices(deps: Deps): Promise<number> {
  const { db, clock, lists } = deps;
  const wrong = await listMispriced(db, clock.now(), MAX_MENDED);
  for (let start = 0; start < wrong.length; start += PRODUCTS_PER_TRANSACTION) {
    const ids = wrong.slice(start, start + PRODUCTS_PER_TRANSACTION);
    const changed = await db.transaction((tx) => mend(deps, tx, ids));
    for (const product of changed) await dropAnswers(deps, product);
  }
  if (wrong.length > 0) await lists.invalidate();
  return wrong.length;
}

async function mend(deps: Deps, tx: Transaction, ids: readonly ProductId[]) {
  const changed = [];
  for (const { id, priceMinor } of await lockProducts(tx, ids)) {
    const now = await renewCurrentPrices(tx, id, deps.clock.now());
    if ((now.priceMinor ?? priceMinor) === priceMinor) await setPriceChange(tx, id, now.priceChangesAt);
    else changed.push(await repriceProduct(deps, tx, id));
  }
  return changed;
}
