/** What a bench must reach, each line a number that a run holds or falls short of. Pure. */

import type { Figure } from './statistics.ts';

export interface Target {
  readonly name: string;
  readonly bound: 'at least' | 'at most';
  readonly value: number;
  readonly unit: '' | '×' | '%' | 'ms' | 's' | 'MB';
}

/** What was measured for a target, or the sentence that says why nothing was. */
export type Outcome = { readonly figure: Figure } | { readonly missing: string };

export type Verdict = 'held' | 'short' | 'not measured';

export interface Judged<Id extends string = string> {
  readonly id: Id;
  readonly target: Target;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
}

/** Every target once, in the order of the table; what a run did not touch is not measured. */
export function judgeAll<Id extends string>(
  targets: Readonly<Record<Id, Target>>,
  outcomes: Readonly<Partial<Record<Id, Outcome>>>,
): readonly Judged<Id>[] {
  return Object.entries<Target>(targets).map(([name, target]) => {
    const id = name as Id;
    const outcome: Outcome = outcomes[id] ?? { missing: 'this run did not come to it' };
    return { id, target, outcome, verdict: verdictOf(target, outcome) };
  });
}

function verdictOf({ bound, value }: Target, outcome: Outcome): Verdict {
  if ('missing' in outcome) return 'not measured';
  const { median } = outcome.figure;
  // Written so that NaN is short.
  const isHeld = bound === 'at least' ? median >= value : median <= value;
  return isHeld ? 'held' : 'short';
}

/** Nothing short of every target held is a success. */
export function exitCodeOf(judged: readonly Judged[]): 0 | 1 {
  return judged.every(({ verdict }) => verdict === 'held') ? 0 : 1;
}

/** One line for the terminal: name, figure with its spread, target, verdict. */
export function lineOf({ target, outcome, verdict }: Judged): string {
  const wanted = `${target.bound} ${withUnit(target.value, target.unit)}`;
  const name = target.name.padEnd(NAME_WIDTH);
  if ('missing' in outcome) return `${name}  ${verdict}: ${outcome.missing} (target ${wanted})`;
  const { median, least, greatest, rounds } = outcome.figure;
  const spread = rounds.length > 1 ? ` (${rounded(least)} to ${rounded(greatest)})` : '';
  return `${name}  ${withUnit(median, target.unit)}${spread}, target ${wanted}: ${verdict}`;
}

const NAME_WIDTH = 66;

export function withUnit(value: number, unit: Target['unit']): string {
  return unit === '' || unit === '×' ? `${rounded(value)}${unit}` : `${rounded(value)} ${unit}`;
}

/** Three digits that matter; more would be noise. */
export function rounded(value: number): string {
  return new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 }).format(value);
}

export function atLeast(name: string, value: number, unit: Target['unit']): Target {
  return { name, bound: 'at least', value, unit };
}

export function atMost(name: string, value: number, unit: Target['unit']): Target {
  return { name, bound: 'at most', value, unit };
}
