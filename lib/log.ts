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
  /** What else each line carries, as it is when the line is written. */
  readonly fields?: () => LogFields;
}

const SEVERITY: Record<LogLevel, number> = { debug: 10, info: 20, warn: 30, error: 40 };
const MASK = '[masked]';
const SECRET_NAME = /pass(word)?|secret|token|authorization|cookie|email|card_?number|api_?key/i;
/** Each begins at the start of a word only, so that a long text costs its length and not its square. */
const SECRET_TEXT: readonly RegExp[] = [
  /(?<=:\/\/)[^\s/@]+@/g,
  /(?<![\p{L}\p{N}_.+-])[\p{L}\p{N}_.+-]+@[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+/gu,
  /(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w]|-\w)/g,
  /\bbearer\s+[\w.~+/=-]+/gi,
  /(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /(?<!\w)(?:sk|rk|whsec)_\w+/g,
  /(?<!\w)\w+_secret_\w+/g,
];
/** An integer of 14 digits or more is no count of anything here, but may be a card number. */
const CARD_LIKE = 1e13;
const MAX_DEPTH = 5;
const MAX_TEXT_CHARS = 8_192;
const MAX_VALUES_PER_LINE = 1_000;
const CUT = '[cut]';

function maskText(text: string): string {
  const kept = text.length > MAX_TEXT_CHARS ? text.slice(0, MAX_TEXT_CHARS) + CUT : text;
  return SECRET_TEXT.reduce((masked, pattern) => masked.replace(pattern, MASK), kept);
}

/** What one line may still hold. */
interface Budget {
  values: number;
}

/** Plain data for JSON, masked; whatever cannot be read is said to be so, for a log call never throws. */
function describe(value: unknown, depth: number, budget: Budget): unknown {
  budget.values -= 1;
  if (budget.values < 0) return CUT;
  switch (typeof value) {
    case 'string':
      return maskText(value);
    case 'number':
      return Number.isInteger(value) && Math.abs(value) >= CARD_LIKE ? MASK : value;
    case 'bigint':
    case 'symbol':
      return maskText(String(value));
    case 'function':
      return '[function]';
    case 'object':
      return value === null ? null : describeObject(value, depth, budget);
    default:
      return value;
  }
}

function describeObject(value: object, depth: number, budget: Budget): unknown {
  if (depth >= MAX_DEPTH) return '[deep]';
  try {
    if (value instanceof Error) return describeError(value, depth, budget);
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      return describe(value.toJSON(), depth + 1, budget);
    }
    if (Array.isArray(value)) {
      return value.slice(0, MAX_VALUES_PER_LINE).map((item) => describe(item, depth + 1, budget));
    }
    const entries = Object.entries(value).slice(0, MAX_VALUES_PER_LINE);
    return Object.fromEntries(
      entries.map(([name, item]) => [
        maskText(name),
        SECRET_NAME.test(name) ? MASK : describe(item, depth + 1, budget),
      ]),
    );
  } catch {
    return '[unreadable]';
  }
}

/** Drizzle ends the message of a failed query with its parameters: hashes, names and addresses of people. */
function withoutParameters(message: string): string {
  return /^Failed query: .*?(?=\nparams: )/s.exec(message)?.[0] ?? message;
}

/** What went wrong in one line, for people and masked like a log: it may be kept for long. */
export function maskedReason(error: unknown): string {
  if (!(error instanceof Error)) return maskText(String(error));
  return maskText(`${error.name}: ${withoutParameters(error.message)}`);
}

/** Name, message, code, trace and causes; other members (a query's parameters, say) stay out of the logs. */
function describeError(error: Error, depth: number, budget: Budget): unknown {
  const { name, message, stack, cause } = error;
  const told = withoutParameters(String(message));
  return {
    name,
    message: maskText(told),
    ...('code' in error ? { code: describe(error.code, depth + 1, budget) } : {}),
    stack: maskText(String(stack).replace(String(message), () => told)),
    ...(cause === undefined ? {} : { cause: describe(cause, depth + 1, budget) }),
    ...(error instanceof AggregateError ? { errors: describe(error.errors, depth + 1, budget) } : {}),
  };
}

export function createLogger(options: LoggerOptions, bound: LogFields = {}): Logger {
  const clock = options.clock ?? systemClock;
  const line =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (SEVERITY[level] < SEVERITY[options.level]) return;
      const budget = { values: MAX_VALUES_PER_LINE };
      const described = Object.entries({ ...options.fields?.(), ...bound, ...fields }).map(
        ([name, value]) => [maskText(name), SECRET_NAME.test(name) ? MASK : describe(value, 0, budget)],
      );
      const head = { time: clock.now().toISOString(), level, message: maskText(message) };
      options.write(JSON.stringify({ ...head, ...Object.fromEntries(described), ...head }));
    };
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: (fields) => createLogger(options, { ...bound, ...fields }),
  };
}
