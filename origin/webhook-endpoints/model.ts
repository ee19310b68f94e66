/** What webhook endpoints take and answer. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { webhookDisabledReason } from '#db/schema/webhooks.ts';
import { closedObject, DateTime, page, Uuid } from '#origin/http/schemas.ts';
import { EVENT_TYPE_NAMES, type EventType } from './event-types.ts';

const MAX_URL_LENGTH = 2_048;
/** Within what a receiver takes to be given a new secret. */
const MAX_OVERLAP_HOURS = 168;

const EventTypeName = Type.Unsafe<EventType>(Type.Union(EVENT_TYPE_NAMES.map((name) => Type.Literal(name))));
const Url = t.String({
  minLength: 1,
  maxLength: MAX_URL_LENGTH,
  description: 'HTTPS, at port 443 or 8443, by the name of a host on the Internet.',
});
const EventTypes = t.Array(EventTypeName, {
  ...{ minItems: 1, maxItems: EVENT_TYPE_NAMES.length, uniqueItems: true },
  description: 'What it is told of: the types under `webhooks` of this document.',
});

const URL_EXAMPLE = 'https://erp.example.com/hooks/shop';

export const NewEndpoint = closedObject(
  { url: Url, eventTypes: EventTypes },
  { examples: [{ url: URL_EXAMPLE, eventTypes: ['order.paid', 'order.cancelled', 'stock.ran_low'] }] },
);
export type NewEndpoint = Static<typeof NewEndpoint>;

export const EndpointChange = closedObject(
  {
    url: t.Optional(Url),
    eventTypes: t.Optional(EventTypes),
    enabled: t.Optional(
      t.Boolean({
        description: 'While it is not, nothing is sent; what waited then goes on when it is again.',
      }),
    ),
  },
  { examples: [{ eventTypes: ['order.paid', 'refund.succeeded'], enabled: true }] },
);
export type EndpointChange = Static<typeof EndpointChange>;

export const Rotation = closedObject(
  {
    oldSecretHours: Type.Integer({
      ...{ minimum: 0, maximum: MAX_OVERLAP_HOURS },
      description: 'For so long the old secret signs beside the new one. 0 for one that is in wrong hands.',
    }),
  },
  { examples: [{ oldSecretHours: 24 }] },
);
export type Rotation = Static<typeof Rotation>;

const nullableInstant = t.Union([DateTime, t.Null()]);
const shown = {
  id: Uuid,
  url: t.String(),
  eventTypes: t.Array(EventTypeName),
  enabled: t.Boolean(),
  disabledReason: t.Union([t.UnionEnum(webhookDisabledReason.enumValues), t.Null()], {
    description: '`gone`: it answered 410. `failing`: for days, without one success.',
  }),
  disabledAt: nullableInstant,
  failingSince: t.Union([DateTime, t.Null()], {
    description: 'Since when no attempt has succeeded; null while it is well.',
  }),
  createdAt: DateTime,
};
const EXAMPLE = {
  id: '01890a5d-ac96-774b-bcce-b302099a8062',
  url: URL_EXAMPLE,
  eventTypes: ['order.paid', 'order.cancelled', 'stock.ran_low'],
  ...{ enabled: true, disabledReason: null, disabledAt: null, failingSince: null },
  createdAt: '2026-01-31T12:00:00.000Z',
};
const SECRET_EXAMPLE = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

export const Endpoint = t.Object(shown, { examples: [EXAMPLE] });
export type Endpoint = Static<typeof Endpoint>;

export const MadeEndpoint = t.Object(
  { ...shown, secret: t.String({ description: 'Shown this once. Verifies what is sent.' }) },
  { examples: [{ ...EXAMPLE, secret: SECRET_EXAMPLE }] },
);
export type MadeEndpoint = Static<typeof MadeEndpoint>;

export const NewSecret = t.Object(
  {
    secret: t.String({ description: 'Shown this once. It signs from now on.' }),
    oldSecretsUntil: t.Union([DateTime, t.Null()], {
      description: 'Until when those before it sign, too; null when none does.',
    }),
  },
  { examples: [{ secret: SECRET_EXAMPLE, oldSecretsUntil: '2026-02-01T12:00:00.000Z' }] },
);
export type NewSecret = Static<typeof NewSecret>;

/** All of them: there are never more than fit into one page. */
export const EndpointPage = page(Endpoint);
export type EndpointPage = Static<typeof EndpointPage>;

export const EndpointParams = closedObject({ id: Uuid });
