/** The command line of `bun run bench alerts`. */

import { parseArgs } from 'node:util';
import { checked } from '#bench/command.ts';

/** @param args behind the bench's name. @returns null when the help was asked for. @throws {UsageError} */
export function parseAlertsOptions(args: readonly string[]): object | null {
  const { values } = checked(() => parseArgs({ args: [...args], options: { help: { type: 'boolean' } } }));
  return values.help ? null : {};
}
