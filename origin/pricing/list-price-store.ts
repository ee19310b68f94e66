/** What a variant costs somebody, in SQL. */

import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { IS_SHOWN } from '#db/guest-price.ts';
import { products, variants } from '#db/schema/catalog.ts';

interface Asked {
  readonly currency: SQLWrapper;
  /** Null for a guest. */
  readonly userId: SQLWrapper;
  readonly quantity: SQLWrapper;
  readonly at: SQLWrapper;
}

/**
 * The price of so many of a variant, for somebody, at a time: the lowest of the lists that are in force, and of the
 * variant's own in the shop's currency, unless a list has another for everybody and any quantity. Null where it is not
 * sold. Among `variants` and `products`.
 */
export function listPriceOf({ currency, userId, quantity, at }: Asked): SQL {
  return sql`(
    select least(min(p.price_minor),
                 case when ${products.currency} = ${currency} and bool_or(${IS_SHOWN}) is not true
                      then ${variants.priceMinor} end)
      from prices p
     where p.variant_id = ${variants.id} and p.currency = ${currency} and p.min_quantity <= ${quantity}
       and p.valid_from <= ${at}::timestamptz and (p.valid_until is null or p.valid_until > ${at}::timestamptz)
       and (p.group_id is null or p.group_id in (
         select m.group_id from customer_group_members m join customer_groups g on g.id = m.group_id
          where m.user_id = ${userId} and g.ended_at is null)))`;
}
