/**
 * Marks: lexemes that stand for what a filter asks. They lie in the same inverted index as the words, so that a
 * filter narrows a search before any row is read. None can be mistaken for a word, which has no colon.
 */

import type { CategoryId } from '#lib/ids.ts';
import type { Option, SearchDocument, SearchFilter } from './engine.ts';

/** The end of a range that has none. */
const MAX_PRICE_MINOR = Number.MAX_SAFE_INTEGER;
const BANDS_PER_DOUBLING = 2;
const MAX_MARK_LENGTH = 500;

export const markOf = {
  category: (id: CategoryId) => `c:${id}`,
  vendor: (vendor: string) => shortened(`v:${vendor}`),
  option: (option: Option) => shortened(`o:${optionText(option)}`),
  available: (available: boolean) => `a:${available}`,
  price: (minor: number) => `p:${priceBand(minor)}`,
  sku: (sku: string) => shortened(`s:${compactSku(sku)}`),
};

/** A lexeme has a limit. Names that agree for so long are taken for the same. */
function shortened(mark: string): string {
  return mark.slice(0, MAX_MARK_LENGTH).toWellFormed();
}

export function optionText({ name, value }: Option): string {
  return JSON.stringify([name, value]);
}

export function fromOptionText(text: string): Option {
  const pair: unknown = JSON.parse(text);
  const [name, value]: unknown[] = Array.isArray(pair) ? pair : [];
  return { name: String(name), value: String(value) };
}

/** As people type it: without dashes and capitals. */
function compactSku(sku: string): string {
  return sku.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

/** Prices within a factor of about 1.4 share a band. */
function priceBand(minor: number): number {
  return Math.floor(Math.log2(minor + 1) * BANDS_PER_DOUBLING);
}

export function marksOf(document: SearchDocument): string[] {
  const { categories, vendor, options, skus, priceMinor, available } = document;
  const marks = [
    ...categories.map(({ id }) => markOf.category(id)),
    ...(vendor === '' ? [] : [markOf.vendor(vendor)]),
    ...options.map(markOf.option),
    ...skus.map(markOf.sku),
    markOf.available(available),
    markOf.price(priceMinor),
  ];
  return [...new Set(marks)];
}

/** Groups of marks: a document has to have one of each. */
export function marksAsked(filter: SearchFilter): string[][] {
  const { categoryId, vendor, option, available } = filter;
  return [
    ...(categoryId === undefined ? [] : [[markOf.category(categoryId)]]),
    ...(vendor === undefined ? [] : [[markOf.vendor(vendor)]]),
    ...(option === undefined ? [] : [[markOf.option(option)]]),
    ...(available === undefined ? [] : [[markOf.available(available)]]),
    ...priceMarks(filter),
  ];
}

function priceMarks({ minPriceMinor, maxPriceMinor }: SearchFilter): string[][] {
  if (minPriceMinor === undefined && maxPriceMinor === undefined) return [];
  const first = priceBand(minPriceMinor ?? 0);
  const last = priceBand(maxPriceMinor ?? MAX_PRICE_MINOR);
  return [Array.from({ length: Math.max(0, last - first) + 1 }, (_, index) => `p:${first + index}`)];
}

/** The marks of all prices from this one on, upwards or downwards, in that order. */
export function priceMarksFrom(minor: number, direction: 'up' | 'down'): string[] {
  const first = priceBand(Math.max(0, minor));
  const count = direction === 'up' ? priceBand(MAX_PRICE_MINOR) - first : first;
  const step = direction === 'up' ? 1 : -1;
  return Array.from({ length: Math.max(0, count) + 1 }, (_, index) => `p:${first + step * index}`);
}
