/** What the origin's process holds once it has been through the whole of the load, readers of everything included. */

import { residentBytes } from '#bench/load/cpu.ts';
import { runWrk } from '#bench/load/wrk.ts';
import type { RunningProgram } from '#bench/stack/program.ts';
import { edgeHeaders } from '#bench/stack/shop.ts';
import { figureOf } from '#bench/statistics.ts';
import { writeProductPaths } from './addresses.ts';
import { type Bench, CONNECTIONS, type Found, largest } from './bench.ts';

const BYTES_PER_MB = 1_000_000;
/** How many runs of the load generator the Zipf load over the whole catalogue lasts. */
const RUNS = 3;

export async function measureMemory(bench: Bench, origin: RunningProgram): Promise<Found> {
  const { stack, options } = bench;
  await runWrk({
    url: `${origin.url}/`,
    headers: edgeHeaders(stack),
    connections: CONNECTIONS,
    runMs: options.runMs * RUNS,
    paths: { file: await writeProductPaths(stack.folder, largest(bench)), from: 0 },
    signal: stack.signal,
  });
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
        note: 'The process that served every warm load of this run, then a Zipf load over the whole catalogue.',
        unit: 'MB',
        bars: [{ label, role: 'subject', figure }],
        marks: [{ label: 'most', value: 200 }],
      },
    ],
  };
}
