/** The rules about files: where they lie, what they are called, how long they are, what they must not say. */

import { lineAt, matches, topFolder } from './paths.ts';
import {
  CODE_FILES,
  DEFAULT_EXPORTS,
  EMPTY_NAMES,
  FORBIDDEN_FILES,
  GENERATED,
  LEFT_OUT,
  MACHINE_TEXT,
  MAX_FILE_LINES,
  TOP_LEVEL,
} from './rules.ts';
import { defaultExports, freeNames, memberAccesses } from './tokens.ts';
import { type Breach, type Rule, sourcesOf } from './tree.ts';

function perPath(judge: (path: string, text: string) => string | null): Rule {
  return ({ files }) =>
    [...files].flatMap(([path, text]) => {
      const message = judge(path, text);
      return message === null ? [] : [{ path, line: 1, message }];
    });
}

const topLevel = perPath((path) =>
  TOP_LEVEL.includes(topFolder(path)) ? null : `${topFolder(path)} has no place at the top level`,
);

const names = perPath((path) => {
  const parts = path.split('/');
  if (FORBIDDEN_FILES.includes(parts.at(-1) ?? '')) return 'an index file hides where things are';
  const word = parts
    .flatMap((part) => part.toLowerCase().split(/[.\-_]/))
    .find((part) => EMPTY_NAMES.includes(part));
  return word === undefined ? null : `'${word}' says nothing about what is in it`;
});

const sizes = perPath((path, text) => {
  if (!matches(path, [CODE_FILES]) || matches(path, GENERATED)) return null;
  const lines = text.trimEnd().split('\n').length;
  return lines <= MAX_FILE_LINES ? null : `${lines} lines, allowed are ${MAX_FILE_LINES}`;
});

const machines: Rule = ({ files }) =>
  [...files].flatMap(([path, text]) =>
    MACHINE_TEXT.flatMap(({ what, pattern }) => {
      const match = pattern.exec(text);
      return match === null
        ? []
        : [{ path, line: lineAt(text, match.index), message: `${what}: ${match[0]}` }];
    }),
  );

const EXACT_VERSION = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

const versions: Rule = ({ files, manifest }) => {
  const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  const text = files.get('package.json') ?? '';
  return all
    .filter(([, version]) => !EXACT_VERSION.test(version))
    .map(([name, version]) => ({
      path: 'package.json',
      line: lineAt(text, Math.max(0, text.indexOf(`"${name}"`))),
      message: `${name}: '${version}' is no exact version`,
    }));
};

const leftOut: Rule = (tree) =>
  [...sourcesOf(tree)]
    .filter(([path]) => topFolder(path) === 'test')
    .flatMap(([path, tokens]): Breach[] => {
      const accesses = memberAccesses(tokens).filter(
        ({ name, member }) =>
          includes(LEFT_OUT.callers, name.text) && includes(LEFT_OUT.members, member.text),
      );
      const found = [
        ...accesses.map(({ member }) => member),
        ...freeNames(tokens).filter(({ text }) => includes(LEFT_OUT.names, text)),
      ];
      return found.map(({ text, position }) => ({
        path,
        line: lineAt(tree.files.get(path) ?? '', position),
        message: `'${text}' leaves tests out`,
      }));
    });

const defaults: Rule = (tree) =>
  [...sourcesOf(tree)]
    .filter(([path]) => !matches(path, DEFAULT_EXPORTS))
    .flatMap(([path, tokens]): Breach[] =>
      defaultExports(tokens).map((position) => ({
        path,
        line: lineAt(tree.files.get(path) ?? '', position),
        message: 'an export has a name',
      })),
    );

function includes(words: readonly string[], word: string): boolean {
  return words.includes(word);
}

export const fileRules = {
  'nothing new lies at the top level': topLevel,
  'a name says what is in the file': names,
  'a source file is short': sizes,
  'no file names a path of one machine or the host of a registry': machines,
  'direct dependencies have exact versions': versions,
  'no test is left out': leftOut,
  'an export has a name': defaults,
} as const satisfies Record<string, Rule>;
