/** What API keys take and answer. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { closedObject, DateTime, page, Uuid } from '#origin/http/schemas.ts';
import { SCOPE_NAMES } from '#origin/http/scopes.ts';
import { Proof } from '#origin/second-factor/service.ts';

const MAX_NAME_LENGTH = 100;
const MAX_LIFE_DAYS = 365;

/** Not Elysia's `UnionEnum`: that one has a default, which would stand in for what a request did not say. */
const Scope = Type.Unsafe<string>(Type.Union(SCOPE_NAMES.map((name) => Type.Literal(name))));

export const NewApiKey = closedObject(
  {
    ...Proof.properties,
    name: t.String({ minLength: 1, maxLength: MAX_NAME_LENGTH, description: 'For you to know it by.' }),
    scopes: t.Array(Scope, { minItems: 1, maxItems: SCOPE_NAMES.length, uniqueItems: true }),
    expiresInDays: Type.Integer({ minimum: 1, maximum: MAX_LIFE_DAYS }),
  },
  {
    examples: [
      {
        password: 'correct horse battery',
        name: 'Warehouse',
        scopes: ['stock:read', 'stock:write'],
        expiresInDays: 90,
      },
    ],
  },
);
export type NewApiKey = Static<typeof NewApiKey>;

const shown = {
  id: Uuid,
  name: t.String(),
  prefix: t.String({ description: 'How the key begins.' }),
  scopes: t.Array(Scope),
  createdAt: DateTime,
  expiresAt: DateTime,
  lastUsedAt: t.Union([DateTime, t.Null()], { description: 'To the hour.' }),
};
const EXAMPLE = {
  id: '01890a5d-ac96-774b-bcce-b302099a8061',
  name: 'Warehouse',
  prefix: 'hsk_4fPq2Zx9',
  scopes: ['stock:read', 'stock:write'],
  createdAt: '2026-01-31T12:00:00.000Z',
  expiresAt: '2026-05-01T12:00:00.000Z',
  lastUsedAt: null,
};

export const ApiKey = t.Object(shown, { examples: [EXAMPLE] });
export type ApiKey = Static<typeof ApiKey>;

export const MadeApiKey = t.Object(
  { ...shown, key: t.String({ description: 'Shown this once. Sent as a bearer token.' }) },
  { examples: [{ ...EXAMPLE, key: 'hsk_4fPq2Zx9sY3hC0mJ7aUu0Z5cF2b1k8n4v6x0q2w4e6r8t0y1u3' }] },
);
export type MadeApiKey = Static<typeof MadeApiKey>;

/** All of them: nobody has more than fit into one page. */
export const ApiKeyPage = page(ApiKey);
export type ApiKeyPage = Static<typeof ApiKeyPage>;

export const ApiKeyParams = closedObject({ id: Uuid });
