/**
 * What the origin's process holds once it has been through the whole of the load, readers of everything included: at
 * rest, when the runtime has given back what the load was made of. What it held at the last request stands beside it.
 */

import { residentBytes } from '#bench/load/cpu.ts';
import { runWrk } from '#bench/load/wrk.ts';
import type { Bar } from '#bench/page/model.ts';
import type { RunningProgram } from '#bench/stack/program.ts';
import { edgeHeaders } from '#bench/stack/shop.ts';
import { figureOf } from '#bench/statistics.ts';
import { writeProductPaths } from './addresses.ts';
import { type Bench, CONNECTIONS, type Found, largest } from './bench.ts';

const BYTES_PER_MB = 1_000_000;
/** How many runs of the load generator the Zipf load over the whole catalogue lasts. */
const RUNS = 3;
/** The collector's last round comes after some ten seconds without a request. */
const REST_MS = 20_000;
const QUICK_REST_MS = 1_000;

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
  const atLast = residentBytes(origin.pid);
  await Bun.sleep(options.isQuick ? QUICK_REST_MS : REST_MS);
  const atRest = residentBytes(origin.pid);
  if (atLast === null || atRest === null) {
    return { outcomes: { originMemory: { missing: 'only Linux tells (/proc)' } }, charts: [] };
  }
  const figure = figureOf([atRest / BYTES_PER_MB]);
  const bar = (label: string, bytes: number): Bar => ({
    label,
    role: 'subject',
    figure: figureOf([bytes / BYTES_PER_MB]),
  });
  return {
    outcomes: { originMemory: { figure } },
    charts: [
      {
        kind: 'bars',
        title: 'Resident memory of the origin after the load',
        note: `The process that served every warm load of this run, then a Zipf load over ${largest(bench).toLocaleString('en-US')} products.`,
        unit: 'MB',
        bars: [bar('at rest', atRest), bar('at the last request', atLast)],
        marks: [{ label: 'most', value: 200 }],
      },
    ],
  };
}
