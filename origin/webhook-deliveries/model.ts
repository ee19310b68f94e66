/** What the log of webhooks takes and answers. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { webhookDeliveryStatus } from '#db/schema/webhooks.ts';
import { closedObject, DateTime, page, pageQuery, Uuid } from '#origin/http/schemas.ts';
import { EVENT_TYPES, type EventType, TEST_TYPE } from '#origin/webhook-endpoints/service.ts';
import { OUTCOMES, type Outcome } from './outcomes.ts';

const EventTypeName = Type.Unsafe<EventType | typeof TEST_TYPE>(
  Type.Union([...Object.keys(EVENT_TYPES), TEST_TYPE].map((name) => Type.Literal(name))),
);
const Status = Type.Unsafe<(typeof webhookDeliveryStatus.enumValues)[number]>(
  Type.Union(webhookDeliveryStatus.enumValues.map((name) => Type.Literal(name))),
);
const OutcomeName = Type.Unsafe<Outcome>(Type.Union(OUTCOMES.map((name) => Type.Literal(name))));
const nullableInstant = t.Union([DateTime, t.Null()]);

const shown = {
  id: Uuid,
  eventId: t.String({ format: 'uuid', description: 'Sent as `webhook-id`, at every attempt and replay.' }),
  eventType: EventTypeName,
  occurredAt: DateTime,
  status: Status,
  attempts: Type.Integer({ description: 'Begun so far, those before a replay included.' }),
  nextAttemptAt: t.Union([DateTime, t.Null()], { description: 'Null for one that has ended.' }),
  endedAt: nullableInstant,
};
const EXAMPLE = {
  id: '01890a5d-ac96-774b-bcce-b302099a8090',
  eventId: '01890a5d-ac96-774b-bcce-b302099a8091',
  eventType: 'order.paid',
  occurredAt: '2026-01-31T12:00:00.000Z',
  ...{ status: 'waiting', attempts: 1, nextAttemptAt: '2026-01-31T12:00:05.000Z', endedAt: null },
};

export const Delivery = t.Object(shown, { examples: [EXAMPLE] });
export type Delivery = Static<typeof Delivery>;

export const DeliveryPage = page(Delivery);
export type DeliveryPage = Static<typeof DeliveryPage>;

const Attempt = t.Object({
  number: Type.Integer({
    description: 'One that a lost process had begun is missing, and may have arrived.',
  }),
  startedAt: DateTime,
  durationMs: Type.Integer(),
  outcome: OutcomeName,
  statusCode: t.Union([Type.Integer(), t.Null()], { description: 'Null where nothing was answered.' }),
  answerStart: t.String({ description: 'How the body of the answer begins.' }),
});

export const DeliveryDetails = t.Object(
  {
    ...shown,
    body: t.String({ description: 'As it is sent and signed.' }),
    log: t.Array(Attempt, { description: 'The latest attempts, newest first.' }),
  },
  {
    examples: [
      {
        ...EXAMPLE,
        body: `{"type":"order.paid","timestamp":"2026-01-31T12:00:00.000Z","data":{"orderId":"01890a5d-ac96-774b-bcce-b302099a8080"}}`,
        log: [
          {
            ...{ number: 1, startedAt: '2026-01-31T12:00:00.200Z', durationMs: 84, outcome: 'refused' },
            ...{ statusCode: 500, answerStart: 'Internal Server Error' },
          },
        ],
      },
    ],
  },
);
export type DeliveryDetails = Static<typeof DeliveryDetails>;

const instant = (description: string) =>
  t.String({
    ...{ format: 'date-time', description },
    pattern: '^2\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{3})?Z$',
    error: 'must be a time in UTC: 2026-01-31T12:00:00Z',
  });
const from = instant('Of events that occurred then or later.');
const until = t.Optional(instant('Of events that occurred before.'));

export const DeliveryListQuery = closedObject({
  ...{ status: t.Optional(Status), eventType: t.Optional(EventTypeName), from: t.Optional(from), until },
  ...pageQuery,
});
export type DeliveryListQuery = Static<typeof DeliveryListQuery>;

export const ReplayOrder = closedObject(
  {
    which: t.Union([t.Literal('failed'), t.Literal('missed'), t.Literal('all')], {
      description:
        '`failed`: deliveries with no attempt left. `missed`: events of its types that it was not told of, for it was ' +
        'disabled, or had not subscribed. `all`: both, and what has succeeded.',
      error: 'must be failed, missed or all',
    }),
    from,
    until,
  },
  { examples: [{ which: 'failed', from: '2026-01-31T00:00:00.000Z', until: '2026-02-01T00:00:00.000Z' }] },
);
export type ReplayOrder = Static<typeof ReplayOrder>;

export const Replayed = t.Object(
  { deliveries: Type.Integer({ description: 'How many are to be sent, from now on.' }) },
  { examples: [{ deliveries: 12 }] },
);
export type Replayed = Static<typeof Replayed>;

export const EndpointParams = closedObject({ id: Uuid });
export const DeliveryParams = closedObject({ id: Uuid, deliveryId: Uuid });
