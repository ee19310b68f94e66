/** What shipments take over HTTP; what they answer is an order's `shipments`. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { closedObject, Uuid } from '#origin/http/schemas.ts';

const MAX_LINES = 200;
const MAX_UNITS = 1_000_000;
const MAX_CARRIER_LENGTH = 60;
const MAX_NUMBER_LENGTH = 64;
const MAX_URL_LENGTH = 500;

/** Of one line, without what a terminal or a mail could take for more than text. */
const PLAIN_TEXT =
  '^[^\\x00-\\x20\\x7f-\\x9f\\u2028-\\u202e]([^\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e]*\\S)?$';
/** Nobody's name and password before the host, and nothing that needs escaping in it. */
const HTTPS_URL = '^https://([A-Za-z0-9-]+\\.)+[A-Za-z]{2,}(:\\d{1,5})?([/?#][\\x21-\\x7e]*)?$';

const tracking = {
  carrier: t.Optional(
    t.String({
      minLength: 1,
      maxLength: MAX_CARRIER_LENGTH,
      pattern: PLAIN_TEXT,
      description: 'For people.',
    }),
  ),
  trackingNumber: t.Optional(
    t.String({
      minLength: 1,
      maxLength: MAX_NUMBER_LENGTH,
      pattern: '^[A-Za-z0-9]([A-Za-z0-9 ._/-]*[A-Za-z0-9])?$',
    }),
  ),
  trackingUrl: t.Optional(
    t.String({
      maxLength: MAX_URL_LENGTH,
      pattern: HTTPS_URL,
      description: "The carrier's page on the parcel.",
      error: 'must be an https address of a public name',
    }),
  ),
};

const trackingExample = {
  carrier: 'DHL',
  trackingNumber: 'JD0146000',
  trackingUrl: 'https://www.dhl.example/track?id=JD0146000',
};

/** What a location is to send of an order, and has not packed yet. */
export const PlannedParcel = t.Object({
  locationId: Uuid,
  location: t.String({ description: 'Its name.' }),
  items: t.Array(t.Object({ itemId: Uuid, quantity: Type.Integer() })),
});
export type PlannedParcel = Static<typeof PlannedParcel>;

export const ShipmentInput = closedObject(
  {
    items: t.Array(
      closedObject({ itemId: Uuid, quantity: Type.Integer({ minimum: 1, maximum: MAX_UNITS }) }),
      { minItems: 1, maxItems: MAX_LINES, description: 'Lines of the order by their ids, each once.' },
    ),
    locationId: t.Optional(
      t.String({
        ...Uuid,
        description: 'Which it leaves from, one that is to send all of it; if not given, the first that is.',
      }),
    ),
    ...tracking,
  },
  {
    examples: [{ items: [{ itemId: '01890a5d-ac96-774b-bcce-b302099a8081', quantity: 1 }], carrier: 'DHL' }],
  },
);
export type ShipmentInput = Static<typeof ShipmentInput>;

const TrackingFields = closedObject(tracking);
export type Tracking = Static<typeof TrackingFields>;

/** No body at all stands for an empty one. */
export const TrackingBody = t.Union([TrackingFields, t.Null()], { examples: [trackingExample] });

export const RerouteInput = closedObject(
  {
    itemId: Uuid,
    quantity: Type.Integer({ minimum: 1, maximum: MAX_UNITS }),
    fromLocationId: Uuid,
    toLocationId: Uuid,
  },
  {
    examples: [
      {
        ...{ itemId: '01890a5d-ac96-774b-bcce-b302099a8081', quantity: 1 },
        fromLocationId: '01890a5d-ac96-7000-8000-000000000001',
        toLocationId: '01890a5d-ac96-774b-bcce-b302099a8090',
      },
    ],
  },
);
export type RerouteInput = Static<typeof RerouteInput>;

export const PlannedParcels = t.Object(
  { plannedParcels: t.Array(PlannedParcel) },
  {
    examples: [
      {
        plannedParcels: [
          {
            ...{ locationId: '01890a5d-ac96-774b-bcce-b302099a8090', location: 'Rotterdam' },
            items: [{ itemId: '01890a5d-ac96-774b-bcce-b302099a8081', quantity: 1 }],
          },
        ],
      },
    ],
  },
);
export type PlannedParcels = Static<typeof PlannedParcels>;

export const ShipmentsParams = closedObject({ orderId: Uuid });
export const ShipmentParams = closedObject({ orderId: Uuid, shipmentId: Uuid });
