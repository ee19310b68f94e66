/** What the inventory takes and answers over HTTP. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import { closedObject, DateTime, page, pageQuery, Uuid } from '#origin/http/schemas.ts';

const MAX_REASON_LENGTH = 500;
/** Units that one call may add or take away. */
const MAX_DELTA = 1_000_000;
const MAX_LOW_AT = 1_000_000;

const LOCATION_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a8090';
const VARIANT_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a8070';
const Units = Type.Integer({ minimum: 0 });
const Reason = t.String({ minLength: 1, maxLength: MAX_REASON_LENGTH, pattern: '\\S' });

export const StockAdjustment = closedObject(
  {
    variantId: Uuid,
    delta: t.Union(
      [Type.Integer({ minimum: 1, maximum: MAX_DELTA }), Type.Integer({ minimum: -MAX_DELTA, maximum: -1 })],
      {
        description: 'Units that are there more than were known of, or fewer.',
        error: `must be a whole number from -${MAX_DELTA} to ${MAX_DELTA}, and not 0`,
      },
    ),
    kind: t.Optional(
      t.Union([t.Literal('correction'), t.Literal('receipt')], {
        description: 'A receipt brings units in; a correction, the default, says that the count was wrong.',
        error: 'must be correction or receipt',
      }),
    ),
    locationId: t.Optional(
      t.String({ ...Uuid, description: 'Where they are; the default location, if it is not given.' }),
    ),
    reason: Reason,
  },
  { examples: [{ variantId: VARIANT_EXAMPLE, delta: -2, reason: 'Broken in the warehouse' }] },
);
export type StockAdjustment = Static<typeof StockAdjustment>;

export const StockTransfer = closedObject(
  {
    variantId: Uuid,
    quantity: Type.Integer({ minimum: 1, maximum: MAX_DELTA }),
    fromLocationId: Uuid,
    toLocationId: Uuid,
    reason: t.Optional(Reason),
  },
  {
    examples: [
      {
        ...{ variantId: VARIANT_EXAMPLE, quantity: 5 },
        ...{ fromLocationId: DEFAULT_LOCATION, toLocationId: LOCATION_EXAMPLE, reason: 'Nearer to buyers' },
      },
    ],
  },
);
export type StockTransfer = Static<typeof StockTransfer>;

export const StockSettings = closedObject(
  {
    lowAt: Type.Integer({ minimum: 0, maximum: MAX_LOW_AT, description: 'The stock is low from here down.' }),
  },
  { examples: [{ lowAt: 20 }] },
);

export const StockParams = closedObject({ variantId: Uuid });

const stockProperties = {
  variantId: Uuid,
  onHand: Units,
  reserved: Type.Integer({ minimum: 0, description: 'Promised to orders that have not left yet.' }),
  available: Type.Integer({ minimum: 0, description: 'Left to sell.' }),
  lowAt: Units,
};
const stockExample = { variantId: VARIANT_EXAMPLE, onHand: 40, reserved: 3, available: 37, lowAt: 5 };

export const Stock = t.Object(stockProperties, { examples: [stockExample] });
export type Stock = Static<typeof Stock>;

const StockLevel = t.Object(
  { ...stockProperties, productId: Uuid, name: t.String(), sku: t.Union([t.String(), t.Null()]) },
  {
    examples: [{ ...stockExample, productId: VARIANT_EXAMPLE, name: 'Enamel Camping Mug', sku: 'MUG-RED' }],
  },
);

export const StockPage = page(StockLevel);
export type StockPage = Static<typeof StockPage>;

export const StockListQuery = closedObject(pageQuery);
export type StockListQuery = Static<typeof StockListQuery>;

const StockMovement = t.Object({
  movement: t.String(),
  onHandDelta: Type.Integer(),
  reservedDelta: Type.Integer(),
  orderId: t.Union([Uuid, t.Null()]),
  actorId: t.Union([Uuid, t.Null()], { description: 'Who did it by hand.' }),
  reason: t.String(),
  at: DateTime,
});

const atLocations = [
  { locationId: DEFAULT_LOCATION, name: 'Main location', onHand: 28 },
  { locationId: LOCATION_EXAMPLE, name: 'Rotterdam', onHand: 12 },
];

const LocationUnits = t.Object({ locationId: Uuid, name: t.String(), onHand: Units });

const locationProperties = {
  locations: t.Array(LocationUnits, {
    description: 'What of it lies at which location in use, the default one first.',
  }),
};

export const StockByLocation = t.Object(
  { ...stockProperties, ...locationProperties },
  { examples: [{ ...stockExample, locations: atLocations }] },
);
export type StockByLocation = Static<typeof StockByLocation>;

const LocationMovement = t.Object({
  locationId: Uuid,
  movement: t.String(),
  delta: Type.Integer(),
  orderId: t.Union([Uuid, t.Null()]),
  actorId: t.Union([Uuid, t.Null()]),
  reason: t.String(),
  at: DateTime,
});

export const StockHistory = t.Object(
  {
    ...stockProperties,
    ...locationProperties,
    movements: t.Array(StockMovement, { description: 'The latest ones, newest first.' }),
    locationMovements: t.Array(LocationMovement, {
      description: 'The latest at other locations than the default one, and between locations; newest first.',
    }),
  },
  {
    examples: [
      {
        ...stockExample,
        locations: atLocations,
        movements: [
          {
            movement: 'correction',
            ...{ onHandDelta: -2, reservedDelta: 0, orderId: null, actorId: VARIANT_EXAMPLE },
            ...{ reason: 'Broken in the warehouse', at: '2026-01-01T12:00:00.000Z' },
          },
        ],
        locationMovements: [
          {
            ...{ locationId: LOCATION_EXAMPLE, movement: 'transfer', delta: 12, orderId: null },
            ...{ actorId: VARIANT_EXAMPLE, reason: 'Nearer to buyers', at: '2026-01-01T11:00:00.000Z' },
          },
        ],
      },
    ],
  },
);
export type StockHistory = Static<typeof StockHistory>;
