/**
 * Expected failures, of the closed table in `problem-table.ts`. One code decides the problem document over HTTP
 * (RFC 9457) and, in a worker, whether a message is tried again. Anything that is not an {@link AppError} is a bug.
 */

import { PROBLEMS } from './problem-table.ts';
import type { SecurityDetails } from './security-events.ts';

export { PROBLEMS };

export type ProblemCode = keyof typeof PROBLEMS;

/** One invalid place in the input; `path` is a JSON pointer (RFC 6901), or `headers/name` for a header. */
export interface InputError {
  readonly path: string;
  readonly message: string;
}

/** What a failure may tell its caller, beside its code. */
export interface ProblemExtras {
  readonly detail?: string;
  readonly errors?: readonly InputError[];
  readonly retryAfterSeconds?: number;
  readonly [member: string]: unknown;
}

/**
 * An expected failure. Its extras are shown to the caller: never put anything internal in them. What is `inside` goes
 * into the security log alone: the caller is not to know whether it was the email or the password.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ProblemCode;
  readonly extras: ProblemExtras;
  readonly inside: SecurityDetails;

  constructor(code: ProblemCode, extras: ProblemExtras = {}, inside: SecurityDetails = {}) {
    super(extras.detail ?? PROBLEMS[code].title);
    this.code = code;
    this.extras = extras;
    this.inside = inside;
  }
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

const DEFAULT_RETRY_AFTER_SECONDS = 1;

/** The RFC 9457 document of a failure. */
export function problemText(code: ProblemCode, members: Readonly<Record<string, unknown>> = {}): string {
  const { status, title } = PROBLEMS[code];
  return JSON.stringify({ type: 'about:blank', title, status, code, ...members });
}

/** The HTTP answer of a failure: an RFC 9457 document, with `Retry-After` where trying again is worth it. */
export function problemResponse(
  code: ProblemCode,
  extras: ProblemExtras = {},
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { status, retryable } = PROBLEMS[code];
  const { retryAfterSeconds, ...members } = extras;
  const retryAfter =
    retryAfterSeconds ?? (retryable && status !== 500 ? DEFAULT_RETRY_AFTER_SECONDS : undefined);
  return new Response(problemText(code, members), {
    status,
    headers: {
      'content-type': PROBLEM_CONTENT_TYPE,
      'cache-control': 'no-store',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...headers,
    },
  });
}
