/** What the origin's process holds once it has been through the whole of the load. */

import { residentBytes } from '#bench/load/cpu.ts';
import type { RunningProgram } from '#bench/stack/program.ts';
import { figureOf } from '#bench/statistics.ts';
import { type Bench, type Found, largest } from './bench.ts';

const BYTES_PER_MB = 1_000_000;

export function measureMemory(bench: Bench, origin: RunningProgram): Found {
  const bytes = residentBytes(origin.pid);
  if (bytes === null) {
    return { outcomes: { originMemory: { missing: 'only Linux tells (/proc)' } }, charts: [] };
  }
  const figure = figureOf([bytes / BYTES_PER_MB]);
  const label = `origin, ${largest(bench).toLocaleString('en-US')} products`;
  return {
    outcomes: { originMemory: { figure } },
    charts: [
      {
        kind: 'bars',
        title: 'Resident memory of the origin after the load',
        note: 'The process that served every warm load of this run.',
        unit: 'MB',
        bars: [{ label, role: 'subject', figure }],
        marks: [{ label: 'most', value: 200 }],
      },
    ],
  };
}
