/** What a run has to say: its verdicts, its charts and what it ran on. Written as JSON and drawn as a page. */

import type { Judged } from '#bench/read/targets.ts';
import type { Figure } from '#bench/statistics.ts';

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

export type Chart = BarChart | DistributionChart;

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
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly runMs: number;
  readonly judged: readonly Judged[];
  readonly charts: readonly Chart[];
}
