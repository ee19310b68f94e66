/**
 * Structured logs: one JSON object a line. Fields whose name says that they are secret are masked, and so is
 * anything in a text that looks like an email address, a card number, a bearer token or a Stripe secret.
 */

import { type Clock, systemClock } from './clock.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same logger with fields that every line carries. */
  with(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly write: (line: string) => void;
  readonly clock?: Clock;
}

const SEVERITY: Record<LogLevel, number> = { debug: 10, info: 20, warn: 30, error: 40 };
const MASK = '[masked]';
const SECRET_NAME = /pass(word)?|secret|token|authorization|cookie|email|card_?number|api_?key/i;
const SECRET_TEXT: readonly RegExp[] = [
  /[\w.+-]+@[\w-]+(\.[\w-]+)+/g,
  /\b(?:\d[ -]?){13,19}\b/g,
  /\bbearer\s+[\w.~+/=-]+/gi,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g,
  /\b(?:sk|rk|whsec)_[\w]+/g,
];
const MAX_DEPTH = 5;

function maskText(text: string): string {
  return SECRET_TEXT.reduce((masked, pattern) => masked.replace(pattern, MASK), text);
}

/** Errors become plain objects with their trace and their causes. */
function describe(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (value instanceof Error) {
    const { name, message, stack, cause } = value;
    return {
      name,
      message: maskText(message),
      stack: maskText(stack ?? ''),
      ...(cause === undefined ? {} : { cause: describe(cause, depth + 1) }),
    };
  }
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => describe(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRET_NAME.test(name) ? MASK : describe(item, depth + 1),
    ]),
  );
}

export function createLogger(options: LoggerOptions, bound: LogFields = {}): Logger {
  const clock = options.clock ?? systemClock;
  const line =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (SEVERITY[level] < SEVERITY[options.level]) return;
      const described = describe({ ...bound, ...fields }, 0) as LogFields;
      const time = clock.now().toISOString();
      options.write(JSON.stringify({ time, level, message: maskText(message), ...described }));
    };
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: (fields) => createLogger(options, { ...bound, ...fields }),
  };
}
