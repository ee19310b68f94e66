/** Puts the rows of a product together: those that stand one after the other under the same handle. */

import { cell, type Refusal, type Row } from './rows.ts';

/** Shopify's limit is 2,048 variants a product; rows for images come on top. */
const MAX_ROWS_PER_PRODUCT = 4_096;

export async function* groupRows(
  rows: AsyncIterable<Row>,
  refuse: (refusal: Refusal) => void,
): AsyncGenerator<readonly Row[]> {
  let group: Row[] = [];
  let handle = '';
  for await (const row of rows) {
    const next = cell(row, 'handle').toLowerCase();
    if (next !== handle && group.length > 0) {
      yield group;
      group = [];
    }
    handle = next;
    const reason = refusedBecause(next, group.length);
    if (reason === undefined) group.push(row);
    else refuse({ file: row.file, line: row.line, reason });
  }
  if (group.length > 0) yield group;
}

function refusedBecause(handle: string, rowsSoFar: number): string | undefined {
  if (handle === '') return 'Handle is missing';
  if (rowsSoFar >= MAX_ROWS_PER_PRODUCT) return `the product has more than ${MAX_ROWS_PER_PRODUCT} rows`;
  return undefined;
}
