/**
 * How texts stand in a file that Hotshelf wrote. A spreadsheet takes a cell that begins with one of `= + - @`, a tab or
 * a line break for a formula and may run it, so an apostrophe goes before it; it also goes before whatever the import
 * would trim. What follows an apostrophe is the text as it is, which makes reading back exact.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */

const NEEDS_GUARD = /^[=+\-@'\s]|\s$/;
const GUARD = "'";

export function guarded(text: string): string {
  return NEEDS_GUARD.test(text) ? `${GUARD}${text}` : text;
}

/** What people have put into the file by hand is trimmed, as in any other file. */
export function unguarded(cell: string): string {
  return cell.startsWith(GUARD) ? cell.slice(GUARD.length) : cell.trim();
}

type Separator = ',' | '/';

const SPECIAL = { ',': /[\\,]|^\s+|\s+$/g, '/': /[\\/]|^\s+|\s+$/g } as const;
const PART = { ',': /(?:\\.|[^\\,])+/gs, '/': /(?:\\.|[^\\/])+/gs } as const;
const TRIMMED = /^\s*((?:\\.|[^\\])*?)\s*$/s;

/** Texts in one cell: a separator within one, a backslash, and blanks around one stand after a backslash. */
export function joined(texts: readonly string[], separator: Separator): string {
  const escaped = texts.map((text) =>
    text.replace(SPECIAL[separator], (special) => [...special].map((character) => `\\${character}`).join('')),
  );
  return escaped.join(separator === ',' ? ', ' : separator);
}

export function separated(cell: string, separator: Separator): string[] {
  return (cell.match(PART[separator]) ?? [])
    .map((part) => (TRIMMED.exec(part)?.[1] ?? '').replace(/\\(.)/gs, '$1'))
    .filter((text) => text !== '');
}
