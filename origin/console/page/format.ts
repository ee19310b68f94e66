/** Figures with their units, as short as they are still true. */

import type { Fact, State, Unit } from '#origin/console/model.ts';

export const NOTHING = '–';
const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 60 * MINUTE_SECONDS;
const LARGE_AMOUNT = 1_000;
const BYTES = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A sign beside the colour, and a word beside the sign. */
export const SIGNS: Readonly<Record<State, string>> = { ok: '✓', degraded: '▲', down: '✕', unknown: '?' };

const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const compact = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, notation: 'compact' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export function format({ value, unit }: Pick<Fact, 'value' | 'unit'>): string {
  return value === null || !Number.isFinite(value) ? NOTHING : formatKnown(value, unit);
}

function formatKnown(value: number, unit: Unit): string {
  switch (unit) {
    case 'perSecond':
      return `${number(value)}/s`;
    case 'perMinute':
      return `${number(value)}/min`;
    case 'seconds':
      return duration(value);
    case 'ratio':
      return `${number(value * 100)} %`;
    case 'count':
      return number(value);
    case 'bytes':
      return bytes(value);
    default:
      return money(value, unit.currency);
  }
}

export function number(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.01) return '< 0.01';
  return Math.abs(value) < 10_000 ? plain.format(value) : compact.format(value);
}

export function duration(seconds: number): string {
  if (seconds === 0) return '0 s';
  if (seconds < 1) return `${number(seconds * 1_000)} ms`;
  if (seconds < MINUTE_SECONDS) return `${number(seconds)} s`;
  const minutes = Math.floor(seconds / MINUTE_SECONDS);
  if (seconds < HOUR_SECONDS) return `${minutes} min ${Math.floor(seconds % MINUTE_SECONDS)} s`;
  return `${Math.floor(minutes / MINUTE_SECONDS)} h ${minutes % MINUTE_SECONDS} min`;
}

function bytes(value: number): string {
  const power = Math.min(BYTES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${number(value / 1_000 ** power)} ${BYTES[power]}`;
}

function money(minor: number, currency: string): string {
  const style = { style: 'currency', currency } as const;
  const digits = new Intl.NumberFormat('en', style).resolvedOptions().maximumFractionDigits ?? 0;
  const amount = minor / 10 ** digits;
  // Of large sums nobody reads the cents.
  const shown = Number.isInteger(amount) || Math.abs(amount) >= LARGE_AMOUNT ? 0 : digits;
  return new Intl.NumberFormat('en', {
    ...style,
    minimumFractionDigits: shown,
    maximumFractionDigits: shown,
  }).format(amount);
}

/** In the reader's own time zone. */
export function time(atMs: number): string {
  return clock.format(atMs);
}
