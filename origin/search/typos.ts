/** How far apart two words are in typing, and how far apart they may be. */

const MIN_LENGTH_FOR_ONE = 4;
const MIN_LENGTH_FOR_TWO = 8;

/** How many slips a word of this length is forgiven: short words are too close to each other for any. */
export function allowedTypos(word: string): number {
  if (word.length < MIN_LENGTH_FOR_ONE) return 0;
  return word.length < MIN_LENGTH_FOR_TWO ? 1 : 2;
}

/** Insertions, deletions, substitutions and swaps of neighbours that make one word of the other. */
export function typosBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          (last[column] ?? Number.POSITIVE_INFINITY) + 1,
          (current[column - 1] ?? Number.POSITIVE_INFINITY) + 1,
          (last[column - 1] ?? Number.POSITIVE_INFINITY) + (isSame ? 0 : 1),
          isSwapped ? (beforeLast[column - 2] ?? Number.POSITIVE_INFINITY) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

export interface Candidate {
  readonly term: string;
  readonly frequency: number;
}

const MAX_CORRECTIONS = 5;
const MIN_BEGINNING = 3;
/** A word that was not typed to its end is as likely as one with a slip. */
const UNFINISHED = 1;

/** The dictionary's words that may have been meant, the likeliest first. */
export function corrections(word: string, candidates: readonly Candidate[]): Candidate[] {
  return candidates
    .map((candidate) => ({ candidate, distance: distanceTo(word, candidate.term) }))
    .filter(({ distance }) => distance !== null)
    .sort((a, b) => (a.distance ?? 0) - (b.distance ?? 0) || b.candidate.frequency - a.candidate.frequency)
    .slice(0, MAX_CORRECTIONS)
    .map(({ candidate }) => candidate);
}

function distanceTo(word: string, term: string): number | null {
  if (word.length >= MIN_BEGINNING && term.startsWith(word)) return UNFINISHED;
  const typos = typosBetween(word, term);
  return typos <= allowedTypos(word) ? typos : null;
}
