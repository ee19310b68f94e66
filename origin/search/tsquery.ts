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
/** A hit has to have one of the pieces. */
export type Wish = readonly Piece[];

/**
 * How much of a query a hit has to have: all wishes (and what an unknown word may have meant), all wishes or
 * what each word may have meant, all but one, or any. Of two words neither is given up.
 */
export const READINGS = ['all', 'meant', 'most', 'any'] as const;
export type Reading = (typeof READINGS)[number];

const MIN_WISHES_TO_GIVE_UP_ONE = 3;

/** Null when this reading is not for so few words. */
export function toTsquery(wishes: readonly Wish[], reading: Reading): string | null {
  const meant = wishes.map((wish) => wishQuery(wish, 'meant'));
  switch (reading) {
    case 'all':
      return and(wishes.map((wish) => wishQuery(wish, 'typed')));
    case 'meant':
      return and(meant);
    case 'most':
      return meant.length < MIN_WISHES_TO_GIVE_UP_ONE
        ? null
        : or(meant.map((_, index) => and(meant.toSpliced(index, 1))));
    case 'any':
      return meant.length < MIN_WISHES_TO_GIVE_UP_ONE ? null : or(meant);
  }
}

function wishQuery(wish: Wish, how: 'typed' | 'meant'): string {
  return or(wish.map((piece) => pieceQuery(piece, how)));
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
export function respell(wishes: readonly Wish[]): string | null {
  const words = wishes.flat(2);
  const respelled = words.map((word) => likelier(word) ?? word.word);
  return respelled.every((word, index) => word === words[index]?.word) ? null : respelled.join(' ');
}

function likelier({ word, forms, frequency, corrections }: Word): string | undefined {
  if (forms.length === 0) return corrections[0]?.term;
  const slip = corrections.find(({ term }) => typosBetween(word, term) <= allowedTypos(word));
  return slip && slip.frequency >= frequency * FAR_MORE_FREQUENT ? slip.term : undefined;
}
