/** What is said of a run of attacks, and of the requirements that they hold. */

import type { Chapter, Requirement } from '#test/security/requirements.ts';

export interface Attacks {
  readonly file: string;
  readonly tried: number;
  readonly held: number;
}

const CASE = /<testcase\b([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g;
const FILE = /\bfile="([^"]*)"/;
const GOT_IN = /<(?:failure|error|skipped)\b/;
const FILE_COLUMNS = 52;

/** From JUnit's XML as `bun test` writes it. */
export function readAttacks(xml: string): readonly Attacks[] {
  const counts = new Map<string, { tried: number; held: number }>();
  for (const [, attributes = '', , inside = ''] of xml.matchAll(CASE)) {
    const file = FILE.exec(attributes)?.[1] ?? 'elsewhere';
    const { tried, held } = counts.get(file) ?? { tried: 0, held: 0 };
    counts.set(file, { tried: tried + 1, held: held + (GOT_IN.test(inside) ? 0 : 1) });
  }
  return [...counts]
    .map(([file, count]) => ({ file, ...count }))
    .toSorted((one, other) => one.file.localeCompare(other.file));
}

export function drawAttacks(attacks: readonly Attacks[]): string {
  const lines = attacks.map(
    ({ file, tried, held }) =>
      `${file.replace(/^test\/|\.test\.ts$/g, '').padEnd(FILE_COLUMNS)}${String(held).padStart(5)} of ${tried} held`,
  );
  const sum = (of: (each: Attacks) => number) => attacks.reduce((total, each) => total + of(each), 0);
  const [tried, held] = [sum((each) => each.tried), sum((each) => each.held)];
  return `\n${lines.join('\n')}\n\n${tried} attacks tried, ${held} held, ${tried - held} got in`;
}

export function drawRequirements(chapters: readonly Chapter[]): string {
  const parts = chapters.map(
    ({ title, requirements }) => `${title}\n\n${requirements.map(drawRequirement).join('\n')}`,
  );
  const all = chapters.flatMap(({ requirements }) => requirements);
  const count = (kind: Requirement['outcome']['kind']) =>
    all.filter(({ outcome }) => outcome.kind === kind).length;
  const counts = `${count('held')} held, ${count('inapplicable')} do not apply, ${count('open')} open`;
  return `${parts.join('\n\n')}\n\n${all.length} requirements: ${counts}`;
}

function drawRequirement({ number, text, outcome }: Requirement): string {
  const head = `${number.padEnd(11)}${text}`;
  switch (outcome.kind) {
    case 'held':
      return [head, ...outcome.by.map(([file, title]) => `             ${file}: ${title}`)].join('\n');
    case 'inapplicable':
      return `${head}\n             does not apply: ${outcome.why}`;
    case 'open':
      return `${head}\n             OPEN: ${outcome.lacks}`;
  }
}
