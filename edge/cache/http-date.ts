/** HTTP dates in the three formats of RFC 9110 §5.6.7, and no other. */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH = `(?<month>${MONTHS.join('|')})`;
const TIME = String.raw`(?<hour>\d{2}):(?<minute>\d{2}):(?<second>\d{2})`;
const FORMATS = [
  String.raw`(?:mon|tue|wed|thu|fri|sat|sun), (?<day>\d{2}) ${MONTH} (?<year>\d{4}) ${TIME} gmt`,
  String.raw`(?:mon|tues|wednes|thurs|fri|satur|sun)day, (?<day>\d{2})-${MONTH}-(?<year>\d{2}) ${TIME} gmt`,
  String.raw`(?:mon|tue|wed|thu|fri|sat|sun) ${MONTH} (?<day>\d{2}| \d) ${TIME} (?<year>\d{4})`,
].map((format) => new RegExp(`^${format}$`, 'i'));

const CENTURY = 100;
/** A two-digit year that seems further ahead than this is of the past century. */
const MAX_YEARS_AHEAD = 50;

/** In epoch milliseconds; null when it is no such date. `now` tells the century of a two-digit year. */
export function parseHttpDate(text: string | null, now: Date): number | null {
  for (const format of FORMATS) {
    const parts = format.exec(text ?? '')?.groups;
    if (parts !== undefined) return epochMs(parts, now);
  }
  return null;
}

function epochMs(parts: Readonly<Record<string, string | undefined>>, now: Date): number | null {
  const part = (name: string) => Number(parts[name]);
  const month = MONTHS.indexOf((parts['month'] ?? '').toLowerCase());
  const year = parts['year']?.length === 2 ? fullYear(part('year'), now) : part('year');
  const date = Date.UTC(year, month, part('day'), part('hour'), part('minute'), part('second'));
  const isReal = new Date(date).getUTCDate() === part('day') && part('hour') < 24 && part('minute') < 60;
  return isReal && part('second') <= 60 ? date : null;
}

function fullYear(twoDigits: number, now: Date): number {
  const thisYear = now.getUTCFullYear();
  const year = thisYear - (thisYear % CENTURY) + twoDigits;
  return year > thisYear + MAX_YEARS_AHEAD ? year - CENTURY : year;
}
