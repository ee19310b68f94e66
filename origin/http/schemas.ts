/** Schemas that many routes share: money, identifiers and pages. */

import {
  Kind,
  type TInteger,
  type TObject,
  type TProperties,
  type TSchema,
  Type,
  TypeRegistry,
} from '@sinclair/typebox';
import { t } from 'elysia';

const MAX_PAGE_SIZE = 100;
export const DEFAULT_PAGE_SIZE = 20;
const MAX_CURSOR_LENGTH = 400;
const MAX_PRICE = Number.MAX_SAFE_INTEGER;

/** An object that refuses properties it does not name. */
export function closedObject<Properties extends TProperties>(
  properties: Properties,
  options: { description?: string; examples?: unknown[] } = {},
): TObject<Properties> {
  return t.Object(properties, { additionalProperties: false, ...options });
}

/** A schema with a value that fits it. A parameter that is needed has one: pages that read the document fill it in. */
export function withExample<Schema extends TSchema>(schema: Schema, example: unknown): Schema {
  return { ...schema, examples: [example] };
}

/** As we write them: the format alone would let `urn:uuid:` and capitals in, which Postgres reads otherwise. */
export const Uuid = t.String({
  format: 'uuid',
  pattern: '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$',
  error: 'must be a UUID in lower case',
});
export const DateTime = t.String({ format: 'date-time' });

export const MoneySchema = t.Object(
  {
    amount: Type.Integer({ description: 'In minor units: cents for USD.' }),
    currency: t.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217.' }),
  },
  { examples: [{ amount: 1999, currency: 'USD' }] },
);

/** An amount as a client may send it. */
export const PriceAmount = Type.Integer({
  minimum: 0,
  maximum: 99_999_999,
  description: 'In minor units of the shop currency.',
});

export const IdempotencyHeader = t.Object({
  'idempotency-key': t.Optional(
    t.String({
      description:
        'Required, a new one for each purpose. The same key and body give the same answer, for 24 hours.',
      examples: ['6f1f9a52-2f0c-4f0e-9d1b-7a3c5e8b1d20'],
    }),
  ),
});

interface IntegerRange {
  readonly minimum: number;
  readonly maximum: number;
}

const DIGITS = /^\d{1,16}$/;
const QUERY_INTEGER = 'QueryInteger';
TypeRegistry.Set<IntegerRange>(
  QUERY_INTEGER,
  ({ minimum, maximum }, value) =>
    typeof value === 'string' && DIGITS.test(value) && Number(value) >= minimum && Number(value) <= maximum,
);

/** For a query string, where every value arrives as text. Elysia's own would take `1e1` and `0x10`, too. */
export const queryInteger = (minimum: number, maximum: number, description: string): TInteger =>
  Type.Transform(
    Type.Unsafe<string>({
      [Kind]: QUERY_INTEGER,
      type: 'integer',
      minimum,
      maximum,
      description,
      error: `must be a whole number from ${minimum} to ${maximum}`,
    }),
  )
    .Decode(Number)
    // Elysia hands a handler what the schema decodes to, but types it as what it was.
    .Encode(String) as unknown as TInteger;

const DECIMALS = 5;
const DEGREES = 'Degrees';
TypeRegistry.Set<IntegerRange>(
  DEGREES,
  ({ minimum, maximum }, value) =>
    typeof value === 'number' &&
    value >= minimum &&
    value <= maximum &&
    Number(value.toFixed(DECIMALS)) === value,
);

/** To a metre; with all the decimals that a device gives, it might be taken for the number of a card. */
const degrees = (most: number) =>
  Type.Unsafe<number>({
    [Kind]: DEGREES,
    type: 'number',
    minimum: -most,
    maximum: most,
    description: `In degrees, with ${DECIMALS} decimals at most.`,
    error: `must be a number from -${most} to ${most} with ${DECIMALS} decimals at most`,
  });

const MAX_LATITUDE = 90;
const MAX_LONGITUDE = 180;
/** As a client may send them. */
export const Coordinates = closedObject({
  latitude: degrees(MAX_LATITUDE),
  longitude: degrees(MAX_LONGITUDE),
});

export const PriceQuery = queryInteger(0, MAX_PRICE, 'In minor units.');

export const currencyQuery = {
  currency: t.Optional(
    t.String({
      pattern: '^[A-Z]{3}$',
      error: 'must be three capital letters (ISO 4217)',
      description:
        'Prices in it, in its minor unit, and only what is sold in it. The shop’s own if not given; others are those of ' +
        'the shop.',
    }),
  ),
};

export const pageQuery = {
  limit: t.Optional(queryInteger(1, MAX_PAGE_SIZE, `Items in the page; ${DEFAULT_PAGE_SIZE} if not given.`)),
  cursor: t.Optional(
    t.String({
      minLength: 1,
      maxLength: MAX_CURSOR_LENGTH,
      description: 'The `nextCursor` of the page before.',
    }),
  ),
};

export const page = <Item extends TProperties>(item: TObject<Item>) =>
  t.Object(
    {
      items: t.Array(item),
      nextCursor: t.Union([t.String(), t.Null()], { description: 'Null on the last page.' }),
    },
    { examples: [{ items: item['examples'] ?? [], nextCursor: null }] },
  );
