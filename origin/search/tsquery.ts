/** From words to the text of a `tsquery`, from the strictest reading of a query to the most forgiving. */

import { allowedTypos, type Candidate, typosBetween } from './typos.ts';

export interface Word {
  readonly word: string;
  /** The dictionary's words of the same stem; none for a word that it does not know. */
  readonly forms: readonly string[];
  /** How many documents have one of the forms, about. */
  readonly frequency: number;
  /** What may have been meant, the likeliest first. */
  readonly corrections: readonly Candidate[];
}

/** What was typed without a space between: its words, in order. */
export type Piece = readonly Word[];

/**
 * How much of a query a hit has to have: all words (and what an unknown one may have meant), all words or what
 * each may have meant, all but one of them, or any.
 */
export const READINGS = ['all', 'meant', 'most', 'any'] as const;
export type Reading = (typeof READINGS)[number];

/** Null when this reading is no other than the one before it. */
export function toTsquery(pieces: readonly Piece[], reading: Reading): string | null {
  switch (reading) {
    case 'all':
      return and(pieces.map((piece) => pieceQuery(piece, 'typed')));
    case 'meant':
      return and(pieces.map((piece) => pieceQuery(piece, 'meant')));
    case 'most':
      return pieces.length < 2 ? null : or(pieces.map((_, index) => and(allBut(pieces, index))));
    case 'any':
      return pieces.length < 3 ? null : or(pieces.map((piece) => pieceQuery(piece, 'meant')));
  }
}

function allBut(pieces: readonly Piece[], left: number): string[] {
  return pieces.filter((_, index) => index !== left).map((piece) => pieceQuery(piece, 'meant'));
}

/** `wi-fi` is found where it says 'wi fi' and where it says 'wifi'. */
function pieceQuery(piece: Piece, how: 'typed' | 'meant'): string {
  const words = and(piece.map((word) => or(wordForms(word, how).map(lexeme))));
  if (piece.length < 2) return words;
  return or([words, lexeme(piece.map(({ word }) => word).join(''))]);
}

function wordForms({ word, forms, corrections }: Word, how: 'typed' | 'meant'): readonly string[] {
  if (how === 'typed' && forms.length > 0) return forms;
  const all = [...forms, ...corrections.map(({ term }) => term)];
  return all.length === 0 ? [word] : all;
}

export function lexeme(text: string): string {
  return `'${text.replace(/['\\]/g, (character) => character + character)}'`;
}

export function and(parts: readonly string[]): string {
  return join(parts, ' & ');
}

export function or(parts: readonly string[]): string {
  return join(parts, ' | ');
}

export function not(part: string): string {
  return `!${join([part, part], ' | ')}`;
}

function join(parts: readonly string[], operator: string): string {
  const [first = ''] = parts;
  return parts.length === 1 ? first : `(${parts.join(operator)})`;
}

/** A known word is held to be a slip when another spelling is so many times as frequent. */
const FAR_MORE_FREQUENT = 10;

/** The query as it may have been meant; null when that is what was typed. */
export function respell(pieces: readonly Piece[]): string | null {
  const words = pieces.flat();
  const respelled = words.map((word) => likelier(word) ?? word.word);
  return respelled.every((word, index) => word === words[index]?.word) ? null : respelled.join(' ');
}

function likelier({ word, forms, frequency, corrections }: Word): string | undefined {
  if (forms.length === 0) return corrections[0]?.term;
  const slip = corrections.find(({ term }) => typosBetween(word, term) <= allowedTypos(word));
  return slip && slip.frequency >= frequency * FAR_MORE_FREQUENT ? slip.term : undefined;
}
