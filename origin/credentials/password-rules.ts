/**
 * Which passwords are taken: NIST SP 800-63B-4, 3.1.1.2. Length counts, composition does not; what attackers try
 * first is refused: common passwords, also repeated or padded, plain sequences, and the names at hand.
 */

import { dictionary } from '@zxcvbn-ts/language-common';
import { AppError } from '#lib/problems.ts';

/** For a password that is the only factor, as it may be here. */
export const MIN_PASSWORD_LENGTH = 15;
export const MAX_PASSWORD_LENGTH = 200;

const SHOP_NAME = 'hotshelf';
/** What is left of a password without the words that anybody would try must still be so long. */
const MIN_OF_ITS_OWN = 8;
/** Shorter parts of a name or an address are found in many a good password. */
const MIN_WORD_LENGTH = 4;
const MIN_DIFFERENT_CHARACTERS = 5;

export interface PasswordOwner {
  readonly email: string;
  readonly name: string;
}

let common: ReadonlySet<string> | undefined;

/** @param path where the password stands in the request. @throws {AppError} `invalid_input`, saying why */
export function requireGoodPassword(password: string, owner: PasswordOwner, path = '/password'): void {
  const message = weaknessOf(password, owner);
  if (message !== null) throw new AppError('invalid_input', { errors: [{ path, message }] });
}

/** Null for a password that is taken. */
export function weaknessOf(password: string, owner: PasswordOwner): string | null {
  const plain = password.normalize('NFKC').toLowerCase();
  const length = [...plain].length;
  if (length < MIN_PASSWORD_LENGTH || length > MAX_PASSWORD_LENGTH) {
    return `must be ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters`;
  }
  if (new Set(plain).size < MIN_DIFFERENT_CHARACTERS) return 'has too few different characters';
  if (isSequence(plain)) return 'is a sequence that anybody would try';
  if (isCommon(plain)) return 'is among the passwords that are tried first';
  if ([...withoutWords(plain, owner)].length < MIN_OF_ITS_OWN) {
    return 'is made of your name, your email or the name of the shop';
  }
  return null;
}

/** Itself, what it repeats, or what its digits and signs at either end are put around. */
function isCommon(plain: string): boolean {
  common ??= new Set(dictionary['passwords-common']);
  const unit = repeatedUnit(plain);
  const bare = [plain, unit, strip(plain), strip(unit), repeatedUnit(strip(plain))];
  const isKnown = bare.some((candidate) => common?.has(candidate));
  return isKnown || (unit !== plain && unit.length < MIN_OF_ITS_OWN);
}

function strip(text: string): string {
  return text.replace(/^[^\p{L}]+/u, '').replace(/[^\p{L}]+$/u, '');
}

/** `abcabcab` repeats `abc`; what repeats nothing is its own unit. */
function repeatedUnit(text: string): string {
  for (let length = 1; length <= text.length / 2; length += 1) {
    if (text.slice(length) === text.slice(0, -length)) return text.slice(0, length);
  }
  return text;
}

const ROWS = ['abcdefghijklmnopqrstuvwxyz', '01234567890123456789', 'qwertyuiopasdfghjklzxcvbnm'];

/** Along the alphabet, the digits or the keyboard, forwards or backwards, from wherever it begins. */
function isSequence(plain: string): boolean {
  return ROWS.some((row) => {
    const round = row.repeat(Math.ceil(plain.length / row.length) + 1);
    return round.includes(plain) || [...round].reverse().join('').includes(plain);
  });
}

function withoutWords(plain: string, { email, name }: PasswordOwner): string {
  const words = [SHOP_NAME, email, ...email.split(/[^\p{L}\p{N}]+/u), ...name.split(/[^\p{L}\p{N}]+/u)]
    .map((word) => word.normalize('NFKC').toLowerCase())
    .filter((word) => word.length >= MIN_WORD_LENGTH)
    .sort((one, other) => other.length - one.length);
  const rest = words.reduce((text, word) => text.replaceAll(word, ''), plain);
  return rest === plain ? plain : rest.replace(/[^\p{L}\p{N}]/gu, '');
}
