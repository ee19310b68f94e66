/** I4 of reviews: each change has its effect on the stars of its product, once. */

import type { Check } from './check.ts';

const BY_REVIEWS = `
  select product_id, array[
           count(*) filter (where rating = 1), count(*) filter (where rating = 2),
           count(*) filter (where rating = 3), count(*) filter (where rating = 4),
           count(*) filter (where rating = 5)]::int[] as counts
    from reviews where status = 'published' group by product_id`;

export const RATING_CHECKS: readonly Check[] = [
  {
    invariant: 'I4',
    name: 'stars-of-reviews',
    promise: 'the stars of a product are those of its published reviews',
    population: 'product_ratings',
    offenders: `
      select coalesce(kept.product_id, truth.product_id) as product_id, kept.counts, truth.counts as by_reviews,
             exists (select from outbox o
                      where o.name like 'review.%' and o.occurred_at > (select young_since from audit_moment)
                        and o.data ->> 'productId' = coalesce(kept.product_id, truth.product_id)::text) as in_flight
        from product_ratings kept full join (${BY_REVIEWS}) truth on truth.product_id = kept.product_id
       where coalesce(kept.counts, '{0,0,0,0,0}') <> coalesce(truth.counts, '{0,0,0,0,0}')`,
  },
];
