/** Puts on sale what was scheduled for a time that has come. Any number of processes may do it at once. */

import type { Transaction } from '#db/client.ts';
import { lockDue } from '#db/due-products.ts';
import { type Deps, emit } from '#origin/deps.ts';
import * as writes from './change-store.ts';
import { dropAnswers } from './freshness.ts';
import { PUBLISHED, transition } from './publication.ts';

const PRODUCTS_PER_TRANSACTION = 50;

export async function publishDue(deps: Deps): Promise<void> {
  for (;;) {
    const published = await deps.db.transaction((tx) => publishSome(deps, tx));
    for (const product of published) await dropAnswers(deps, { ...product, productId: product.id });
    if (published.length < PRODUCTS_PER_TRANSACTION) return;
  }
}

async function publishSome(deps: Deps, tx: Transaction) {
  const now = deps.clock.now();
  const published = [];
  for (const { id } of await lockDue(tx, now, PRODUCTS_PER_TRANSACTION)) {
    const product = await writes.updateProduct(tx, id, transition('scheduled', PUBLISHED, now), now);
    const { slug, version } = product;
    await emit(deps, tx, { name: 'product.changed', data: { productId: id, slug, version } });
    published.push(product);
  }
  return published;
}
