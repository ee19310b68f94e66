/** What can become of one attempt to deliver a webhook. */

import { isTimeout } from '#lib/resilience.ts';
import { AddressForbidden, NameNotFound } from '#origin/adapters/outbound.ts';

export const OUTCOMES = [
  'succeeded',
  /** Answered with anything but 2xx. */
  'refused',
  /** Answered with 410: it wants no more of them. */
  'gone',
  /** Answered with a redirect, which is not followed. */
  'redirected',
  'timed_out',
  'name_not_found',
  /** The name stands for an address that is none of the Internet's. */
  'address_forbidden',
  /** Its certificate is not good for its name, or TLS failed otherwise. */
  'tls_failed',
  'connection_failed',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

const GONE = 410;

export function outcomeOfStatus(status: number): Outcome {
  if (status >= 200 && status < 300) return 'succeeded';
  if (status >= 300 && status < 400) return 'redirected';
  return status === GONE ? 'gone' : 'refused';
}

/** As Bun names the failures of certificates and handshakes. */
const OF_TLS = /TLS|SSL|CERT|VERIFY|SIGNED|ISSUER/;

const ABORTED = ['AbortError', 'TimeoutError'];

export function outcomeOfError(error: unknown): Outcome {
  // Either the attempt's time is up, or whatever was waited for has heard so first.
  if (isTimeout(error) || (error instanceof Error && ABORTED.includes(error.name))) return 'timed_out';
  if (error instanceof NameNotFound) return 'name_not_found';
  if (error instanceof AddressForbidden) return 'address_forbidden';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return OF_TLS.test(code) ? 'tls_failed' : 'connection_failed';
}
