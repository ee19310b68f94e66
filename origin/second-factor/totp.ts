/** Time-based one-time passwords (RFC 6238) as every authenticator makes them: SHA-1, six digits, thirty seconds. */

import { Secret, TOTP } from 'otpauth';
import { SECOND_MS } from '#lib/clock.ts';

const ISSUER = 'Hotshelf';
/** RFC 4226, 4: as long as the hash. */
const SECRET_BYTES = 20;
const DIGITS = 6;
const PERIOD_SECONDS = 30;
/** A clock may be a step off, either way (RFC 6238, 5.2). */
const WINDOW = 1;

export const TOTP_CODE = /^\d{6}$/;

/** In base32, as people type it. */
export function newSecret(): string {
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** What an authenticator reads from a QR code. */
export function uriOf(secret: string, label: string): string {
  return generator(secret, label).toString();
}

/** The time step that the code is of, which tells a code that was used from a new one; null for a wrong code. */
export function stepOf(secret: string, code: string, now: Date): number | null {
  const timestamp = now.getTime();
  const delta = generator(secret).validate({ token: code, timestamp, window: WINDOW });
  return delta === null ? null : Math.floor(timestamp / (PERIOD_SECONDS * SECOND_MS)) + delta;
}

function generator(secret: string, label = ''): TOTP {
  return new TOTP({
    issuer: ISSUER,
    label,
    algorithm: 'SHA1',
    digits: DIGITS,
    period: PERIOD_SECONDS,
    secret: Secret.fromBase32(secret),
  });
}
