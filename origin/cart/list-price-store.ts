/** What a variant costs whoever has a cart, in SQL. */

import { type SQL, sql } from 'drizzle-orm';
import { carts } from '#db/schema/cart.ts';
import { products, variants } from '#db/schema/catalog.ts';

/**
 * The price of so many of a variant in the cart's currency and for its owner: the lowest of the lists that are in force,
 * or else, in the shop's own currency, the variant's. Null where it is not sold. Among `carts`, `variants`, `products`.
 */
export function listPriceOf({ quantity, at }: { readonly quantity: SQL; readonly at: SQL }): SQL {
  return sql`coalesce((
    select min(p.price_minor) from prices p
     where p.variant_id = ${variants.id} and p.currency = ${carts.currency} and p.min_quantity <= ${quantity}
       and p.valid_from <= ${at}::timestamptz and (p.valid_until is null or p.valid_until > ${at}::timestamptz)
       and (p.group_id is null or p.group_id in (
         select m.group_id from customer_group_members m join customer_groups g on g.id = m.group_id
          where m.user_id = ${carts.userId} and g.ended_at is null))),
    case when ${products.currency} = ${carts.currency} then ${variants.priceMinor} end)`;
}
