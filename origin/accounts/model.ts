/** What accounts take and answer. */

import { type Static, t } from 'elysia';
import { closedObject, Uuid } from '#origin/http/schemas.ts';

const MIN_PASSWORD_LENGTH = 12;
const MAX_PASSWORD_LENGTH = 200;
const MAX_EMAIL_LENGTH = 254;

export const Email = t.String({
  format: 'email',
  maxLength: MAX_EMAIL_LENGTH,
  error: 'must be an email address',
});

export const Registration = closedObject(
  {
    email: Email,
    password: t.String({
      minLength: MIN_PASSWORD_LENGTH,
      maxLength: MAX_PASSWORD_LENGTH,
      error: `must be ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters`,
    }),
    name: t.String({ minLength: 1, maxLength: 200 }),
  },
  { examples: [{ email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' }] },
);
export type Registration = Static<typeof Registration>;

export const Credentials = closedObject(
  { email: Email, password: t.String({ minLength: 1, maxLength: MAX_PASSWORD_LENGTH }) },
  { examples: [{ email: 'shopper@hotshelf.example', password: 'the password of the demo shopper' }] },
);
export type Credentials = Static<typeof Credentials>;

export const User = t.Object(
  { id: Uuid, email: t.String(), name: t.String(), role: t.UnionEnum(['shopper', 'seller', 'admin']) },
  {
    examples: [
      { id: '01890a5d-ac96-774b-bcce-b302099a8060', email: 'ada@example.com', name: 'Ada', role: 'shopper' },
    ],
  },
);
export type User = Static<typeof User>;
