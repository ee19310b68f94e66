/** The subdivisions of countries (ISO 3166-2), as tax and shipping go by them: those right below a country. */

import { iso31662 } from 'iso-3166/2.js';

/** Of the United Kingdom the list does not say in which of its countries the rest lies. */
const BRITISH = new Set(['GB-ENG', 'GB-NIR', 'GB-SCT', 'GB-WLS']);
const COUNTRY_LENGTH = 2;

/** By country and spelling. A name of two that lie in different ones has none, which is spelled ''. */
const CODES: ReadonlyMap<string, string> = readList();

/**
 * The code, without the country's part, of the one that is spelled so, by its code or its name, or that what is spelled so
 * lies in: `NY` for "new york", and `CT` for Barcelona. Null where there is none, or none for certain.
 */
export function subdivisionOf(country: string, spelling: string): string | null {
  return CODES.get(keyOf(country, spelling)) || null;
}

function readList(): ReadonlyMap<string, string> {
  const entries = iso31662.filter(({ code }) => !code.startsWith('GB-') || BRITISH.has(code));
  const parents = new Map(entries.map(({ code, parent }) => [code, parent] as const));
  const topOf = (code: string): string => {
    const parent = parents.get(code) ?? '';
    return parent.length <= COUNTRY_LENGTH ? code : topOf(parent);
  };
  const codes = new Map<string, string>();
  for (const { code, name } of entries) {
    const key = keyOf(code.slice(0, COUNTRY_LENGTH), name);
    const top = withoutCountry(topOf(code));
    codes.set(key, (codes.get(key) ?? top) === top ? top : '');
  }
  for (const { code } of entries) codes.set(code, withoutCountry(topOf(code)));
  return codes;
}

function withoutCountry(code: string): string {
  return code.slice(COUNTRY_LENGTH + 1);
}

/** In capitals, without accents; a code's key is the whole code. */
function keyOf(country: string, spelling: string): string {
  const plain = spelling.normalize('NFKD').replaceAll(/\p{M}/gu, '').trim();
  return `${country}-${plain.replaceAll(/\s+/g, ' ').toUpperCase()}`;
}
