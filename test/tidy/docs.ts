/** The rules about documents: every path and every script that a Markdown file names is there. */

import { folderOf, joinPath, lineAt, matches } from './paths.ts';
import { TOP_LEVEL } from './rules.ts';
import type { Breach, Rule, Tree } from './tree.ts';

interface Mention {
  readonly text: string;
  readonly position: number;
}

const CODE = /```[^\n]*\n[\s\S]*?```|`[^`\n]+`/g;
const LINK = /\]\(([^()\s]+)\)/g;
const SCRIPT = /\b(?:npm|bun) run ([a-z][\w:-]*)/g;

function mentions(text: string, pattern: RegExp): readonly Mention[] {
  return [...text.matchAll(pattern)].map((match) => ({ text: match[1] ?? match[0], position: match.index }));
}

/** Words in code that begin with a folder of the top level: `ops/start.ts`, `db/`. */
function pathsInCode(text: string): readonly Mention[] {
  return mentions(text, CODE).flatMap((code) =>
    [...code.text.matchAll(/[^\s`'"(),;│├└─]+/g)]
      .map((word) => ({
        text: word[0].replace(/^\.\//, '').replace(/[.:]+$/, ''),
        position: code.position + word.index,
      }))
      .filter((word) => isPath(word.text)),
  );
}

function isPath(word: string): boolean {
  const [first, ...rest] = word.split('/');
  return rest.length > 0 && TOP_LEVEL.includes(first ?? '') && /^[\w.@*<>/-]+$/.test(word);
}

/** A file, a folder, or a pattern (`*`, `<feature>`) that some file fits. */
function exists({ files }: Tree, path: string): boolean {
  const bare = path.replace(/\/$/, '');
  if (files.has(bare)) return true;
  const glob = bare.replace(/<[^>]*>/g, '*');
  return [...files.keys()].some((file) => file.startsWith(`${bare}/`) || matches(file, [glob, `${glob}/**`]));
}

function perDocument(judge: (path: string, text: string, tree: Tree) => readonly (Mention | null)[]): Rule {
  return (tree) =>
    [...tree.files]
      .filter(([path]) => path.endsWith('.md'))
      .flatMap(([path, text]) =>
        judge(path, text, tree).flatMap((mention): Breach[] =>
          mention === null
            ? []
            : [{ path, line: lineAt(text, mention.position), message: `there is no ${mention.text}` }],
        ),
      );
}

const codePaths = perDocument((_path, text, tree) =>
  pathsInCode(text).filter((mention) => !exists(tree, mention.text)),
);

const links = perDocument((path, text, tree) =>
  mentions(text, LINK)
    .filter(({ text: target }) => !/^([a-z][a-z+.-]*:|#|\/\/)/i.test(target))
    .filter(({ text: target }) => {
      const file = joinPath(folderOf(path), decodeURI(target.replace(/#.*$/, '')));
      return file === null || !exists(tree, file);
    }),
);

const scripts = perDocument((_path, text, { manifest }) =>
  mentions(text, SCRIPT).filter(({ text: name }) => !(name in manifest.scripts)),
);

export const docRules = {
  'a path in a document exists': codePaths,
  'a link in a document leads somewhere': links,
  'a script in a document exists': scripts,
} as const satisfies Record<string, Rule>;
