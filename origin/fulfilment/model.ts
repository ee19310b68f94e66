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

export const ShipmentInput = closedObject(
  {
    items: t.Array(
      closedObject({ itemId: Uuid, quantity: Type.Integer({ minimum: 1, maximum: MAX_UNITS }) }),
      { minItems: 1, maxItems: MAX_LINES, description: 'Lines of the order by their ids, each once.' },
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

export const ShipmentsParams = closedObject({ orderId: Uuid });
export const ShipmentParams = closedObject({ orderId: Uuid, shipmentId: Uuid });
