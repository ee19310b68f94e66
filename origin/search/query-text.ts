/** A query as it was typed, taken apart: words, "a phrase", -without, this or that. All else is just text. */

export interface QueryText {
  /** What a hit has to have, in the order in which it was typed: of each list, one. */
  readonly wanted: readonly (readonly string[])[];
  /** Those that stood in quotes: their words have to follow each other. */
  readonly phrases: readonly string[];
  readonly without: readonly string[];
}

/** More words than anybody types: each costs a look into the dictionary. */
const MAX_PIECES = 12;
const PIECE = /(?<not>(?<=^|\s)-)?(?:"(?<phrase>[^"]*)"?|(?<word>[^\s"]+))/gu;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

export function parseQuery(text: string): QueryText {
  const wanted: string[][] = [];
  const phrases: string[] = [];
  const without: string[] = [];
  let alternatives: string[] | undefined;
  for (const { groups = {} } of [...text.matchAll(PIECE)].slice(0, MAX_PIECES)) {
    const { not, phrase, word } = groups;
    const piece = phrase ?? word ?? '';
    if (word?.toLowerCase() === 'or') {
      alternatives = wanted.at(-1);
      continue;
    }
    if (!LETTER_OR_DIGIT.test(piece)) continue;
    if (not !== undefined) {
      without.push(piece);
    } else if (alternatives !== undefined) {
      alternatives.push(piece);
    } else {
      wanted.push([piece]);
      if (phrase !== undefined) phrases.push(piece);
    }
    alternatives = undefined;
  }
  return { wanted, phrases: phrases.filter((phrase) => isAlone(wanted, phrase)), without };
}

/** A phrase among alternatives does not have to be there. */
function isAlone(wanted: readonly (readonly string[])[], phrase: string): boolean {
  return wanted.some((pieces) => pieces.length === 1 && pieces[0] === phrase);
}
