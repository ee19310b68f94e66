/** Schemas that many routes share: money, identifiers, pages, and the documents of failures. */

import { type TObject, type TProperties, Type } from '@sinclair/typebox';
import { t } from 'elysia';
import { PROBLEMS, type ProblemCode } from '#lib/problems.ts';

export const MAX_PAGE_SIZE = 100;
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
export const queryInteger = (minimum: number, maximum: number, description: string) =>
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
  t.Object({
    items: t.Array(item),
    nextCursor: t.Union([t.String(), t.Null()], { description: 'Null on the last page.' }),
  });

const ProblemDocument = t.Object({
  type: t.String(),
  title: t.String(),
  status: Type.Integer(),
  code: t.String(),
  detail: t.Optional(t.String()),
  errors: t.Optional(t.Array(t.Object({ path: t.String(), message: t.String() }))),
});

/** What a route's documentation says of its failures: one response per status, naming its codes. */
export function failures(...codes: readonly ProblemCode[]) {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const entries = [...byStatus].map(([status, [first, ...rest]]) => {
    const code = first ?? 'internal';
    const example = { type: 'about:blank', title: PROBLEMS[code].title, status, code };
    return [
      status,
      {
        description: [code, ...rest].map((each) => `\`${each}\`: ${PROBLEMS[each].title}.`).join(' '),
        content: { 'application/problem+json': { schema: ProblemDocument, example } },
      },
    ];
  });
  return Object.fromEntries(entries);
}
