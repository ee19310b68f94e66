/** I3, of what orders cost: each total is explained by its parts, and each use of a code by an order that lives. */

import type { Check } from './check.ts';

/** What the parts of each order come to. */
const PARTS = `
  select o.id as order_id, o.discount_minor, o.shipping_minor, o.tax_minor, o.included_tax_minor,
         coalesce(l.discount, 0) as lines_discount_minor, coalesce(d.goods, 0) as shares_minor,
         coalesce(l.tax, 0) + coalesce(s.tax_minor, 0) as parts_tax_minor,
         coalesce(l.included_tax, 0) + coalesce(s.included_tax_minor, 0) as parts_included_tax_minor,
         coalesce(s.list_minor - s.discount_minor, 0) as charged_shipping_minor,
         coalesce(s.discount_minor, 0) as shipping_discount_minor, coalesce(d.shipping, 0) as shipping_shares_minor
    from orders o
    left join (select order_id, sum(discount_minor) as discount, sum(tax_minor) as tax,
                      sum(included_tax_minor) as included_tax from order_lines group by order_id) l on l.order_id = o.id
    left join (select order_id, sum((select sum(share) from unnest(shares_minor) as share)) as goods,
                      sum(shipping_minor) as shipping from order_discounts group by order_id) d on d.order_id = o.id
    left join order_shipping s on s.order_id = o.id`;

/** Every line with what the discounts of its order have taken off it. */
const SHARES = `
  select l.order_id, l.id as line_id, l.discount_minor, coalesce(sum(d.shares_minor[l.place]), 0) as shares_minor
    from (select *, row_number() over (partition by order_id order by position) as place from order_lines) l
    left join order_discounts d on d.order_id = l.order_id
   group by l.order_id, l.id, l.discount_minor`;

const LIVE_USES = `
  select d.discount_id, d.customer from order_discounts d join orders o on o.id = d.order_id
   where d.code is not null and o.status not in ('payment_failed', 'cancelled')`;

/** Prices that everybody is shown, by product: of one unit, and of no group. */
const SHOWN = `
  select v.product_id, v.id as variant_id, p.currency, p.price_minor, p.valid_from, p.valid_until,
         p.valid_from <= m.now and (p.valid_until is null or p.valid_until > m.now) as is_now
    from audit_moment m, prices p join variants v on v.id = p.variant_id
   where p.group_id is null and p.min_quantity = 1 and v.withdrawn_at is null`;

/** What the cheapest variant of each product costs in the product's own currency. */
const LOWEST = `
  select v.product_id, min(coalesce(listed.price_minor, v.price_minor)) as price_minor
    from variants v join products pr on pr.id = v.product_id
    left join (select variant_id, currency, min(price_minor) as price_minor from (${SHOWN}) shown
                where is_now group by variant_id, currency) listed
      on listed.variant_id = v.id and listed.currency = pr.currency
   where v.withdrawn_at is null group by v.product_id`;

/** A product whose time to be renewed has just come. */
const IS_DUE = `coalesce(pr.price_changes_at <= m.now and pr.price_changes_at > m.young_since, false)`;

export const PRICE_CHECKS: readonly Check[] = [
  {
    invariant: 'I3',
    name: 'order-is-explained',
    promise: 'the discounts, taxes and shipping of an order’s parts come to what the order says',
    population: 'orders',
    offenders: `
      select parts.*, false as in_flight from (${PARTS}) parts
       where discount_minor <> lines_discount_minor or discount_minor <> shares_minor
          or tax_minor <> parts_tax_minor or included_tax_minor <> parts_included_tax_minor
          or shipping_minor <> charged_shipping_minor or shipping_discount_minor <> shipping_shares_minor`,
  },
  {
    invariant: 'I3',
    name: 'line-is-explained',
    promise: 'the discount of a line is its shares of the order’s discounts, and its tax that of its rate',
    population: 'order_lines',
    offenders: `
      select s.*, false as in_flight from (${SHARES}) s where discount_minor <> shares_minor
      union all
      select order_id, id, tax_minor + included_tax_minor, tax_rate_ppm, false from order_lines
       where abs(tax_minor - (line_total_minor - discount_minor) * tax_rate_ppm / 1000000.0) > 0.5
         and abs(included_tax_minor
                 - (line_total_minor - discount_minor) * tax_rate_ppm / (1000000.0 + tax_rate_ppm)) > 0.5`,
  },
  {
    invariant: 'I3',
    name: 'uses-of-codes',
    promise: 'a code was used by as many orders as it counts, cancelled and failed ones not among them',
    population: 'discounts where code is not null',
    offenders: `
      select d.id as discount_id, d.uses, count(u.discount_id) as orders, false as in_flight
        from discounts d left join (${LIVE_USES}) u on u.discount_id = d.id
       group by d.id having d.uses <> count(u.discount_id) or d.uses > d.max_uses`,
  },
  {
    invariant: 'I3',
    name: 'uses-of-customers',
    promise: 'each customer has used a code as often as it is counted for them',
    population: 'discount_customers',
    offenders: `
      select coalesce(c.discount_id, u.discount_id) as discount_id, c.uses, u.orders, false as in_flight
        from discount_customers c
        full join (select discount_id, customer, count(*) as orders from (${LIVE_USES}) live
                    group by discount_id, customer) u on u.discount_id = c.discount_id and u.customer = c.customer
       where coalesce(c.uses, 0) <> coalesce(u.orders, 0)`,
  },
  {
    invariant: 'I3',
    name: 'listed-price-is-current',
    promise: 'what lists sort a product by is the lowest price in force of its variants, in every currency',
    population: "products where status = 'published'",
    offenders: `
      select pr.id as product_id, pr.currency, pr.price_minor as listed_minor, l.price_minor, ${IS_DUE} as in_flight
        from audit_moment m, products pr join (${LOWEST}) l on l.product_id = pr.id
       where pr.status = 'published' and pr.price_minor <> l.price_minor
      union all
      select pr.id, coalesce(s.currency, l.currency), l.price_minor, s.price_minor, ${IS_DUE}
        from audit_moment m, listed_prices l
        full join (select product_id, currency, min(price_minor) as price_minor from (${SHOWN}) shown
                    where is_now group by product_id, currency) s
          on s.product_id = l.product_id and s.currency = l.currency
        join products pr on pr.id = coalesce(s.product_id, l.product_id)
       where pr.status = 'published' and coalesce(s.currency, l.currency) <> pr.currency
         and l.price_minor is distinct from s.price_minor`,
  },
  {
    invariant: 'I3',
    name: 'price-change-is-known',
    promise: 'a product is renewed no later than the next of its prices begins or ends',
    population: "products where status = 'published'",
    offenders: `
      select pr.id as product_id, pr.price_changes_at, s.changes_at, ${IS_DUE} as in_flight
        from audit_moment m, products pr
        join (select product_id, least(min(valid_from) filter (where valid_from > moment.now),
                                       min(valid_until) filter (where valid_until > moment.now)) as changes_at
                from (${SHOWN}) shown, audit_moment moment group by product_id) s on s.product_id = pr.id
       where pr.status = 'published' and s.changes_at < coalesce(pr.price_changes_at, 'infinity')`,
  },
];
