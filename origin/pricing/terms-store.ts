/** Every query of what an order was priced by. */

import { sql } from 'drizzle-orm';
import type { Transaction } from '#db/client.ts';
import { present } from '#lib/assert.ts';
import type { OrderId, OrderLineId } from '#lib/ids.ts';
import { listPriceOf } from './list-price-store.ts';
import { CATEGORIES_WITHIN } from './store.ts';
import type { KeptUnits, OrderTerms } from './terms.ts';

export async function findTerms(tx: Transaction, id: OrderId): Promise<OrderTerms> {
  const [row] = await tx.execute<{ terms: OrderTerms }>(sql`
    select json_build_object(
      'lines', (
        select json_agg(json_build_object(
                 'lineId', l.id, 'variantId', l.variant_id, 'productId', v.product_id, 'quantity', l.quantity,
                 'unitPriceMinor', l.unit_price_minor, 'goodsMinor', l.line_total_minor - l.discount_minor,
                 'grams', v.grams, 'requiresShipping', v.requires_shipping, 'categoryIds', array(
                   select p.category_id from products p where p.id = v.product_id and p.category_id is not null
                   union select m.category_id from category_members m where m.product_id = v.product_id))
               order by l.position)
          from order_lines l join variants v on v.id = l.variant_id
         where l.order_id = o.id),
      'discounts', (
        select coalesce(json_agg(json_build_object(
                 'name', u.name, 'buy', d.buy_quantity, 'get', d.get_quantity, 'minimumMinor', d.minimum_minor,
                 'productIds', d.product_ids, 'categoryIds', ${CATEGORIES_WITHIN},
                 'sharesMinor', u.shares_minor, 'shippingMinor', u.shipping_minor) order by d.id), '[]')
          from order_discounts u join discounts d on d.id = u.discount_id
         where u.order_id = o.id),
      'shipping', (
        select json_build_object('id', s.id, 'version', s.version, 'name', u.name, 'kind', s.kind, 'steps', s.steps,
                                 'freeFromMinor', s.free_from_minor, 'isGiven', u.discount_minor > 0)
          from order_shipping u join shipping_methods s on s.id = u.method_id
         where u.order_id = o.id)) as terms
      from orders o where o.id = ${id}`);
  return present(row, `order ${id}`).terms;
}

/**
 * A line whose price was in force for more units than there are to be, where so few would have cost more each when the
 * order was placed. Of the variant's own price only that of now is known.
 */
export async function findUnderpriced(
  tx: Transaction,
  id: OrderId,
  units: KeptUnits,
): Promise<OrderLineId | undefined> {
  const kept = JSON.stringify([...units].map(([lineId, quantity]) => ({ lineId, quantity })));
  const inForce = sql`p.variant_id = l.variant_id and p.currency = o.currency
       and p.valid_from <= o.placed_at and (p.valid_until is null or p.valid_until > o.placed_at)`;
  const at = { quantity: sql`k.quantity`, at: sql`o.placed_at` };
  const of = { currency: sql`o.currency`, userId: sql`o.user_id` };
  const price = listPriceOf({ ...of, ...at });
  // Where prices contain tax that was not paid, the line's is without: its listed one is held against them.
  const paid = sql`case when l.tax_rate_ppm = 0 and (select c.tax_inclusive from currencies c where c.code = o.currency)
                        then ${listPriceOf({ ...of, ...at, quantity: sql`l.quantity` })} else l.unit_price_minor end`;
  const [row] = await tx.execute<{ lineId: OrderLineId }>(sql`
    select l.id as "lineId"
      from orders o join order_lines l on l.order_id = o.id
      join json_to_recordset(${kept}::json) as k("lineId" uuid, quantity int) on k."lineId" = l.id
      join variants on variants.id = l.variant_id join products on products.id = variants.product_id
     where o.id = ${id} and k.quantity between 1 and l.quantity - 1
       and exists (select from prices p where ${inForce}
                      and p.min_quantity > k.quantity and p.min_quantity <= l.quantity)
       and (${price} <= ${paid}) is not true
     order by l.position limit 1`);
  return row?.lineId;
}
