/** What stock locations are over HTTP. */

import { type Static, Type } from '@sinclair/typebox';
import { t } from 'elysia';
import { Coordinates, closedObject, DateTime, page, pageQuery, Uuid } from '#origin/http/schemas.ts';

const MAX_PRIORITY = 10_000;

const Name = t.String({ minLength: 1, maxLength: 100, pattern: '\\S' });
const Country = t.String({
  pattern: '^[A-Z]{2}$',
  error: 'must be two capital letters (ISO 3166-1)',
});
const Region = t.String({ maxLength: 200, description: 'As addresses spell it.' });
const PostalCode = t.String({ maxLength: 20 });
const Priority = Type.Integer({
  minimum: 0,
  maximum: MAX_PRIORITY,
  description: 'Of locations that are as near, the one with the lowest number sends.',
});
const ID_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a8090';
const example = {
  ...{ name: 'Rotterdam', country: 'NL', region: 'Zuid-Holland', postalCode: '3011' },
  ...{ coordinates: { latitude: 51.92, longitude: 4.48 }, priority: 10 },
};

export const NewLocation = closedObject(
  {
    name: Name,
    country: Country,
    region: t.Optional(Region),
    postalCode: t.Optional(PostalCode),
    coordinates: t.Optional(Coordinates),
    priority: t.Optional(Priority),
  },
  { examples: [example] },
);
export type NewLocation = Static<typeof NewLocation>;

export const LocationChange = closedObject(
  {
    name: t.Optional(Name),
    country: t.Optional(Country),
    region: t.Optional(Region),
    postalCode: t.Optional(PostalCode),
    coordinates: t.Optional(t.Union([Coordinates, t.Null()])),
    priority: t.Optional(Priority),
    active: t.Optional(
      Type.Boolean({
        description: 'False takes it out of use: only once nothing is there or leaves from there.',
      }),
    ),
  },
  { examples: [{ priority: 20, active: true }] },
);
export type LocationChange = Static<typeof LocationChange>;

export const StockLocation = t.Object(
  {
    id: Uuid,
    name: t.String(),
    country: t.Union([t.String(), t.Null()]),
    region: t.String(),
    postalCode: t.String(),
    coordinates: t.Union([t.Object({ latitude: t.Number(), longitude: t.Number() }), t.Null()]),
    priority: Type.Integer(),
    active: Type.Boolean(),
    isDefault: Type.Boolean({ description: 'Has what is not said to be anywhere else; it stays.' }),
    version: Type.Integer(),
    createdAt: DateTime,
  },
  {
    examples: [
      {
        ...{ id: ID_EXAMPLE, ...example, active: true, isDefault: false, version: 1 },
        createdAt: '2026-01-01T12:00:00.000Z',
      },
    ],
  },
);
export type StockLocation = Static<typeof StockLocation>;

export const LocationPage = page(StockLocation);
export type LocationPage = Static<typeof LocationPage>;

export const LocationListQuery = closedObject(pageQuery);
export type LocationListQuery = Static<typeof LocationListQuery>;

export const LocationParams = closedObject({ id: Uuid });
