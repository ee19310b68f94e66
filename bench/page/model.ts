/** What a run has to say: its verdicts, its charts and what it ran on. Written as JSON and drawn as a page. */

import type { Figure } from '#bench/statistics.ts';
import type { Judged } from '#bench/targets.ts';
import type { Matrix } from './matrix.ts';

export interface Bar {
  readonly label: string;
  /** `limit`: what the machine can do at best, measured beside. */
  readonly role: 'subject' | 'limit';
  readonly figure: Figure;
}

/** A line to be reached or kept under. */
export interface Mark {
  readonly label: string;
  readonly value: number;
}

/** One bar a contender, with a dot for each round. */
export interface BarChart {
  readonly kind: 'bars';
  readonly title: string;
  readonly note: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
  readonly marks: readonly Mark[];
}

/** Every single value, by how many lie below it. */
export interface DistributionChart {
  readonly kind: 'distribution';
  readonly title: string;
  readonly note: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly marks: readonly Mark[];
}

/** What was how, from when to when: one row a subject. */
export interface TimelineChart {
  readonly kind: 'timeline';
  readonly title: string;
  readonly note: string;
  readonly durationSeconds: number;
  readonly rows: readonly string[];
  readonly spans: readonly Span[];
}

export interface Span {
  readonly row: string;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly role: 'fault' | 'recovery';
  readonly label: string;
}

/** How often something was, by time: a line for each. */
export interface RateChart {
  readonly kind: 'rates';
  readonly title: string;
  readonly note: string;
  readonly durationSeconds: number;
  readonly unit: string;
  readonly lines: readonly RateLine[];
}

export interface RateLine {
  readonly label: string;
  readonly role: 'subject' | 'limit' | 'mark';
  /** One a second, from the first. */
  readonly perSecond: readonly number[];
}

export type Chart = BarChart | DistributionChart | TimelineChart | RateChart;

export interface Table {
  readonly title: string;
  readonly note: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Surroundings {
  readonly startedAt: string;
  readonly command: string;
  readonly commit: string;
  readonly machine: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
}

export interface Report extends Surroundings {
  readonly title: string;
  readonly durationSeconds: number;
  /** With what the run was made: sizes, rounds, seeds. */
  readonly parameters: Readonly<Record<string, number | readonly number[]>>;
  /** One sentence behind the verdicts' count. */
  readonly about: string;
  /** How the charts are to be read. */
  readonly chartsTitle: string;
  readonly chartsNote: string;
  readonly judged: readonly Judged[];
  readonly matrix?: Matrix;
  readonly charts: readonly Chart[];
  readonly tables: readonly Table[];
}
