/** What shoppers search for, and how often: the bench's own list, or a file of `query,popularity,hits`. */

import { parse } from 'csv-parse/sync';
import { UsageError } from './command.ts';

export interface WeightedQuery {
  readonly text: string;
  readonly weight: number;
}

const MAX_QUERIES = 100_000;
/** Of the search itself, in characters. */
const MAX_QUERY_LENGTH = 200;

/** A file of queries that cannot be used: one sentence. */
export class QueryFileError extends UsageError {
  override readonly name = 'QueryFileError';
}

/**
 * Reads CSV with a header that has `query` and `popularity`; other columns are ignored. A query of popularity 0
 * is in the file because somebody asked it, so it counts as asked once more than its popularity says.
 */
export function parseQueries(csv: string): readonly WeightedQuery[] {
  const rows = readRows(csv);
  if (rows.length === 0) throw new QueryFileError('The query file has no queries.');
  if (rows.length > MAX_QUERIES)
    throw new QueryFileError(`The query file has more than ${MAX_QUERIES} queries.`);
  return rows.map((row, index) => {
    const line = index + 2;
    const text = row['query']?.trim() ?? '';
    const popularity = row['popularity']?.trim() ?? '';
    if (text === '' || text.length > MAX_QUERY_LENGTH) {
      throw new QueryFileError(
        `Row ${line} of the query file has no query of 1 to ${MAX_QUERY_LENGTH} characters.`,
      );
    }
    if (!/^\d{1,9}$/.test(popularity)) {
      throw new QueryFileError(`Row ${line} of the query file has no popularity that is a whole number.`);
    }
    return { text, weight: Number(popularity) + 1 };
  });
}

function readRows(csv: string): Readonly<Record<string, string | undefined>>[] {
  try {
    return parse(csv, { columns: true, bom: true, skip_empty_lines: true });
  } catch (cause) {
    throw new QueryFileError('The query file is no CSV with a header.', { cause });
  }
}

/** Heads of departments, kinds, whole names, several words, a phrase, a typo, and what nobody sells. */
const OWN: readonly (readonly [text: string, weight: number])[] = [
  ['mug', 120],
  ['laptop', 110],
  ['headphones', 95],
  ['organic cotton tee', 80],
  ['hoodie', 75],
  ['linen', 70],
  ['camping', 64],
  ['wireless speaker', 60],
  ['kettle', 55],
  ['merino socks', 50],
  ['television', 48],
  ['canvas sneaker', 44],
  ['garden', 40],
  ['washed hoodie', 36],
  ['phone case', 34],
  ['tablet', 32],
  ['"watch cap"', 28],
  ['electric cooktop', 26],
  ['notebook -ruled', 24],
  ['large blue', 22],
  ['headphnes', 18],
  ['gift for a gardener', 14],
  ['plainsong', 12],
  ['suede walking shoe', 10],
  ['xylophone of glass', 4],
];

export const OWN_QUERIES: readonly WeightedQuery[] = OWN.map(([text, weight]) => ({ text, weight }));
