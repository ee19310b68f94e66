/** What passwords and the proofs of an email take. */

import { type Static, t } from 'elysia';
import { closedObject } from '#origin/http/schemas.ts';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from './password-rules.ts';

const MAX_EMAIL_LENGTH = 254;
const MAX_TOKEN_LENGTH = 200;

export const Email = t.String({
  format: 'email',
  maxLength: MAX_EMAIL_LENGTH,
  error: 'must be an email address',
});

export const NewPassword = t.String({
  minLength: MIN_PASSWORD_LENGTH,
  maxLength: MAX_PASSWORD_LENGTH,
  error: `must be ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters`,
  description:
    'Whatever you like, but none that is tried first, and not made of your name, email or the shop’s.',
});

export const KnownPassword = t.String({ minLength: 1, maxLength: MAX_PASSWORD_LENGTH });

const MailedToken = t.String({
  minLength: 1,
  maxLength: MAX_TOKEN_LENGTH,
  description: 'From the email. It works once.',
});

export const EmailOnly = closedObject({ email: Email }, { examples: [{ email: 'ada@example.com' }] });

export const Verification = closedObject(
  { token: MailedToken, password: KnownPassword },
  {
    examples: [
      { token: 'ev_9sY3hC0mJ7aUu0Z5cF2b1k8n4v6x0q2w4e6r8t0y1u3', password: 'correct horse battery' },
    ],
  },
);
export type Verification = Static<typeof Verification>;

export const PasswordReset = closedObject(
  { token: MailedToken, password: NewPassword },
  {
    examples: [
      { token: 'pr_9sY3hC0mJ7aUu0Z5cF2b1k8n4v6x0q2w4e6r8t0y1u3', password: 'a lamp in every window' },
    ],
  },
);
export type PasswordReset = Static<typeof PasswordReset>;

export const PasswordChange = closedObject(
  { currentPassword: KnownPassword, newPassword: NewPassword },
  { examples: [{ currentPassword: 'correct horse battery', newPassword: 'a lamp in every window' }] },
);
export type PasswordChange = Static<typeof PasswordChange>;
