/** The lockfile as data, and what of it is installed here. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface LockedPackage {
  /** Where it stands in the tree: the names of the packages that hold it, and its own. */
  readonly path: readonly string[];
  readonly name: string;
  readonly version: string;
  /** `sha512-...`; empty where the lockfile has none. */
  readonly integrity: string;
  /** Names of what it asks for, whether it has to be there or not. */
  readonly needs: readonly string[];
  /** For some systems only: it may not be installed here. */
  readonly isForSomeSystems: boolean;
  /** Null where it is not installed. */
  readonly manifest: Manifest | null;
}

/** Of a `package.json`, what is looked at here. */
export interface Manifest {
  readonly license?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
}

export interface RootManifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly trustedDependencies: readonly string[];
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

export interface Tree {
  readonly root: RootManifest;
  /** What the lockfile was made from. */
  readonly locked: Pick<RootManifest, 'dependencies' | 'devDependencies' | 'trustedDependencies'>;
  readonly packages: readonly LockedPackage[];
}

interface Details {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly os?: unknown;
  readonly cpu?: unknown;
}

type Entry = readonly [id: string, registry: string, details: Details, integrity: string];

interface Lockfile {
  readonly workspaces: { readonly '': Partial<Pick<RootManifest, 'dependencies' | 'devDependencies'>> };
  readonly trustedDependencies?: readonly string[];
  readonly packages: Readonly<Record<string, Entry>>;
}

export async function readTree(folder: string): Promise<Tree> {
  const root = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as RootManifest;
  const lockfile = parseLockfile(await readFile(join(folder, 'bun.lock'), 'utf8'));
  const workspace = lockfile.workspaces[''];
  return {
    root,
    locked: {
      dependencies: workspace.dependencies ?? {},
      devDependencies: workspace.devDependencies ?? {},
      trustedDependencies: lockfile.trustedDependencies ?? [],
    },
    packages: await Promise.all(
      Object.entries(lockfile.packages).map(([key, entry]) => toPackage(folder, key, entry)),
    ),
  };
}

/** JSON but for the commas after last members. */
function parseLockfile(text: string): Lockfile {
  return JSON.parse(text.replaceAll(/,(\s*[\]}])/g, '$1')) as Lockfile;
}

async function toPackage(folder: string, key: string, entry: Entry): Promise<LockedPackage> {
  const [id, , details, integrity = ''] = entry;
  const path = namesOf(key);
  const at = id.lastIndexOf('@');
  return {
    path,
    name: id.slice(0, at),
    version: id.slice(at + 1),
    integrity,
    needs: Object.keys({
      ...details.dependencies,
      ...details.optionalDependencies,
      ...details.peerDependencies,
    }),
    isForSomeSystems: details.os !== undefined || details.cpu !== undefined,
    manifest: await readManifest(join(folder, 'node_modules', path.join('/node_modules/'))),
  };
}

/** A scope and its package are two parts of one name. */
function namesOf(key: string): readonly string[] {
  return key.match(/@[^/]+\/[^/]+|[^/]+/g) ?? [];
}

async function readManifest(folder: string): Promise<Manifest | null> {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return null;
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Manifest;
  // Built when it is installed, without a script that says so.
  if (!existsSync(join(folder, 'binding.gyp'))) return manifest;
  return { ...manifest, scripts: { install: 'node-gyp rebuild', ...manifest.scripts } };
}

/** Finds what a package gets when it asks for a name: the nearest one in the tree. */
export function createResolver(packages: readonly LockedPackage[]) {
  const byPath = new Map(packages.map((each) => [each.path.join('>'), each]));
  return (from: readonly string[], name: string): LockedPackage | undefined => {
    for (let depth = from.length; depth >= 0; depth -= 1) {
      const found = byPath.get([...from.slice(0, depth), name].join('>'));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}
