/** Accounts as admins see and change them. */

import { type Static, t } from 'elysia';
import { closedObject, DateTime, page, pageQuery, Uuid } from '#origin/http/schemas.ts';

/** Not `t.UnionEnum`, whose first value would stand in for one that was not given. */
const Role = t.Union([t.Literal('shopper'), t.Literal('seller'), t.Literal('admin')], {
  error: 'must be shopper, seller or admin',
});

export const ManagedUser = t.Object(
  {
    id: Uuid,
    email: t.String(),
    name: t.String(),
    role: Role,
    disabled: t.Boolean({ description: 'Kept out: no login, no session.' }),
    createdAt: DateTime,
  },
  {
    examples: [
      {
        id: '01890a5d-ac96-774b-bcce-b302099a8060',
        email: 'ada@example.com',
        name: 'Ada',
        role: 'seller',
        disabled: false,
        createdAt: '2026-01-31T12:00:00.000Z',
      },
    ],
  },
);
export type ManagedUser = Static<typeof ManagedUser>;

export const UserPage = page(ManagedUser);
export type UserPage = Static<typeof UserPage>;

export const UserListQuery = closedObject({ role: t.Optional(Role), ...pageQuery });
export type UserListQuery = Static<typeof UserListQuery>;

export const UserParams = closedObject({ id: Uuid });

export const UserChange = t.Object(
  { role: t.Optional(Role), disabled: t.Optional(t.Boolean()) },
  { additionalProperties: false, minProperties: 1, examples: [{ role: 'seller' }] },
);
export type UserChange = Static<typeof UserChange>;
