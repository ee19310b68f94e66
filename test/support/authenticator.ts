/** An authenticator as a person has one, and an account with a second factor. */

import { TOTP } from 'otpauth';
import { SECOND_MS } from '#lib/clock.ts';
import type { Role } from '#origin/http/auth.ts';
import { type OriginUnderTest, TEST_PASSWORD } from './origin.ts';

const STEP_MS = 30 * SECOND_MS;

/** The code of a step: 0 is the one of now, -1 the one before. */
export function codeOf(secret: string, step = 0): string {
  return new TOTP({ secret }).generate({ timestamp: Date.now() + step * STEP_MS });
}

/** A code that is right at no step anywhere near. */
export function wrongCode(secret: string): string {
  const near = new Set([-2, -1, 0, 1, 2].map((step) => codeOf(secret, step)));
  for (let code = 0; ; code += 1) {
    const text = String(code).padStart(6, '0');
    if (!near.has(text)) return text;
  }
}

export interface Guarded {
  readonly email: string;
  readonly userId: string;
  readonly secret: string;
  readonly recoveryCodes: readonly string[];
}

/** Turned on by the code of the step before, so that those of now and the next are still to be used. */
export async function signUpWithSecondFactor(
  shop: OriginUnderTest,
  role: Role = 'shopper',
): Promise<Guarded> {
  const { email, userId, token } = await shop.signIn(role);
  const post = (path: string, body: object) =>
    shop.call(`/api/v1/me/second-factor${path}`, { method: 'POST', token, body });
  const { body: enrolment } = await post('', { password: TEST_PASSWORD });
  const { status, body } = await post('/confirmation', { code: codeOf(enrolment.secret, -1) });
  if (status !== 200) throw new Error(`the second factor was refused: ${JSON.stringify(body)}`);
  return { email, userId, secret: enrolment.secret, recoveryCodes: body.recoveryCodes };
}
