/** What is on a document, before it is printed: plain data, for it is printed by another process. */

import { currency, formatMoney, minor, money } from '#lib/money.ts';

export interface Sheet {
  readonly title: string;
  readonly sender: { readonly name: string; readonly lines: readonly string[] };
  readonly addressee: { readonly label: string; readonly lines: readonly string[] };
  /** What it is known by: numbers and dates. */
  readonly facts: readonly Fact[];
  readonly columns: readonly Column[];
  /** A cell for each column. */
  readonly rows: readonly (readonly string[])[];
  /** Sums below the table, the last of which counts. */
  readonly sums: readonly Fact[];
  readonly notes: readonly string[];
  /** RFC 3339: the same document is the same bytes whenever it is printed. */
  readonly issuedAt: string;
}

export interface Fact {
  readonly label: string;
  readonly value: string;
}

export interface Column {
  readonly label: string;
  /** Of the width of the page. */
  readonly share: number;
  readonly align: 'left' | 'right';
}

const DATE_CHARACTERS = 10;

/** A day as documents write it, in UTC. */
export const dayOf = (instant: string): string => instant.slice(0, DATE_CHARACTERS);

const PPM_PER_PERCENT = 10_000;

/** `19 %`, `8.875 %`. */
export const percentOf = (ratePpm: number): string => `${ratePpm / PPM_PER_PERCENT} %`;

/** An amount as it is answered, for people; negative where it is taken off. */
export const amountOf = (sum: { readonly amount: number; readonly currency: string }, sign: 1 | -1 = 1) =>
  formatMoney(money(minor(sign * sum.amount), currency(sum.currency)));
