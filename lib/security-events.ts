/**
 * What log-ins and attacks leave in the log: the closed list of events. Every one is counted; lines are written at a
 * bounded rate, so that nobody fills a disk or slows the shop by being refused.
 */

import { type Clock, MINUTE_MS } from './clock.ts';
import type { Logger } from './log.ts';
import type { AppError, ProblemCode } from './problems.ts';

/** By the level of its line. */
export const SECURITY_EVENTS = {
  'login.succeeded': 'info',
  'login.failed': 'warn',
  /** The password was right, and a code is asked for. */
  'second_factor.asked': 'info',
  'second_factor.failed': 'warn',
  'second_factor.throttled': 'warn',
  /** Within a session, before what takes the password again. */
  'password_proof.failed': 'warn',
  'mailed_link.refused': 'warn',
  'refresh.refused': 'warn',
  /** Of a refresh token that was traded before: its session has ended. */
  'refresh.reused': 'warn',
  /** An access token or an API key that is worth nothing. */
  'token.refused': 'warn',
  'access.refused': 'warn',
  'csrf.refused': 'warn',
  'edge_proof.refused': 'warn',
  'webhook.refused': 'warn',
  'quote.refused': 'warn',
  'card_number.refused': 'warn',
  'input.refused': 'info',
  'rate_limit.hit': 'warn',
} as const satisfies Record<string, 'info' | 'warn'>;

export type SecurityEvent = keyof typeof SECURITY_EVENTS;

/** Ids and words of ours; never an email, a token, or anything else that a client has typed. */
export interface SecurityDetails {
  readonly userId?: string;
  readonly reason?: string;
  readonly [name: string]: string | undefined;
}

/** With the fields of the request at hand, and where it comes from, as budgets count it. */
export interface Whence {
  readonly log: Logger;
  readonly clientAddress: string | null;
}

export interface SecurityLog {
  record(event: SecurityEvent, whence: Whence, details?: SecurityDetails): void;
}

const BY_PROBLEM: Partial<Record<ProblemCode, SecurityEvent>> = {
  credentials_invalid: 'login.failed',
  second_factor_required: 'second_factor.asked',
  second_factor_invalid: 'second_factor.failed',
  second_factor_throttled: 'second_factor.throttled',
  password_wrong: 'password_proof.failed',
  link_invalid: 'mailed_link.refused',
  refresh_token_invalid: 'refresh.refused',
  unauthenticated: 'token.refused',
  forbidden: 'access.refused',
  login_too_old: 'access.refused',
  csrf_refused: 'csrf.refused',
  edge_required: 'edge_proof.refused',
  webhook_signature_invalid: 'webhook.refused',
  quote_invalid: 'quote.refused',
  card_number_refused: 'card_number.refused',
  invalid_input: 'input.refused',
  body_too_large: 'input.refused',
  body_too_slow: 'input.refused',
  headers_too_large: 'input.refused',
  unsupported_media_type: 'input.refused',
  content_encoding_unsupported: 'input.refused',
  rate_limited: 'rate_limit.hit',
};

/** What an {@link AppError} says of a request that brought no credentials, or asks for what is another's. */
export const NO_CREDENTIALS: SecurityDetails = { reason: 'no_credentials' };
export const OF_ANOTHER: SecurityDetails = { reason: 'of_another' };

/** Null where a failure is no matter of security. */
export function securityEventOf({ code, inside }: AppError): SecurityEvent | null {
  const isAccess = inside.reason === OF_ANOTHER.reason || inside.reason === NO_CREDENTIALS.reason;
  return isAccess ? 'access.refused' : (BY_PROBLEM[code] ?? null);
}

/** In each process, of each event; and of these, from each address. Log-ins are bounded by what a password costs. */
export const MAX_LINES_A_MINUTE = 60;
export const MAX_LINES_OF_AN_ADDRESS = 10;
const UNBOUNDED: ReadonlySet<SecurityEvent> = new Set(['login.succeeded']);

/** No more addresses than lines. */
interface Minute {
  readonly number: number;
  readonly linesOf: Map<string, number>;
  lines: number;
}

export function createSecurityLog(clock: Clock, count: (event: SecurityEvent) => void): SecurityLog {
  const minutes = new Map<SecurityEvent, Minute>();
  const unlogged = new Map<SecurityEvent, number>();
  const admits = (event: SecurityEvent, address: string): boolean => {
    if (UNBOUNDED.has(event)) return true;
    const number = Math.floor(clock.now().getTime() / MINUTE_MS);
    const known = minutes.get(event);
    const minute = known?.number === number ? known : { number, linesOf: new Map(), lines: 0 };
    const ofAddress = minute.linesOf.get(address) ?? 0;
    if (minute.lines >= MAX_LINES_A_MINUTE || ofAddress >= MAX_LINES_OF_AN_ADDRESS) return false;
    minute.lines += 1;
    minute.linesOf.set(address, ofAddress + 1);
    minutes.set(event, minute);
    return true;
  };
  return {
    record: (event, { log, clientAddress }, details = {}) => {
      count(event);
      const left = unlogged.get(event) ?? 0;
      if (!admits(event, clientAddress ?? '')) {
        unlogged.set(event, left + 1);
        return;
      }
      unlogged.delete(event);
      const before = left === 0 ? {} : { unlogged: left };
      log[SECURITY_EVENTS[event]]('security event', { event, clientAddress, ...details, ...before });
    },
  };
}
