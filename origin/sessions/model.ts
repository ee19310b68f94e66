/** What sessions take and answer. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { sessionTransport } from '#db/schema/sessions.ts';
import { CART_TOKEN_HEADER, SESSION_TRANSPORT_HEADER } from '#lib/edge-contract.ts';
import { closedObject, DateTime, page, Uuid } from '#origin/http/schemas.ts';

const REFRESH_TOKEN_EXAMPLE = 'rt_9sY3hC0mJ7aUu0Z5cF2b1k8n4v6x0q2w4e6r8t0y1u3';

/** How a client says that it is a browser. */
const transport = {
  [SESSION_TRANSPORT_HEADER]: t.Optional(
    t.Literal('cookie', {
      description:
        'For pages of the shop: the refresh token goes and comes in a cookie that scripts cannot read, never in a ' +
        'body. `Origin` must be one of the shop’s.',
      error: 'must be `cookie`, or left out',
    }),
  ),
};

export const SessionHeaders = t.Object(transport);

export const LoginHeaders = t.Object({
  ...transport,
  [CART_TOKEN_HEADER]: t.Optional(
    t.String({
      description:
        'That of a guest’s cart: it goes into the customer’s, as `POST /api/v1/carts/{id}/merge` would have it. Where ' +
        'it cannot, the log-in goes on without it.',
    }),
  ),
});

export const RefreshRequest = closedObject(
  {
    refreshToken: t.Optional(
      t.String({
        minLength: 1,
        maxLength: 200,
        description: 'Required, unless it is in the cookie.',
        error: 'must be a refresh token',
      }),
    ),
  },
  { examples: [{ refreshToken: REFRESH_TOKEN_EXAMPLE }] },
);
export type RefreshRequest = Static<typeof RefreshRequest>;

export const Tokens = t.Object(
  {
    accessToken: t.String(),
    refreshToken: t.Optional(
      t.String({
        description:
          'Absent where it is in the cookie. Absent, too, for whoever sends a token that the same client has traded ' +
          'a moment before: that answer had its successor.',
      }),
    ),
    expiresIn: Type.Integer({ description: 'Life of the access token, in seconds.' }),
    cartId: t.Optional(
      t.String({
        format: 'uuid',
        description: 'At a log-in with a `Cart-Token`: the customer’s cart, which has the guest’s lines now.',
      }),
    ),
  },
  {
    examples: [
      {
        accessToken: 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl',
        refreshToken: REFRESH_TOKEN_EXAMPLE,
        expiresIn: 900,
      },
    ],
  },
);

const SessionView = t.Object(
  {
    id: Uuid,
    transport: t.UnionEnum(sessionTransport.enumValues, { description: 'Where the client keeps its token.' }),
    userAgent: t.Union([t.String(), t.Null()], { description: 'As the client called itself at log-in.' }),
    createdAt: DateTime,
    lastUsedAt: t.String({ format: 'date-time', description: 'When it was last refreshed.' }),
    current: t.Boolean({ description: 'Whether it is the one that asks.' }),
  },
  {
    examples: [
      {
        id: '01890a5d-ac96-774b-bcce-b302099a8061',
        transport: 'cookie',
        userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
        createdAt: '2026-01-01T09:00:00.000Z',
        lastUsedAt: '2026-01-01T12:00:00.000Z',
        current: true,
      },
    ],
  },
);
export type SessionView = Static<typeof SessionView>;

export const SessionPage = page(SessionView);
export const SessionParams = t.Object({ id: Uuid });

const PublicKey = t.Object({
  kty: t.Literal('OKP'),
  crv: t.Literal('Ed25519'),
  x: t.String(),
  kid: t.String(),
  alg: t.Literal('EdDSA'),
  use: t.Literal('sig'),
});

export const KeySet = t.Object(
  { keys: t.Array(PublicKey) },
  {
    examples: [
      {
        keys: [
          {
            ...{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' },
            x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
            kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
          },
        ],
      },
    ],
  },
);
