/** What search takes and answers. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { filterQuery, ProductPage } from '#origin/catalog/service.ts';
import { closedObject, currencyQuery, pageQuery } from '#origin/http/schemas.ts';

const MAX_QUERY_LENGTH = 200;
const MAX_VENDOR_LENGTH = 200;
const MAX_OPTION_LENGTH = 401;
const MAX_FACETS_LENGTH = 60;

const Sort = t.Union(
  [
    t.Literal('relevance'),
    t.Literal('newest'),
    t.Literal('price'),
    t.Literal('-price'),
    t.Literal('popular'),
  ],
  {
    error: 'must be relevance, newest, price, -price or popular',
    description:
      '`relevance` if not given: of the 1,000 most popular hits. All others go by all hits, to the last.',
  },
);

export const SearchQuery = closedObject({
  q: t.String({
    ...{ minLength: 1, maxLength: MAX_QUERY_LENGTH, description: 'Words; "a phrase"; -without.' },
    examples: ['camping mug'],
  }),
  ...filterQuery,
  vendor: t.Optional(t.String({ minLength: 1, maxLength: MAX_VENDOR_LENGTH, description: 'Exactly.' })),
  option: t.Optional(
    t.String({
      pattern: '^[^:]+:.+$',
      maxLength: MAX_OPTION_LENGTH,
      description: 'Name and value of an option: `Colour:Red`.',
      error: 'must be the name and the value of an option, with a colon between',
    }),
  ),
  available: t.Optional(
    t.Union([t.Literal('true'), t.Literal('false')], {
      error: 'must be true or false',
      description: 'In stock, or not.',
    }),
  ),
  sort: t.Optional(Sort),
  facets: t.Optional(
    t.String({
      maxLength: MAX_FACETS_LENGTH,
      description:
        '`all` (if not given), `none`, or some of `category,vendor,price,options,availability`. They count the ' +
        'hits within the filters given; where there are more than 1,000 hits, the counts are lower bounds.',
    }),
  ),
  ...currencyQuery,
  ...pageQuery,
});
export type SearchQuery = Static<typeof SearchQuery>;

const count = Type.Integer({ minimum: 1 });

const FacetCounts = t.Object({
  category: t.Optional(t.Array(t.Object({ slug: t.String(), name: t.String(), count }))),
  vendor: t.Optional(t.Array(t.Object({ value: t.String(), count }))),
  price: t.Optional(
    t.Array(
      t.Object({
        min: Type.Integer({ description: 'In minor units, for `minPrice`.' }),
        max: t.Union([Type.Integer(), t.Null()], { description: 'For `maxPrice`; null has no upper end.' }),
        count,
      }),
    ),
  ),
  options: t.Optional(
    t.Array(t.Object({ name: t.String(), values: t.Array(t.Object({ value: t.String(), count })) })),
  ),
  availability: t.Optional(t.Array(t.Object({ available: t.Boolean(), count }))),
});
export type FacetCounts = Static<typeof FacetCounts>;

const [pageExample]: unknown[] = ProductPage['examples'] ?? [];

export const SearchPage = t.Object(
  {
    ...ProductPage.properties,
    facets: t.Union([FacetCounts, t.Null()], { description: 'Null when none were asked for.' }),
    didYouMean: t.Union([t.String(), t.Null()], {
      description: 'The query as it may have been meant, when it finds little or nothing as it is.',
    }),
    degraded: t.Optional(
      t.Boolean({
        description: 'True where search has failed and these are not hits: the newest of what is on sale.',
      }),
    ),
  },
  {
    examples: [
      {
        ...(pageExample as object),
        facets: {
          category: [{ slug: 'outdoor-camping', name: 'Camping', count: 1 }],
          vendor: [{ value: 'Northfold', count: 1 }],
          price: [{ min: 1000, max: 2499, count: 1 }],
          options: [{ name: 'Colour', values: [{ value: 'Red', count: 1 }] }],
          availability: [{ available: true, count: 1 }],
        },
        didYouMean: 'camping mug',
      },
    ],
  },
);
export type SearchPage = Static<typeof SearchPage>;

export const SuggestQuery = closedObject({
  q: t.String({
    ...{ minLength: 1, maxLength: MAX_QUERY_LENGTH, description: 'What has been typed so far.' },
    examples: ['camp'],
  }),
});
export type SuggestQuery = Static<typeof SuggestQuery>;

const SuggestionKind = t.Union([
  t.Literal('category'),
  t.Literal('vendor'),
  t.Literal('word'),
  t.Literal('product'),
]);

export const Suggestions = t.Object(
  { items: t.Array(t.Object({ text: t.String(), kind: SuggestionKind }), { maxItems: 10 }) },
  {
    examples: [
      {
        items: [
          { text: 'Camping', kind: 'category' },
          { text: 'Camping Lantern', kind: 'product' },
        ],
      },
    ],
  },
);
export type Suggestions = Static<typeof Suggestions>;
