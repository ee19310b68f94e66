/** What no value of a body may hold, whatever the route's schema says: it goes for names as well as for texts. */

import { holdsCardNumber } from '#lib/card-number.ts';
import { AppError } from '#lib/problems.ts';

/** Where a text may have several lines. */
const LONG_TEXTS: ReadonlySet<string> = new Set(['descriptionHtml', 'text']);
/**
 * Merchants' own numbers, which may be anything: a barcode passes for a card number now and then. Only sellers and
 * admins can send them, and no shopper's form has such a field.
 */
const MERCHANT_NUMBERS: ReadonlySet<string> = new Set(['sku', 'barcode']);
/** Names that would reach an object's prototype where somebody copies it carelessly. */
const PROTOTYPE_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
/** Below it, an integer has too few digits for a card number. */
const SMALLEST_CARD = 1e12;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROLS = /[\0-\x1f\x7f-\x9f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all but tabs and line breaks.
const CONTROLS_IN_LINES = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/;

/** @param value as it was parsed, of bounded depth. @throws {AppError} `invalid_input`, `card_number_refused` */
export function checkContent(value: unknown, path = '', name = ''): void {
  if (typeof value === 'string') checkText(value, path, name);
  if (typeof value === 'number') checkNumber(value, path);
  if (typeof value !== 'object' || value === null) return;
  const isList = Array.isArray(value);
  for (const [key, item] of Object.entries(value)) {
    if (!isList) checkName(key, path);
    checkContent(item, `${path}/${key}`, isList ? name : key);
  }
}

/** @throws {AppError} `card_number_refused`; `path` must not hold the number. */
export function refuseCardNumber(text: string, path: string): void {
  if (holdsCardNumber(text)) throw cardNumberAt(path);
}

function checkText(text: string, path: string, name: string): void {
  if (!text.isWellFormed()) throw invalid(path, 'must not hold half of a surrogate pair');
  const controls = LONG_TEXTS.has(name) ? CONTROLS_IN_LINES : CONTROLS;
  if (controls.test(text)) throw invalid(path, 'must not hold NUL or another control character');
  if (!MERCHANT_NUMBERS.has(name)) refuseCardNumber(text, path);
}

function checkNumber(value: number, path: string): void {
  if (value >= SMALLEST_CARD && Number.isSafeInteger(value)) refuseCardNumber(String(value), path);
}

/** The path tells of the object: a name that is refused is not repeated. */
function checkName(name: string, path: string): void {
  if (PROTOTYPE_NAMES.has(name)) throw invalid(path, `must not name \`${name}\``);
  if (!name.isWellFormed() || CONTROLS.test(name)) {
    throw invalid(path, 'must not name anything with a control character');
  }
  refuseCardNumber(name, path);
}

function invalid(path: string, message: string): AppError {
  return new AppError('invalid_input', { errors: [{ path, message }] });
}

function cardNumberAt(path: string): AppError {
  const message = 'must not hold a card number';
  return new AppError('card_number_refused', { errors: [{ path, message }] });
}
