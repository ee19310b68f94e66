/** Reads the variant that a row describes. */

import type { Currency } from '#lib/money.ts';
import type { Column } from './columns.ts';
import { count, Fault, given, grams, price, text, yesOrNo } from './fields.ts';
import { cell, cellAsWritten, hasColumn, type Row } from './rows.ts';
import type { WantedVariant } from './wanted.ts';

const MAX_OPTION_CHARACTERS = 255;
const MAX_CODE_CHARACTERS = 255;

const OPTIONS: readonly { readonly name: Column; readonly value: Column }[] = [
  { name: 'option1Name', value: 'option1Value' },
  { name: 'option2Name', value: 'option2Value' },
  { name: 'option3Name', value: 'option3Value' },
];

/** The names of a product's options, from its first row; none for Shopify's 'Title' / 'Default Title'. */
export function readOptionNames(first: Row): string[] {
  const names = OPTIONS.map(({ name }) => text(first, name, MAX_OPTION_CHARACTERS));
  const single =
    cellAsWritten(first, 'option1Name').trim() === 'Title' &&
    names[1] === '' &&
    cell(first, 'option1Value') === 'Default Title';
  if (single) return [];
  const given = names.filter((name) => name !== '');
  if (names.slice(0, given.length).includes(''))
    throw new Fault('an option is named after one that has no name');
  if (new Set(given).size < given.length) throw new Fault('two options have the same name');
  return given;
}

/** False for a row that only adds an image. */
export function isVariantRow(row: Row): boolean {
  return [...OPTIONS.map(({ value }) => value), 'sku' as const, 'price' as const].some(
    (column) => cell(row, column) !== '',
  );
}

export interface VariantContext {
  readonly currency: Currency;
  readonly optionNames: readonly string[];
  readonly position: number;
}

/** @throws {Fault} saying what is wrong with the row. */
export function parseVariant(row: Row, { currency, optionNames, position }: VariantContext): WantedVariant {
  const priceMinor = price(row, 'price', currency);
  if (priceMinor === null) throw new Fault('Variant Price is missing');
  return {
    at: { file: row.file, line: row.line },
    position,
    optionValues: readOptionValues(row, optionNames),
    priceMinor,
    given: {
      ...given(row, 'sku', { sku: () => code(row, 'sku') }),
      ...given(row, 'barcode', { barcode: () => code(row, 'barcode') }),
      ...given(row, 'compareAt', { compareAtMinor: () => price(row, 'compareAt', currency) }),
      ...given(row, 'grams', { grams: () => grams(row) }),
      ...given(row, 'requiresShipping', { requiresShipping: () => yesOrNo(row, 'requiresShipping', true) }),
      ...given(row, 'taxable', { taxable: () => yesOrNo(row, 'taxable', true) }),
    },
    quantity: count(row, 'quantity'),
    imageUrl: hasColumn(row, 'variantImage') ? cell(row, 'variantImage') || null : undefined,
  };
}

function readOptionValues(row: Row, names: readonly string[]): string[] {
  const values = OPTIONS.map(({ value }) => text(row, value, MAX_OPTION_CHARACTERS));
  if (names.length === 0) {
    if (values.some((value) => value !== '' && value !== 'Default Title')) {
      throw new Fault('Option1 Value is given but the product has no such option');
    }
    return [];
  }
  const missing = names.findIndex((_, index) => values[index] === '');
  if (missing >= 0) throw new Fault(`Option${missing + 1} Value is missing (${names[missing]})`);
  const extra = values.findIndex((value, index) => index >= names.length && value !== '');
  if (extra >= 0) throw new Fault(`Option${extra + 1} Value is given but the product has no such option`);
  return values.slice(0, names.length);
}

/** Shopify writes an apostrophe before codes so that spreadsheets keep their leading zeros. */
function code(row: Row, column: Column): string | null {
  const written = text(row, column, MAX_CODE_CHARACTERS);
  return (row.header.isOwn ? written : written.replace(/^'/, '')) || null;
}
