/** The command line of `bun run bench faults`. */

import { parseArgs } from 'node:util';
import { checked, UsageError } from '#bench/command.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { CELLS, type Cell, COMPONENTS, FAULTS, nameOf } from './design.ts';

export interface FaultsOptions {
  readonly cells: readonly Cell[];
  /** How long each fault lasts. */
  readonly faultMs: number;
  readonly keepsFolder: boolean;
}

const FAULT_MS = 6 * SECOND_MS;
const QUICK_FAULT_MS = 3 * SECOND_MS;

/** @param args behind the bench's name. @returns null when the help was asked for. @throws {UsageError} */
export function parseFaultsOptions(args: readonly string[]): FaultsOptions | null {
  const { values } = checked(() =>
    parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string' },
        keep: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }),
  );
  if (values.help) return null;
  return {
    cells: values.only === undefined ? CELLS : cellsOf(values.only),
    faultMs: values.quick ? QUICK_FAULT_MS : FAULT_MS,
    keepsFolder: values.keep ?? false,
  };
}

function cellsOf(text: string): readonly Cell[] {
  const wanted = text.split(',').map((word) => word.trim());
  const isMeant = (cell: Cell, word: string) =>
    word === cell.component || word === cell.fault || word === nameOf(cell);
  const unknown = wanted.find((word) => !CELLS.some((cell) => isMeant(cell, word)));
  if (unknown !== undefined) {
    throw new UsageError(
      `The flag --only takes components (${COMPONENTS.join(', ')}), faults (${FAULTS.join(', ')}) and pairs such as redis:killed, not '${unknown}'.`,
    );
  }
  return CELLS.filter((cell) => wanted.some((word) => isMeant(cell, word)));
}
