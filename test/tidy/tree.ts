/** The repository as the tidy rules see it: every file that git knows or would take, with its text. */

import { matches } from './paths.ts';
import { type Token, tokenize } from './tokens.ts';

export interface Tree {
  /** Text by path from the root, with `/`; empty for a file that is not text. */
  readonly files: ReadonlyMap<string, string>;
  readonly manifest: Manifest;
}

export interface Manifest {
  readonly imports: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export interface Breach {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export type Rule = (tree: Tree) => readonly Breach[];

/** Tracked files, and new ones that are not ignored: a breach shows before it is committed. */
export async function readTree(root: string): Promise<Tree> {
  const listing = Bun.spawnSync(['git', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
  });
  if (!listing.success) throw new Error(`git ls-files failed: ${listing.stderr.toString()}`);
  const paths = [...new Set(listing.stdout.toString().split('\0'))].filter((path) => path !== '').sort();
  const read = await Promise.all(
    paths.map(async (path) => [path, await readText(`${root}/${path}`)] as const),
  );
  const files = new Map(read.filter((entry): entry is [string, string] => entry[1] !== null));
  return treeOf(files);
}

export function treeOf(files: ReadonlyMap<string, string>): Tree {
  const manifest = JSON.parse(files.get('package.json') ?? '{}') as Partial<Manifest>;
  return {
    files,
    manifest: { imports: {}, scripts: {}, dependencies: {}, devDependencies: {}, ...manifest },
  };
}

/** Null for a file that is deleted but still in git's index. */
async function readText(path: string): Promise<string | null> {
  const file = Bun.file(path);
  if (!(await file.exists())) return null;
  const text = await file.text();
  return text.includes('\0') ? '' : text;
}

const SOURCES = '**/*.{ts,mjs,js}';

const tokenCache = new WeakMap<Tree, Map<string, readonly Token[]>>();

/** The tokens of each source file, scanned once for all rules. */
export function sourcesOf(tree: Tree): ReadonlyMap<string, readonly Token[]> {
  const known = tokenCache.get(tree);
  if (known !== undefined) return known;
  const sources = [...tree.files].filter(([path]) => matches(path, [SOURCES]));
  const scanned = new Map(sources.map(([path, text]) => [path, tokenize(text)] as const));
  tokenCache.set(tree, scanned);
  return scanned;
}
