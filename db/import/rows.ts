/** Reads a file row by row, knowing the physical line that each row starts on. Memory does not grow with the file. */

import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { unguarded } from '#db/export/escape.ts';
import { type Column, type Header, readHeader } from './columns.ts';

export interface SourceFile {
  readonly path: string;
  /** As the user wrote it; what messages call it. */
  readonly name: string;
}

export interface Place {
  readonly file: string;
  readonly line: number;
}

export interface Row extends Place {
  readonly header: Header;
  readonly cells: readonly string[];
  /** Why nothing but its place is to be trusted, and perhaps its handle; null for a row that reads well. */
  readonly brokenBecause: string | null;
}

export interface Refusal extends Place {
  readonly reason: string;
}

/** A file that cannot be used at all: missing, no CSV, no product export. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/** Past that, a quote was opened and never closed. */
const MAX_ROW_BYTES = 1024 * 1024;

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly empty_lines: number };
}

/**
 * Broken rows come too: whose rows they stand among has not been heard whole.
 * @throws {FileError} when the file is missing or is no product export
 */
export async function* readRows(file: SourceFile): AsyncGenerator<Row> {
  let header: Header | undefined;
  let ended: Refusal | undefined;
  for await (const { line, cells } of readCells(file, (refusal) => {
    // Nothing was understood so far: it is the file that is wrong, not a row.
    if (header === undefined) throw new FileError(`${file.name}: is no CSV: ${refusal.reason}`);
    ended = refusal;
  })) {
    if (header === undefined) header = expectHeader(file, cells);
    else {
      const reason = brokenBecause(header, cells);
      if (reason !== null || cells.some((cell) => cell !== ''))
        yield { file: file.name, line, header, cells, brokenBecause: reason };
    }
  }
  if (header === undefined) throw new FileError(`${file.name}: is empty`);
  if (ended !== undefined)
    yield { file: file.name, line: ended.line, header, cells: [], brokenBecause: ended.reason };
}

/** Reads no more than the header. @throws {FileError} as {@link readRows} does. */
export async function checkFile(file: SourceFile): Promise<void> {
  for await (const { cells } of readCells(file, ({ reason }) => {
    throw new FileError(`${file.name}: is no CSV: ${reason}`);
  })) {
    expectHeader(file, cells);
    return;
  }
  throw new FileError(`${file.name}: is empty`);
}

export function hasColumn(row: Row, column: Column): boolean {
  return row.header.places.has(column);
}

/** The trimmed text, '' where the file lacks the column. */
export function cell(row: Row, column: Column): string {
  const written = cellAsWritten(row, column);
  return row.header.isOwn ? unguarded(written) : written.trim();
}

/** With what guards it in a file of ours. */
export function cellAsWritten({ header, cells }: Row, column: Column): string {
  const place = header.places.get(column);
  return place === undefined ? '' : (cells[place] ?? '');
}

async function* readCells(
  file: SourceFile,
  broken: (refusal: Refusal) => void,
): AsyncGenerator<{ line: number; cells: readonly string[] }> {
  const bytes = createReadStream(file.path);
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: MAX_ROW_BYTES,
  });
  bytes.on('error', (error) => parser.destroy(error));
  let nextLine = 1;
  let emptyLines = 0;
  try {
    for await (const { record, info } of bytes.pipe(parser) as AsyncIterable<Parsed>) {
      // The parser's own count of lines takes a CRLF within quotes for two.
      const line = nextLine + info.empty_lines - emptyLines;
      emptyLines = info.empty_lines;
      nextLine = line + 1 + record.reduce((count, text) => count + text.split('\n').length - 1, 0);
      yield { line, cells: record };
    }
  } catch (error) {
    if (error instanceof FileError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!code.startsWith('CSV_')) throw unreadable(file, code, error);
    broken({ file: file.name, line: nextLine, reason: explain(code) });
  } finally {
    bytes.destroy();
  }
}

function explain(code: string): string {
  const opened = code === 'CSV_MAX_RECORD_SIZE' || code === 'CSV_QUOTE_NOT_CLOSED';
  const what = opened ? 'a quote is opened and never closed' : `not readable as CSV (${code})`;
  return `${what}; the rest of the file is not read`;
}

function unreadable(file: SourceFile, code: string, cause: unknown): FileError {
  if (code === 'ENOENT') return new FileError(`${file.name}: there is no such file`);
  if (code === 'EISDIR') return new FileError(`${file.name}: is a folder`);
  return new FileError(`${file.name}: cannot be read (${code || String(cause)})`, { cause });
}

function expectHeader(file: SourceFile, cells: readonly string[]): Header {
  if (cells.some((text) => text.includes('\0')))
    throw new FileError(`${file.name}: is no CSV but binary data or UTF-16`);
  const header = readHeader(cells);
  if (!('missing' in header)) return header;
  const names = header.missing.join(', ');
  throw new FileError(`${file.name}: is no Shopify product export: its first line lacks ${names}`);
}

function brokenBecause(header: Header, cells: readonly string[]): string | null {
  if (cells.length !== header.width) return `has ${cells.length} fields where the header has ${header.width}`;
  if (cells.some((text) => text.includes('\0'))) return 'contains a NUL character';
  // A text of the shop may hold one: what clients send is Unicode, and not always whole.
  if (!header.isOwn && cells.some((text) => text.includes('\uFFFD'))) return 'is not UTF-8';
  return null;
}
