/** What the page shows of each load: what was answered, and where the processor went. Pure. */

import type { Bar, BarChart, Table } from '#bench/page/model.ts';
import { figureOf, median } from '#bench/statistics.ts';
import { rounded } from '#bench/targets.ts';
import type { Flooded } from './flood.ts';

export interface Drawn extends Pick<Bar, 'label' | 'role'> {
  readonly floods: readonly Flooded[];
}

const HELD_SHARE = 0.9;

export function goodputChart(loads: readonly Drawn[]): BarChart {
  const bars = loads.map(({ label, role, floods }): Bar => {
    return { label, role, figure: figureOf(floods.map(({ goodPerSecond }) => goodPerSecond)) };
  });
  const capacity = bars[0]?.figure.median ?? 0;
  return {
    kind: 'bars',
    title: 'Lists answered a second, by how many were asked for',
    note: 'What is over the limit is refused at once, so that the rest is answered as if it were alone.',
    unit: 'answers/s',
    bars,
    marks: [{ label: '90 % of what is answered at best', value: capacity * HELD_SHARE }],
  };
}

export function tableOf(loads: readonly Drawn[]): Table {
  return {
    title: 'Where the processor goes',
    note: 'Medians. A program may have had less than all of a core: other work of the machine is not in the last column.',
    head: [
      ...['asked for', 'asked/s', 'answered/s', 'limit', 'origin, cores', 'Postgres, cores', 'load, cores'],
      'answered for each second of a core of the shop',
    ],
    rows: loads.map(({ label, floods }) => {
      const of = (value: (flooded: Flooded) => number) => rounded(median(floods.map(value)));
      return [
        label,
        of((flooded) => flooded.askedPerSecond),
        of((flooded) => flooded.goodPerSecond),
        of((flooded) => flooded.limit),
        of(({ cores }) => cores.origin),
        of(({ cores }) => cores.postgres),
        of(({ cores }) => cores.load),
        of(({ cores, goodPerSecond }) => goodPerSecond / (cores.origin + cores.postgres)),
      ];
    }),
  };
}
