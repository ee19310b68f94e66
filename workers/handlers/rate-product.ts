/** A product's stars are those of its published reviews, as often as this is done. */

import type { EventName } from '#lib/events.ts';
import type { ProductId } from '#lib/ids.ts';
import { countRatings } from '#origin/reviews/service.ts';
import type { Consumer } from '#workers/consumer.ts';

/** They change no star. */
const LEAVE_STARS_ALONE: ReadonlySet<EventName> = new Set(['review.reported', 'review.replied']);

export const rateProduct: Consumer = {
  name: 'ratings',
  filter: 'review.*',
  handle: async (deps, { name, data }) => {
    if (!('reviewId' in data) || LEAVE_STARS_ALONE.has(name)) return;
    await countRatings(deps, data.productId as ProductId);
  },
};
