/** What recommendations take and answer. */

import { type Static, t } from 'elysia';
import { ProductCard } from '#origin/catalog/service.ts';
import { closedObject, currencyQuery, pageQuery } from '#origin/http/schemas.ts';

const { limit } = pageQuery;

export const RecommendationsQuery = closedObject({ limit });
export type RecommendationsQuery = Static<typeof RecommendationsQuery>;

export const TrendingQuery = closedObject({
  category: t.Optional(
    t.String({ minLength: 1, maxLength: 200, description: 'Slug of a category; its descendants count.' }),
  ),
  ...currencyQuery,
  limit,
});
export type TrendingQuery = Static<typeof TrendingQuery>;

const Source = t.Union(
  [t.Literal('personal'), t.Literal('together'), t.Literal('trending_category'), t.Literal('trending')],
  { description: 'What they were chosen by. `together`: by what is bought, or looked at, together.' },
);
export type Source = Static<typeof Source>;

const cardExamples = ProductCard['examples'] ?? [];

export const Recommendations = t.Object(
  {
    items: t.Array(ProductCard, { description: 'On sale and in stock.' }),
    source: Source,
    degraded: t.Boolean({
      description: 'True where something better has failed, not where too little is known for it.',
    }),
  },
  { examples: [{ items: cardExamples, source: 'together', degraded: false }] },
);
export type Recommendations = Static<typeof Recommendations>;

export const Trending = t.Object({ items: t.Array(ProductCard) }, { examples: [{ items: cardExamples }] });
export type Trending = Static<typeof Trending>;
