/**
 * What `JSON.parse` lets pass and no two readers agree on, or nobody means: a name given twice in one object, arrays
 * and objects many levels deep. Read from the text, for the parsed value no longer tells.
 */

import type { InputError } from '#lib/problems.ts';

/** The deepest body of the API has four levels. */
export const MAX_JSON_DEPTH = 16;

const TWICE = 'must not give a name twice in one object';
const TOO_DEEP = `must not be deeper than ${MAX_JSON_DEPTH} levels`;

/**
 * The first fault of the shape; null where there is none. The text need not be JSON: what is not is left to the parser.
 * @throws {SyntaxError} for a name that is no JSON text
 */
export function faultOfShape(text: string): InputError | null {
  const nesting = createNesting();
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') {
      const end = endOfText(text, at);
      if (!nesting.takesText(text, at, end)) return fault(TWICE);
      at = end - 1;
    } else if (!nesting.takesSign(text[at])) return fault(TOO_DEEP);
  }
  return null;
}

/** Where in the arrays and objects a reader of the text is. */
function createNesting() {
  /** The names so far of each open object; null for an array. */
  const open: (Set<string> | null)[] = [];
  let awaitsName = false;
  return {
    /** False where that is one level too many. */
    takesSign(sign: string | undefined): boolean {
      if (sign === '{' || sign === '[') {
        awaitsName = sign === '{';
        return open.push(awaitsName ? new Set() : null) <= MAX_JSON_DEPTH;
      }
      if (sign === '}' || sign === ']') open.pop();
      else if (sign === ',') awaitsName = Boolean(open.at(-1));
      return true;
    },
    /** False where it is a name, and known. Escapes are read first: `"\u0061"` is the name `a` again. */
    takesText(text: string, start: number, end: number): boolean {
      const names = open.at(-1);
      if (!awaitsName || !names) return true;
      awaitsName = false;
      const name = String(JSON.parse(text.slice(start, end)));
      const isKnown = names.has(name);
      names.add(name);
      return !isKnown;
    },
  };
}

const fault = (message: string): InputError => ({ path: '', message });

/** Behind the closing quote of the text that opens at `start`; the end, where it is never closed. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}
