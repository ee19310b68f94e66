/** The parts that the rules of pricing are made of, and how each kind is told. */

import { type TProperties, type TSchema, Type } from '@sinclair/typebox';
import { t } from 'elysia';
import { closedObject, DateTime, PriceAmount } from '#origin/http/schemas.ts';

const MAX_UNITS = 1_000_000;
const MAX_STEPS = 50;
const MAX_AREAS = 1_000;
export const MAX_TARGETS = 1_000;

export const EXAMPLE_ID = '01890a5d-ac96-774b-bcce-b302099a8057';
export const FROM = '2026-01-01T00:00:00.000Z';
export const UNTIL = '2030-02-01T00:00:00.000Z';

export const Name = t.String({ minLength: 1, maxLength: 200, pattern: '\\S' });
export const CurrencyCode = t.String({
  pattern: '^[A-Z]{3}$',
  error: 'must be three capital letters (ISO 4217)',
});
export const Country = t.String({ pattern: '^[A-Z]{2}$', error: 'must be two capital letters (ISO 3166-1)' });
export const Region = t.String({
  maxLength: 3,
  pattern: '^[A-Z0-9]*$',
  description:
    'The code of a subdivision right below the country (ISO 3166-2) without the country’s part, such as `NY`; empty for ' +
    'the whole country.',
});
const PostalPrefix = t.String({
  maxLength: 20,
  pattern: '^[A-Z0-9]*$',
  description: 'Capitals and digits, without what stands between them.',
});
export const Category = t.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' });
export const Units = Type.Integer({ minimum: 1, maximum: MAX_UNITS });
export const Share = Type.Integer({
  minimum: 1,
  maximum: 1_000_000,
  description: 'Parts per million: 100,000 is 10 %.',
});
export const Rate = Type.Integer({
  minimum: 0,
  maximum: 1_000_000,
  description: 'Parts per million: 190,000 is 19 %.',
});
/** As we write instants ourselves: other spellings of the same one would be stored otherwise than they were sent. */
export const Instant = t.String({
  format: 'date-time',
  pattern: '^[1-9]\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,3})?Z$',
  error: 'must be an instant in UTC (RFC 3339, with Z)',
});
export const orNull = <Schema extends TSchema>(schema: Schema) => t.Union([schema, t.Null()]);
export const oneOf = <const Values extends readonly string[]>(values: Values) =>
  Type.Unsafe<Values[number]>({
    ...t.Union(values.map((value) => t.Literal(value))),
    error: `must be one of ${values.join(', ')}`,
  });

export const Step = closedObject({
  from: Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'Grams, minor units or units.' }),
  rate: PriceAmount,
});
export const Steps = t.Array(Step, {
  minItems: 1,
  maxItems: MAX_STEPS,
  description: 'What it costs from there on; in ascending order, the first from 0.',
});
const Area = closedObject({
  country: Country,
  region: t.Optional(Region),
  postalPrefix: t.Optional(PostalPrefix),
});
export const Areas = t.Array(Area, { maxItems: MAX_AREAS });

/** What a change may say: anything of these, and at least one. */
export function changeOf<Properties extends TProperties>(properties: Properties, example: object) {
  const whole = t.Object(properties);
  return t.Partial(whole, { additionalProperties: false, minProperties: 1, examples: [example] });
}

const told = { version: Type.Integer(), createdAt: DateTime };
const toldExample = { version: 1, createdAt: FROM };
export const window = { validFrom: t.Optional(Instant), validUntil: t.Optional(orNull(Instant)) };

export function answerOf<Properties extends TProperties>(properties: Properties, example: object) {
  return t.Object({ ...properties, ...told }, { examples: [{ ...example, ...toldExample }] });
}
