/** The table of requirements names what there is: each file, and in it each test by its title. */

import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '#ops/local/paths.ts';
import type { Place } from './requirements/requirement.ts';
import { CHAPTERS } from './requirements.ts';

const ALL = CHAPTERS.flatMap(({ requirements }) => requirements);
/** Of levels 1 and 2. */
const ASVS_REQUIREMENTS = 253;

function isThere([file, text]: Place): boolean {
  const path = join(CHECKOUT, file);
  if (!existsSync(path)) return false;
  const source = readFileSync(path, 'utf8');
  if (!file.endsWith('.test.ts')) return source.includes(text);
  // A title stands between quotes, as a whole.
  return ["'", '`', '"'].some((quote) => source.includes(`${quote}${text}${quote}`));
}

test('what holds a requirement is there, by its file and its title', () => {
  const missing = ALL.flatMap(({ number, outcome }) =>
    outcome.kind === 'held'
      ? outcome.by.filter((place) => !isThere(place)).map(([file, text]) => `${number}: ${file}: ${text}`)
      : [],
  );
  expect(missing).toEqual([]);
});

test('a requirement is held by something, does not apply for a reason, or lacks what is said', () => {
  for (const { number, text, outcome } of ALL) {
    const said = outcome.kind === 'held' ? outcome.by : outcome.kind === 'open' ? outcome.lacks : outcome.why;
    expect(said.length, number).toBeGreaterThan(0);
    expect(text.length, number).toBeGreaterThan(0);
  }
});

test('each stands there once, in the order of its standard, and none is left out', () => {
  const numbers = ALL.map(({ number }) => number);
  expect(new Set(numbers).size).toBe(numbers.length);
  const [top, ...asvs] = CHAPTERS.map(({ requirements }) => requirements.map(({ number }) => number));
  expect(top).toEqual(Array.from({ length: 10 }, (_none, index) => `API${index + 1}:2023`));
  expect(asvs.flat()).toHaveLength(ASVS_REQUIREMENTS);
  for (const [index, chapter] of asvs.entries()) {
    expect(chapter.filter((number) => !number.startsWith(`${index + 1}.`))).toEqual([]);
  }
});
