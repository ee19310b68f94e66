/** What attributes are. */

import { type Static, Type } from '@sinclair/typebox';
import { t } from 'elysia';
import { closedObject, Uuid, withExample } from '#origin/http/schemas.ts';

export const MAX_ATTRIBUTES = 500;
const MAX_CHOICES = 200;

const Key = t.String({ pattern: '^[a-z0-9][a-z0-9-]{0,59}$', error: 'must be a-z, 0-9 and -' });
const Name = t.String({ minLength: 1, maxLength: 100 });
const Kind = t.Union([t.Literal('text'), t.Literal('number'), t.Literal('boolean'), t.Literal('choice')], {
  error: 'must be text, number, boolean or choice',
});
const Choices = t.Array(t.String({ minLength: 1, maxLength: 200 }), {
  maxItems: MAX_CHOICES,
  uniqueItems: true,
  description: 'Of a `choice`, and of nothing else.',
});

const example = { key: 'season', name: 'Season', kind: 'choice', choices: ['summer', 'winter'] };

export const NewAttribute = closedObject(
  {
    key: Key,
    name: Name,
    kind: Kind,
    choices: t.Optional(Choices),
    category: t.Optional(
      t.String({
        minLength: 1,
        maxLength: 200,
        description:
          'Slug of the category whose products may have it, and those below; all, if it is not given.',
      }),
    ),
  },
  { examples: [example] },
);
export type NewAttribute = Static<typeof NewAttribute>;

export const AttributeChange = closedObject(
  { name: t.Optional(Name), choices: t.Optional(Choices) },
  { examples: [{ name: 'Season of the year', choices: ['summer', 'winter', 'all'] }] },
);
export type AttributeChange = Static<typeof AttributeChange>;

/** What a product says of itself. */
export const AttributeValue = closedObject({
  key: Key,
  value: t.Union([t.String({ minLength: 1, maxLength: 200 }), Type.Number(), Type.Boolean()], {
    description: 'As the kind of the attribute wants it.',
  }),
});
export type AttributeValue = Static<typeof AttributeValue>;

export const AttributeParams = closedObject({ key: withExample(Key, example.key) });

export const Attribute = t.Object(
  {
    key: t.String(),
    name: t.String(),
    kind: Kind,
    choices: t.Array(t.String()),
    categoryId: t.Union([Uuid, t.Null()]),
  },
  { examples: [{ ...example, categoryId: null }] },
);
export const AttributeList = t.Object(
  { items: t.Array(Attribute) },
  { examples: [{ items: [{ ...example, categoryId: null }] }] },
);
