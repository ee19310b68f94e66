/** Every way to make an order's parts, or the uses of codes, wrong by their rows alone, and the checks that must see it. */

import type { Breach } from './breaches-of-books.ts';

const DISCOUNT = '01890a5d-ac96-774b-bcce-b302099a8090';

export const PRICE_BREACHES: readonly Breach[] = [
  {
    what: 'shipping that no way of shipping explains',
    seenBy: ['order-is-explained', 'totals-add-up'],
    rows: (sql, { paid }) => sql`update orders set shipping_minor = 1 where id = ${paid}`,
  },
  {
    what: 'a contained tax that no line has',
    seenBy: ['order-is-explained'],
    rows: (sql, { paid }) => sql`update orders set included_tax_minor = 1 where id = ${paid}`,
  },
  {
    what: 'the discount of a line that no discount of the order explains',
    seenBy: ['line-is-explained', 'order-is-explained'],
    rows: (sql, { paid }) => sql`update order_lines set discount_minor = 1 where order_id = ${paid}`,
  },
  {
    what: 'a line that is taxed otherwise than its rate says',
    seenBy: ['line-is-explained'],
    rows: (sql, { paid }) => sql`update order_lines set tax_rate_ppm = 100000 where order_id = ${paid}`,
  },
  {
    what: 'the use of a code that no order has',
    seenBy: ['uses-of-codes'],
    rows: (sql) => sql`insert into discounts (id, name, code, kind, uses, valid_from)
                       values (${DISCOUNT}, 'Free shipping', 'FREE', 'free_shipping', 1, now())`,
  },
  {
    what: 'a customer’s use of a code that none of their orders has',
    seenBy: ['uses-of-customers'],
    rows: (sql) => sql`insert into discount_customers (discount_id, customer, uses)
                       values (${DISCOUNT}, ${Buffer.from('somebody')}, 1)`,
  },
  {
    what: 'a product that lists put at a price which is none of its own',
    seenBy: ['listed-price-is-current'],
    rows: (sql, { spare }) => sql`
      update products set price_minor = price_minor + 1
       where id = (select product_id from variants where id = ${spare})`,
  },
  {
    what: 'a sale that lists have not heard of',
    seenBy: ['listed-price-is-current'],
    rows: (sql, { spare }) => priceOf(sql, spare, { currency: 'USD', from: '-1 hour' }),
  },
  {
    what: 'a product that lists show in a currency which it is not sold in',
    seenBy: ['listed-price-is-current'],
    rows: (sql, { spare }) => sql`
      insert into listed_prices (product_id, currency, price_minor)
      select product_id, 'EUR', 1 from variants where id = ${spare}`,
  },
  {
    what: 'a price in another currency that lists have not heard of',
    seenBy: ['listed-price-is-current'],
    rows: (sql, { spare }) => priceOf(sql, spare, { currency: 'EUR', from: '-1 hour' }),
  },
  {
    what: 'a sale to come that nobody will renew its product for',
    seenBy: ['price-change-is-known'],
    rows: (sql, { spare }) => priceOf(sql, spare, { currency: 'USD', from: '1 hour' }),
  },
];

function priceOf(
  sql: Parameters<NonNullable<Breach['rows']>>[0],
  variantId: string,
  { currency, from }: { readonly currency: string; readonly from: string },
) {
  return sql`
    insert into prices (id, variant_id, currency, kind, price_minor, valid_from)
    values (gen_random_uuid(), ${variantId}, ${currency}, 'sale', 1, now() + ${from}::interval)`;
}
