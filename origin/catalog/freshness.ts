/** A changed product's answers leave this process and Redis; every other process hears of the change by NATS. */

import type { Deps } from '#origin/deps.ts';
import type { ChangedProduct } from './product-cache.ts';

/** Safe to repeat: the first time counts, wherever it comes from. */
export async function dropAnswers({ products, lists }: Deps, product: ChangedProduct): Promise<void> {
  await Promise.all([products.invalidate(product), lists.invalidate()]);
}

/** From now on, hears of changed products from every process. After a time without hearing, nothing is trusted. */
export function followChanges(deps: Deps): void {
  const { bus, currencies, products, lists, log } = deps;
  bus.watch('product.*', ({ name, data }) => {
    if (!('slug' in data)) return;
    dropAnswers(deps, data).catch((error: unknown) =>
      log.error('the answers of a changed product were not dropped', { event: name, error }),
    );
  });
  bus.watch('search.indexed', () => {
    lists.invalidate().catch((error: unknown) => log.error('searches were not dropped', { error }));
  });
  bus.watch('currency.changed', () => {
    currencies.refresh().catch((error: unknown) => log.error('what is sold in was not read', { error }));
  });
  bus.onConnect(() => {
    products.clear();
    lists.clear();
  });
}
