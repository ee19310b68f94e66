/** Puts the rows of a product together: those that stand one after the other under the same handle. */

import { handleOf } from './handle.ts';
import type { Refusal, Row } from './rows.ts';

/** Shopify's limit is 2,048 variants a product; rows for images come on top. */
const MAX_ROWS_PER_PRODUCT = 4_096;

export interface Group {
  readonly rows: readonly Row[];
  /** A row within them or next to them was refused, and may have been the product's. */
  readonly isIncomplete: boolean;
}

export async function* groupRows(
  rows: AsyncIterable<Row>,
  refuse: (refusal: Refusal) => void,
): AsyncGenerator<Group> {
  let group: Row[] = [];
  let handle = '';
  let isIncomplete = false;
  let isLastRefused = false;
  for await (const row of rows) {
    const next = handleOf(row);
    const reason = row.brokenBecause ?? refusedBecause(next, next === handle ? group.length : 0);
    if (reason !== undefined) {
      refuse({ file: row.file, line: row.line, reason });
      isIncomplete = true;
      isLastRefused = true;
      continue;
    }
    if (next !== handle && group.length > 0) {
      yield { rows: group, isIncomplete };
      group = [];
      isIncomplete = isLastRefused;
    }
    handle = next;
    isLastRefused = false;
    group.push(row);
  }
  if (group.length > 0) yield { rows: group, isIncomplete };
}

function refusedBecause(handle: string, rowsSoFar: number): string | undefined {
  if (handle === '') return 'Handle is missing';
  if (rowsSoFar >= MAX_ROWS_PER_PRODUCT) return `the product has more than ${MAX_ROWS_PER_PRODUCT} rows`;
  return undefined;
}
