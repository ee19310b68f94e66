/** A query as it was typed, taken apart: words, "a phrase", -without. Everything else is just text. */

export interface QueryText {
  /** Pieces that a hit has to have, in the order in which they were typed. */
  readonly pieces: readonly string[];
  /** Those of them that stood in quotes: their words have to follow each other. */
  readonly phrases: readonly string[];
  readonly without: readonly string[];
}

/** More words than anybody types: each costs a look into the dictionary. */
const MAX_PIECES = 12;
const PIECE = /(?<not>(?<=^|\s)-)?(?:"(?<phrase>[^"]*)"?|(?<word>[^\s"]+))/gu;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

export function parseQuery(text: string): QueryText {
  const pieces: string[] = [];
  const phrases: string[] = [];
  const without: string[] = [];
  for (const { groups = {} } of [...text.matchAll(PIECE)]) {
    const { not, phrase, word } = groups;
    const piece = phrase ?? word ?? '';
    if (!LETTER_OR_DIGIT.test(piece)) continue;
    if (pieces.length + without.length === MAX_PIECES) break;
    if (not !== undefined) {
      without.push(piece);
    } else {
      pieces.push(piece);
      if (phrase !== undefined) phrases.push(piece);
    }
  }
  return { pieces, phrases, without };
}
