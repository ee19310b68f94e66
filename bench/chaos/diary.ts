/** What the shoppers saw, with the time of each: their own record, which the shop's books are held against. */

/** How a visit ended, in the shopper's words. */
export type Ending =
  | 'paid'
  | 'card declined'
  | 'bank refused'
  | 'out of stock'
  | 'paid, then cancelled'
  | 'other refusal'
  | 'gave up';

/** What the shop has acknowledged by a 2xx: it may not forget it. */
export interface Acknowledged {
  readonly orderId: string;
  readonly number: string;
  readonly totalMinor: number;
  /** The last status that an answer told of. */
  status: string;
}

export interface VisitEnd {
  readonly atMs: number;
  readonly ending: Ending;
  /** Of the checkout, from the first try to the final answer. */
  readonly tookMs: number;
  readonly tries: number;
}

export interface Failure {
  readonly atMs: number;
  readonly what: string;
}

export interface Diary {
  readonly begunAt: number;
  readonly acknowledged: Map<string, Acknowledged>;
  readonly visits: VisitEnd[];
  /** Tries that brought no final answer. */
  readonly failures: Failure[];
  /** Answers that cannot be right whatever has failed, in a sentence each. */
  readonly contradictions: string[];
}

export function openDiary(): Diary {
  return {
    begunAt: performance.now(),
    acknowledged: new Map(),
    visits: [],
    failures: [],
    contradictions: [],
  };
}

export function sinceBegin({ begunAt }: Diary): number {
  return performance.now() - begunAt;
}

/** How often each, the most frequent first. */
export function countBy<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a);
}
