/** Reads single cells. A {@link Fault} says in a few words what is wrong with one. */

import { type Currency, type Minor, minorDigits, parseDecimal } from '#lib/money.ts';
import { type Column, columnName } from './columns.ts';
import { cell, hasColumn, type Row } from './rows.ts';

/** Why a row is refused. */
export class Fault extends Error {
  override readonly name = 'Fault';
}

const MAX_INTEGER = 2_147_483_647;
const TRUE = new Set(['true', 'yes', '1']);
const FALSE = new Set(['false', 'no', '0']);

/** @throws {Fault} when the text is longer than the shop keeps. */
export function text(row: Row, column: Column, maxCharacters: number): string {
  const value = cell(row, column);
  // Postgres counts code points, and so do we.
  if (value.length > maxCharacters && [...value].length > maxCharacters) {
    throw new Fault(`${columnName(column)} is longer than ${maxCharacters} characters`);
  }
  return value;
}

/** Null where the cell is empty. @throws {Fault} when it is no amount of that currency. */
export function price(row: Row, column: Column, currency: Currency): Minor | null {
  const value = cell(row, column);
  if (value === '') return null;
  const amount = parseDecimal(value, currency);
  if (amount !== null) return amount;
  const quoted = `${columnName(column)} '${value.slice(0, 40)}'`;
  if (/^-\s*\d/.test(value)) throw new Fault(`${quoted} is negative`);
  const fraction = /^\d+\.(\d+)$/.exec(value)?.[1];
  if (fraction !== undefined && fraction.replace(/0+$/, '').length > minorDigits(currency)) {
    throw new Fault(`${quoted} has more than ${minorDigits(currency)} decimals`);
  }
  throw new Fault(/^\d+(\.\d+)?$/.test(value) ? `${quoted} is too large` : `${quoted} is no decimal number`);
}

/** Null where the cell is empty. @throws {Fault} when it is no whole number of zero or more. */
export function count(row: Row, column: Column): number | null {
  const value = cell(row, column);
  if (value === '') return null;
  const quoted = `${columnName(column)} '${value.slice(0, 40)}'`;
  if (/^-\d+$/.test(value)) throw new Fault(`${quoted} is negative`);
  if (!/^\d+(\.0*)?$/.test(value)) throw new Fault(`${quoted} is no whole number`);
  return inRange(Number(value), quoted);
}

/** Weights come with fractions of a gram, and are rounded. Null where nobody has weighed it. */
export function grams(row: Row): number | null {
  const value = cell(row, 'grams');
  if (value === '') return null;
  const quoted = `${columnName('grams')} '${value.slice(0, 40)}'`;
  if (!/^\d+(\.\d+)?$/.test(value)) throw new Fault(`${quoted} is no weight`);
  return inRange(Math.round(Number(value)), quoted);
}

/** @throws {Fault} when the cell says neither yes nor no. */
export function yesOrNo(row: Row, column: Column, otherwise: boolean): boolean {
  const value = cell(row, column).toLowerCase();
  if (value === '') return otherwise;
  if (TRUE.has(value)) return true;
  if (FALSE.has(value)) return false;
  throw new Fault(`${columnName(column)} '${value.slice(0, 40)}' is neither true nor false`);
}

/** A property for a column that the file has, none otherwise. */
export function given<Key extends string, Value>(
  row: Row,
  column: Column,
  property: { readonly [key in Key]: () => Value },
): { [key in Key]?: Value } {
  if (!hasColumn(row, column)) return {};
  const entries = Object.entries<() => Value>(property).map(([key, read]) => [key, read()]);
  return Object.fromEntries(entries) as { [key in Key]?: Value };
}

function inRange(value: number, quoted: string): number {
  if (value > MAX_INTEGER) throw new Fault(`${quoted} is too large`);
  return value;
}
