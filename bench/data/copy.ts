/** Writes rows by COPY, PostgreSQL's fastest way in: text format, one line a row. */

import { finished } from 'node:stream/promises';
import type postgres from 'postgres';

export type CopyValue = string | number | Date | null | readonly string[];

/** One line of COPY's text format, https://www.postgresql.org/docs/current/sql-copy.html */
export function copyLine(values: readonly CopyValue[]): string {
  return `${values.map(copyField).join('\t')}\n`;
}

function copyField(value: CopyValue): string {
  if (value === null) return '\\N';
  if (typeof value === 'number') return String(value);
  if (value instanceof Date) return value.toISOString();
  return escapeField(typeof value === 'string' ? value : arrayLiteral(value));
}

function escapeField(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
}

function arrayLiteral(items: readonly string[]): string {
  return `{${items.map((item) => `"${item.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;
}

/** @param table with its columns, as in `products (id, slug)`. */
export async function copyRows(sql: postgres.Sql, table: string, lines: readonly string[]): Promise<void> {
  const stream = await sql.unsafe(`copy ${table} from stdin`).writable();
  const done = finished(stream);
  stream.end(lines.join(''));
  await done;
}
