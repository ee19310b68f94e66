/**
 * Programs that npm does not carry (Redis, NATS): found on the machine, else installed by apt-get as root or
 * through sudo, else, without root, downloaded by apt-get and unpacked below `.local/`.
 */

import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, mustRun, runCommand } from './commands.ts';
import { PACKAGES } from './paths.ts';

export interface Program {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
}

const APT_TIMEOUT_MS = 300_000;
const APT_LOCK_WAIT = ['-o', 'DPkg::Lock::Timeout=120'];
const APT_ENVIRONMENT = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
const INSTALL_FLAGS = ['-y', '-q', '--no-install-recommends'];
const apt = { timeoutMs: APT_TIMEOUT_MS, environment: APT_ENVIRONMENT };

/** Folders below the unpacked packages that hold shared libraries: usr/lib and usr/lib/<machine>. */
async function libraryFolders(): Promise<readonly string[]> {
  const folders = ['usr/lib', 'lib'].map((folder) => join(PACKAGES, folder));
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      const inner = entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
      return entries.length === 0 ? [] : [folder, ...inner];
    }),
  );
  return found.flat();
}

async function unpackedProgram(name: string): Promise<Program | null> {
  const path = Bun.which(name, { PATH: [join(PACKAGES, 'usr/bin'), join(PACKAGES, 'usr/sbin')].join(':') });
  if (path === null) return null;
  const inherited = process.env['LD_LIBRARY_PATH'];
  const folders = [...(await libraryFolders()), ...(inherited === undefined ? [] : [inherited])];
  return { path, environment: { LD_LIBRARY_PATH: folders.join(':') } };
}

async function provided(name: string): Promise<Program | null> {
  const path = findProgram(name);
  return path === null ? unpackedProgram(name) : { path, environment: {} };
}

/** As root, or with sudo where it asks no password; false where neither is possible or it fails. */
async function installWithApt(names: readonly string[]): Promise<boolean> {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !(await runCommand(['sudo', '-n', 'true'])).succeeded) return false;
  const prefix = isRoot ? [] : ['sudo', '-n', '--preserve-env=DEBIAN_FRONTEND'];
  const install = [...prefix, 'apt-get', 'install', ...INSTALL_FLAGS, ...APT_LOCK_WAIT, ...names];
  if ((await runCommand(install, apt)).succeeded) return true;
  await runCommand([...prefix, 'apt-get', 'update', '-q', ...APT_LOCK_WAIT], apt);
  return (await runCommand(install, apt)).succeeded;
}

/** Package lists of our own, for those of the machine may be empty and only root may fill them. */
async function privateLists(): Promise<readonly string[]> {
  const lists = join(PACKAGES, 'lists');
  const cache = join(PACKAGES, 'cache');
  await Promise.all([lists, cache].map((folder) => mkdir(join(folder, 'partial'), { recursive: true })));
  const options = [
    '-o',
    `Dir::State::lists=${lists}`,
    '-o',
    `Dir::Cache=${cache}`,
    '-o',
    'Debug::NoLocking=1',
  ];
  await mustRun(['apt-get', ...options, 'update', '-q'], apt);
  return options;
}

/** What apt would install: the packages and those of their dependencies that the machine lacks. */
async function missingPackages(names: readonly string[], options: readonly string[]): Promise<string[]> {
  const output = await mustRun(['apt-get', ...options, 'install', '-s', ...INSTALL_FLAGS, ...names], apt);
  return [...output.matchAll(/^Inst (\S+)/gm)].flatMap((match) => match[1] ?? []);
}

interface Wanted {
  readonly names: readonly string[];
  readonly withDependencies: boolean;
}

async function download({ names, withDependencies }: Wanted, options: readonly string[]): Promise<void> {
  const folder = join(PACKAGES, 'archives');
  await mkdir(folder, { recursive: true });
  const packages = withDependencies ? await missingPackages(names, options) : names;
  await mustRun(['apt-get', ...options, 'download', '-q', ...packages], { ...apt, cwd: folder });
  for (const file of await readdir(folder)) {
    if (file.endsWith('.deb')) await mustRun(['dpkg', '-x', join(folder, file), PACKAGES]);
  }
}

async function downloadWithApt(wanted: Wanted): Promise<void> {
  try {
    await download(wanted, []);
  } catch {
    await download(wanted, await privateLists());
  }
}

function howToInstall(names: readonly string[]): string {
  const command =
    process.platform === 'darwin'
      ? `brew install ${names.join(' ').replace('redis-server', 'redis')}`
      : `install the packages ${names.join(' and ')}`;
  return `${names.join(' and ')} could not be found or installed: ${command}, or start the servers with 'docker compose up -d' and export the addresses that compose.yaml names.`;
}

/**
 * The programs, in the order of their names; each name is also the name of its package.
 * @throws an error of one sentence that says what to install.
 */
export async function providePrograms(names: readonly string[]): Promise<readonly Program[]> {
  const missing: string[] = [];
  for (const name of names) if ((await provided(name)) === null) missing.push(name);
  if (missing.length > 0 && findProgram('apt-get') !== null && !(await installWithApt(missing))) {
    await downloadWithApt({ names: missing, withDependencies: true }).catch((cause: unknown) => {
      throw new Error(howToInstall(missing), { cause });
    });
  }
  const programs = await Promise.all(names.map(provided));
  return programs.map((program) => {
    if (program === null) throw new Error(howToInstall(missing));
    return program;
  });
}

/**
 * One program out of a package, which is unpacked and not installed: for packages that would start a server. It must
 * do without the package's dependencies.
 * @throws an error of one sentence that says what to install.
 */
export async function provideUnpacked(name: string, packageName: string): Promise<string> {
  const found = await provided(name);
  if (found !== null) return found.path;
  const wanted = { names: [packageName], withDependencies: false };
  await downloadWithApt(wanted).catch((cause: unknown) => {
    throw new Error(`${name} could not be downloaded: install the package ${packageName}.`, { cause });
  });
  const unpacked = await provided(name);
  if (unpacked === null) throw new Error(`the package ${packageName} has no ${name}`);
  return unpacked.path;
}
