/** What rules of categories are made of. */

import { type Static, Type } from '@sinclair/typebox';
import { t } from 'elysia';
import { ProductCard } from '#origin/catalog/service.ts';
import { closedObject, PriceAmount, Uuid } from '#origin/http/schemas.ts';

export const MAX_RULES = 200;
const MAX_CONDITIONS = 20;
const MAX_VALUE = 200;

const Value = t.String({ minLength: 1, maxLength: MAX_VALUE });
const text = (field: 'tag' | 'vendor' | 'title', description: string) =>
  closedObject({ field: t.Literal(field), value: t.String({ ...Value, description }) });

const Condition = t.Union([
  text('tag', 'A tag of the product, as it is written.'),
  text('vendor', 'Its vendor, as it is written.'),
  text('title', 'What its name holds somewhere, in capitals or not.'),
  closedObject({
    field: t.Literal('attribute'),
    key: t.String({ pattern: '^[a-z0-9][a-z0-9-]{0,59}$', error: 'must be a-z, 0-9 and -' }),
    value: t.Union([Value, Type.Number(), Type.Boolean()], {
      description: 'What the product says of itself.',
    }),
  }),
  closedObject({
    field: t.Literal('price'),
    from: t.Optional(PriceAmount),
    to: t.Optional(
      Type.Integer({ ...PriceAmount, description: 'Of its cheapest variant; both ends belong.' }),
    ),
  }),
]);

const ruleProperties = {
  match: t.Union([t.Literal('all'), t.Literal('any')], {
    error: 'must be all or any',
    description: 'Whether a product has to meet all of the conditions, or any one of them.',
  }),
  conditions: t.Array(Condition, { minItems: 1, maxItems: MAX_CONDITIONS }),
};

const example = {
  match: 'all',
  conditions: [
    { field: 'tag', value: 'sale' },
    { field: 'price', to: 5_000 },
  ],
};

export const NewRule = closedObject(ruleProperties, { examples: [example] });
export type NewRule = Static<typeof NewRule>;

export const RuleParams = closedObject({ id: Uuid });

export const Rule = t.Object(
  { categoryId: Uuid, ...ruleProperties, version: Type.Integer() },
  { examples: [{ categoryId: '01890a5d-ac96-774b-bcce-b302099a8058', ...example, version: 1 }] },
);

export const Preview = t.Object(
  {
    matching: Type.Integer({ description: 'Products on sale that the rule would take in.' }),
    isComplete: t.Boolean({ description: 'False where there are more products than a preview looks at.' }),
    items: t.Array(ProductCard, { description: 'The newest of them.' }),
  },
  { examples: [{ matching: 1, isComplete: true, items: ProductCard['examples'] ?? [] }] },
);
export type Preview = Static<typeof Preview>;
