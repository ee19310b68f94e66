/** Schemas that many routes share: money, identifiers and pages. */

import { type TObject, type TProperties, Type } from '@sinclair/typebox';
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

export const Uuid = t.String({ format: 'uuid', error: 'must be a UUID' });
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

/** For a query string, where every value arrives as text. */
const queryInteger = (minimum: number, maximum: number, description: string) =>
  t.Integer({ minimum, maximum, description, error: `must be a whole number from ${minimum} to ${maximum}` });

export const PriceQuery = queryInteger(0, MAX_PRICE, 'In minor units.');

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
