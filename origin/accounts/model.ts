/** What accounts take and answer. */

import { type Static, t } from 'elysia';
import { Email, KnownPassword, NewPassword } from '#origin/credentials/service.ts';
import { closedObject, Uuid } from '#origin/http/schemas.ts';

const MAX_CODE_LENGTH = 40;

export const Registration = closedObject(
  {
    email: Email,
    password: NewPassword,
    name: t.String({ minLength: 1, maxLength: 200 }),
  },
  { examples: [{ email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' }] },
);
export type Registration = Static<typeof Registration>;

export const Credentials = closedObject(
  {
    email: Email,
    password: KnownPassword,
    code: t.Optional(
      t.String({
        minLength: 1,
        maxLength: MAX_CODE_LENGTH,
        description:
          'Of the second factor, where the account has one: from the authenticator, or a recovery code.',
      }),
    ),
  },
  { examples: [{ email: 'shopper@hotshelf.example', password: 'shop-the-demo-42' }] },
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

const CartReminders = t.Boolean({
  description: 'Whether you want to be reminded by email of a cart that you have left. Off until you say so.',
});

export const Me = t.Object(
  { ...User.properties, cartReminders: CartReminders },
  {
    examples: [
      {
        ...{ id: '01890a5d-ac96-774b-bcce-b302099a8060', email: 'ada@example.com', name: 'Ada' },
        ...{ role: 'shopper', cartReminders: false },
      },
    ],
  },
);
export type Me = Static<typeof Me>;

export const Preferences = closedObject(
  { cartReminders: CartReminders },
  { examples: [{ cartReminders: true }] },
);
export type Preferences = Static<typeof Preferences>;
