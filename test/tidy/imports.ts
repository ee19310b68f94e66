/** The rules about imports: who may import whom, the homes of packages, the shape of a path. */

import { folderOf, joinPath, lineAt, matches, topFolder } from './paths.ts';
import { COMPOSITION, FEATURE_DOORS, HOMES, ROOMS, type Room, SHARED_IN_ORIGIN } from './rules.ts';
import { freeNames, importsOf } from './tokens.ts';
import { type Breach, type Rule, sourcesOf, type Tree } from './tree.ts';

type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'builtin'; readonly name: string }
  | { readonly kind: 'computed' }
  | { readonly kind: 'outside'; readonly specifier: string };

interface Edge {
  readonly from: string;
  readonly line: number;
  readonly target: Target;
  readonly specifier: string;
}

function edgesOf(tree: Tree): readonly Edge[] {
  return [...sourcesOf(tree)].flatMap(([from, tokens]) =>
    importsOf(tokens).map(({ specifier, position }) => ({
      from,
      line: lineAt(tree.files.get(from) ?? '', position),
      specifier: specifier ?? '(computed)',
      target: specifier === null ? { kind: 'computed' as const } : resolve(tree, from, specifier),
    })),
  );
}

function resolve(tree: Tree, from: string, specifier: string): Target {
  if (specifier.startsWith('#')) return resolveAlias(tree, specifier);
  if (specifier.startsWith('./')) {
    return { kind: 'file', path: joinPath(folderOf(from), specifier) ?? specifier };
  }
  if (/^[./]/.test(specifier)) return { kind: 'outside', specifier };
  if (specifier === 'bun' || /^(bun|node|cloudflare):/.test(specifier)) {
    return { kind: 'builtin', name: specifier };
  }
  const parts = specifier.split('/');
  return { kind: 'package', name: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/') };
}

function resolveAlias(tree: Tree, specifier: string): Target {
  for (const [alias, to] of Object.entries(tree.manifest.imports)) {
    const prefix = alias.slice(0, -1);
    if (!specifier.startsWith(prefix)) continue;
    const path = joinPath('', to.replace('*', specifier.slice(prefix.length)));
    if (path !== null) return { kind: 'file', path };
  }
  return { kind: 'outside', specifier };
}

function perImport(judge: (edge: Edge, tree: Tree) => string | null): Rule {
  return (tree) =>
    edgesOf(tree).flatMap((edge) => {
      const message = judge(edge, tree);
      return message === null ? [] : [{ path: edge.from, line: edge.line, message }];
    });
}

function judgeShape({ specifier, target }: Edge, tree: Tree): string | null {
  if (target.kind === 'computed') return 'an import with a computed path cannot be checked';
  if (target.kind === 'outside') return `${specifier}: a path begins with ./ or with # and a folder`;
  if (specifier.includes('/../')) return `${specifier}: a path never climbs`;
  if (target.kind !== 'file') return null;
  if (tree.files.has(target.path)) return null;
  return tree.files.has(`${target.path}.ts`)
    ? `${specifier}: a path ends in .ts`
    : `${specifier}: there is no file ${target.path}`;
}

function judgeRoom({ from, specifier, target }: Edge): string | null {
  const folder = topFolder(from);
  const room = ROOMS[folder];
  if (room === undefined || allows(room, target)) return null;
  return `${folder}/ may not import ${specifier}`;
}

function allows({ paths, packages, builtins }: Room, target: Target): boolean {
  if (target.kind === 'file') return matches(target.path, paths);
  if (target.kind === 'builtin') return matches(target.name.replace(/[:/]/g, '/'), builtins.map(toPathGlob));
  return target.kind !== 'package' || packages === undefined || packages.includes(target.name);
}

const toPathGlob = (glob: string) => glob.replace(':', '/');

function judgeFeature({ from, specifier, target }: Edge): string | null {
  if (target.kind !== 'file' || topFolder(from) !== 'origin') return null;
  const [home, feature, ...rest] = target.path.split('/');
  if (home !== 'origin' || feature === undefined || rest.length === 0) return null;
  if (SHARED_IN_ORIGIN.includes(feature) || from.startsWith(`origin/${feature}/`)) return null;
  if (FEATURE_DOORS.includes(rest.join('/'))) return null;
  if (COMPOSITION.some((pair) => pair.from === from && matches(target.path, [pair.to]))) return null;
  return `${specifier}: another feature is entered through its ${FEATURE_DOORS.join(' or ')} only`;
}

const isFree = (from: string) => ROOMS[topFolder(from)]?.paths.includes('**') === true;

function judgeHome({ from, target }: Edge): string | null {
  if (target.kind !== 'package' || isFree(from)) return null;
  const home = HOMES.find(({ packages }) => packages.includes(target.name));
  if (home === undefined || matches(from, home.files)) return null;
  return `${target.name} is at home in ${home.files.join(', ')} only`;
}

const singleHomes: Rule = (tree) =>
  HOMES.flatMap(({ packages, maxFiles }) => {
    if (maxFiles === undefined) return [];
    const users = edgesOf(tree).filter(
      ({ from, target }) => target.kind === 'package' && packages.includes(target.name) && !isFree(from),
    );
    const files = [...new Set(users.map(({ from }) => from))];
    return files.slice(maxFiles).map((path) => ({
      path,
      line: 1,
      message: `${packages.join(', ')} is imported in ${files[0]} already`,
    }));
  });

function judgeDeclared({ target }: Edge, { manifest }: Tree): string | null {
  if (target.kind !== 'package') return null;
  const isDeclared = target.name in manifest.dependencies || target.name in manifest.devDependencies;
  return isDeclared ? null : `${target.name} is no direct dependency`;
}

const globals: Rule = (tree) =>
  [...sourcesOf(tree)].flatMap(([path, tokens]) => {
    const without = ROOMS[topFolder(path)]?.withoutGlobals ?? [];
    if (without.length === 0) return [];
    return freeNames(tokens)
      .filter(({ text }) => without.includes(text))
      .map(({ text, position }) => ({
        path,
        line: lineAt(tree.files.get(path) ?? '', position),
        message: `${topFolder(path)}/ does without ${text}`,
      }));
  });

/** Bun's parser is the second opinion: an import that it sees and the scanner does not is a hole in the net. */
const secondOpinion: Rule = (tree) =>
  [...sourcesOf(tree)].flatMap(([path, tokens]): Breach[] => {
    const seen = new Set(importsOf(tokens).map(({ specifier }) => specifier));
    const missed = valueImports(tree.files.get(path) ?? '').filter((specifier) => !seen.has(specifier));
    return missed.map((specifier) => ({
      path,
      line: 1,
      message: `the import of ${specifier} was not understood`,
    }));
  });

const transpiler = new Bun.Transpiler({ loader: 'ts' });

function valueImports(source: string): readonly string[] {
  try {
    return transpiler.scanImports(source).map(({ path }) => path);
  } catch {
    return ['(a file that does not parse)'];
  }
}

export const importRules = {
  'a path in an import begins with ./ or #, never climbs, ends in its extension and exists':
    perImport(judgeShape),
  'a room imports only what the architecture allows it': perImport(judgeRoom),
  'another feature is entered through its service.ts': perImport(judgeFeature),
  'a package is imported in its home only': perImport(judgeHome),
  'a package with one adapter has one': singleHomes,
  'every imported package is a direct dependency': perImport(judgeDeclared),
  'neutral code names no global of a runtime': globals,
  'every import is understood': secondOpinion,
} as const satisfies Record<string, Rule>;
