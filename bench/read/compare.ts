/** Contenders side by side: a run of each, over and over, so that what the machine does besides hits all alike. */

import { cpuSeconds } from '#bench/load/cpu.ts';
import { type Load, type LoadResult, runWrk } from '#bench/load/wrk.ts';
import type { Bar, BarChart } from '#bench/page/model.ts';
import { figureOf, ratioOf } from '#bench/statistics.ts';
import type { Outcome } from '#bench/targets.ts';
import { present } from '#lib/assert.ts';

/** One run of one contender. */
export interface Run {
  readonly perSecond: number;
  /** Null where the load generator does not say. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Processor time of the process under load for one request, in microseconds; null where it is not known. */
  readonly cpuUs: number | null;
}

export interface Contender {
  readonly label: string;
  readonly role: Bar['role'];
  /** @param round counts from 0; the warm-up is round -1. */
  run(round: number, runMs: number): Promise<Run>;
}

export type Compared<Name extends string> = Readonly<Record<Name, readonly Run[]>>;

const WARM_UP_SHARE = 0.5;
const US_PER_SECOND = 1_000_000;

export async function alternate<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { rounds, runMs }: { readonly rounds: number; readonly runMs: number },
): Promise<Compared<Name>> {
  const names = Object.keys(contenders) as Name[];
  const runs = Object.fromEntries(names.map((name) => [name, [] as Run[]])) as Record<Name, Run[]>;
  for (const name of names) await contenders[name].run(-1, runMs * WARM_UP_SHARE);
  for (let round = 0; round < rounds; round += 1) {
    // Every other round the other way about: who comes second finds the machine warmer.
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) runs[name].push(await contenders[name].run(round, runMs));
  }
  return runs;
}

/** A load on the process of this id, and what it cost it. */
export async function loadRun(load: Load, pid: number): Promise<Run> {
  const before = cpuSeconds(pid);
  const result: LoadResult = await runWrk(load);
  const after = cpuSeconds(pid);
  const cpuUs =
    before === null || after === null ? null : ((after - before) * US_PER_SECOND) / result.requests;
  return { perSecond: result.perSecond, p50Ms: result.p50Ms, p99Ms: result.p99Ms, cpuUs };
}

export type Measure = 'perSecond' | 'p50Ms' | 'p99Ms' | 'cpuUs';

/** The rounds of one measure; a round without it is left out. */
export function roundsOf(runs: readonly Run[], measure: Measure): readonly number[] {
  return runs.flatMap((run) => run[measure] ?? []);
}

/** How many requests a second the one answers for each that the other does. */
export function rateAgainst(subject: readonly Run[], limit: readonly Run[]): Outcome {
  return { figure: ratioOf(roundsOf(subject, 'perSecond'), roundsOf(limit, 'perSecond')) };
}

export interface ChartText {
  readonly title: string;
  readonly note: string;
  readonly unit: string;
  readonly measure: Measure;
  readonly marks?: BarChart['marks'];
}

/** A bar for each contender that has the measure. */
export function chartOf<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  compared: Compared<Name>,
  { measure, marks = [], ...text }: ChartText,
): BarChart {
  const bars = (Object.keys(contenders) as Name[]).flatMap((name): Bar[] => {
    const values = roundsOf(compared[name], measure);
    const { label, role } = present(contenders[name], name);
    return values.length === 0 ? [] : [{ label, role, figure: figureOf(values) }];
  });
  return { kind: 'bars', ...text, bars, marks };
}
