/**
 * Finds what looks like a card number: 13 to 19 digits, alone or with single spaces or dashes between them, that begin
 * as an issuer's do, have a length that the issuer uses and a right check digit (Luhn, ISO/IEC 7812-1).
 *
 * What it leaves alone: identifiers (the digits are part of a longer word, as in a UUID), international phone numbers
 * (a `+` in front, at most 15 digits), ISBN-13 and most other barcodes, times in milliseconds: no card begins as they do.
 */

/** Begins at the start of a word only, so that a long text costs its length and not its square. */
const DIGIT_RUN = /(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w]|-\w)/g;
/** In digits, by ITU-T E.164. */
const LONGEST_PHONE = 15;
const SEPARATORS = /[ -]/g;
/** Dashes and spaces that people's devices put in their place. */
const OTHER_DASHES = /[\u2010-\u2015\u2212]/g;
const NOT_ASCII = /[^\0-\x7f]/;

/** By issuer. The last is Maestro, which took every length. */
const ISSUERS: readonly RegExp[] = [
  /^4(?:\d{12}|\d{15}|\d{18})$/,
  /^(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}$/,
  /^220[0-4]\d{12,15}$/,
  /^3[47]\d{13}$/,
  /^3(?:0[0-5]|[689]\d)\d{11,16}$/,
  /^35(?:2[89]|[3-8]\d)\d{12,15}$/,
  /^(?:6011|6[245]\d\d|81\d\d)\d{12,15}$/,
  /^(?:5[0678]|6\d)\d{11,17}$/,
];

export function holdsCardNumber(text: string): boolean {
  const read = plain(text);
  for (const { 0: run, index } of read.matchAll(DIGIT_RUN)) {
    const digits = run.replace(SEPARATORS, '');
    const isPhone = read[index - 1] === '+' && digits.length <= LONGEST_PHONE;
    if (!isPhone && isCardNumber(digits)) return true;
  }
  return false;
}

function plain(text: string): string {
  return NOT_ASCII.test(text) ? text.normalize('NFKC').replace(OTHER_DASHES, '-') : text;
}

function isCardNumber(digits: string): boolean {
  return ISSUERS.some((issuer) => issuer.test(digits)) && passesLuhn(digits);
}

/** Every second digit from the right counts twice; of two-digit results, their sum. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place]);
    const counted = place % 2 === 0 ? digit : 2 * digit;
    sum += counted > 9 ? counted - 9 : counted;
  }
  return sum % 10 === 0;
}
