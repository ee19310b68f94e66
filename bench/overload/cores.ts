/**
 * The load on one core and the shop on the others: on the same, a flood takes from the shop what a flood from elsewhere
 * would not, and every figure is of the generator, too.
 */

import { availableParallelism } from 'node:os';
import { processesOf } from '#bench/load/cpu.ts';

const LOAD_CORE = '0';

/**
 * @param load with whatever these processes start later
 * @param shop with whatever they have started, too
 * @returns whether they are apart: it takes two cores, and Linux' `taskset`.
 */
export function setApart(load: readonly number[], shop: readonly number[]): boolean {
  const cores = availableParallelism();
  if (cores < 2 || Bun.which('taskset') === null) return false;
  for (const pid of load) put(pid, LOAD_CORE);
  for (const pid of shop.flatMap(processesOf)) put(pid, `1-${cores - 1}`);
  return true;
}

/** With all of its threads. One that has ended meanwhile needs no core. */
function put(pid: number, cores: string): void {
  Bun.spawnSync(['taskset', '--all-tasks', '--cpu-list', '--pid', cores, String(pid)]);
}
