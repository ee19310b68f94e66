/** Products as CSV, a batch at a time: `for await (const { text } of exportProducts(read, scope))`. */

import type { Queryable } from '#db/client.ts';
import type { ProductId } from '#lib/ids.ts';
import { HEADER_LINE, productLines } from './product-rows.ts';
import { type ExportScope, readCategoryPaths, readProducts } from './read-products.ts';

export interface ExportedBatch {
  readonly text: string;
  readonly products: number;
}

/** Runs one read, on whatever connection. */
export type Read = <T>(read: (db: Queryable) => Promise<T>) => Promise<T>;

const PRODUCTS_PER_BATCH = 200;

/** The header first. A product that is changed meanwhile comes whole, as it was before or after. */
export async function* exportProducts(read: Read, scope: ExportScope): AsyncGenerator<ExportedBatch> {
  const paths = await read(readCategoryPaths);
  yield { text: HEADER_LINE, products: 0 };
  let after: ProductId | undefined = scope.after;
  for (;;) {
    const from: ExportScope = after === undefined ? scope : { ...scope, after };
    const batch = await read((db) => readProducts(db, from, PRODUCTS_PER_BATCH));
    const last = batch.at(-1);
    if (last === undefined) return;
    const lines = batch.map((product) =>
      productLines(product, product.categoryId === null ? [] : (paths.get(product.categoryId) ?? [])),
    );
    yield { text: lines.join(''), products: batch.length };
    if (batch.length < PRODUCTS_PER_BATCH) return;
    after = last.id;
  }
}
