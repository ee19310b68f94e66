/** What one of a variant costs a guest, in SQL: by the price lists that a cart of one is charged by, and what it cost before. */

import { type SQL, sql } from 'drizzle-orm';
import type { Currency, Minor } from '#lib/money.ts';
import { products } from './schema/catalog.ts';
import { prices } from './schema/pricing.ts';

/** For what a price is asked. */
export interface Shown {
  readonly currency: Currency;
  readonly at: Date;
}

/** The same, as the statement has it. */
export interface ShownSql {
  readonly currency: SQL;
  readonly at: SQL;
}

export function shownSql({ currency, at }: Shown): ShownSql {
  return { currency: sql`${currency}`, at: sql`${sql.param(at, prices.validFrom)}` };
}

/** A product's cheapest variant, as a card shows it. */
export interface CardOffer {
  /** Null where the product is not sold in the currency. */
  readonly priceMinor: Minor | null;
  readonly compareAtMinor: Minor | null;
  /** Whether any variant that is sold in the currency is in stock. */
  readonly available: boolean;
  /** In epoch milliseconds, the first instant at which it may be otherwise; null where none is known. */
  readonly goodUntil: number | null;
}

/** Everybody's prices of a single unit: no others are shown to whoever is not known. */
export const IS_SHOWN = sql`p.group_id is null and p.min_quantity = 1`;

const IN_FORCE = sql`p.valid_from <= q.at and (p.valid_until is null or p.valid_until > q.at)`;

/** The next beginning or end of a window after `q.at`, among rows `p`. */
const NEXT_BOUNDARY = sql`least(min(p.valid_from) filter (where p.valid_from > q.at),
                                min(p.valid_until) filter (where p.valid_until > q.at))`;

const OWN = sql.raw(`case when products.currency = q.currency then v.price_minor end`);
const OWN_COMPARE_AT = sql.raw(`case when products.currency = q.currency then v.compare_at_minor end`);

/** In milliseconds; null for never. */
const inMs = (instant: SQL) => sql`(extract(epoch from ${instant}) * 1000)::bigint`;

/**
 * One row beside `q`, `v` and `products`. Of each kind at most one price is in force, for windows never overlap. A sale that does
 * not say what it is compared with is compared with what the variant costs without it.
 */
const PRICE_OF_VARIANT = sql`(
  select coalesce(least(l.sale, l.regular), ${OWN}) as price_minor,
         case when l.sale is not null and (l.regular is null or l.sale <= l.regular)
              then coalesce(l.sale_compare_at,
                            case when coalesce(l.regular, ${OWN}) > l.sale then coalesce(l.regular, ${OWN}) end)
              when l.regular is not null then l.regular_compare_at
              else ${OWN_COMPARE_AT} end as compare_at_minor,
         l.changes_at
    from (select min(p.price_minor) filter (where p.kind = 'sale' and ${IN_FORCE}) as sale,
                 min(p.compare_at_minor) filter (where p.kind = 'sale' and ${IN_FORCE}) as sale_compare_at,
                 min(p.price_minor) filter (where p.kind = 'regular' and ${IN_FORCE}) as regular,
                 min(p.compare_at_minor) filter (where p.kind = 'regular' and ${IN_FORCE}) as regular_compare_at,
                 ${NEXT_BOUNDARY} as changes_at
            from prices p
           where p.variant_id = v.id and p.currency = q.currency and ${IS_SHOWN}) l)`;

/** Every variant on sale of a row of `products`, as `v`, with its stock as `i` and its price as `o`. */
function offersFrom({ currency, at }: ShownSql): SQL {
  return sql`(select ${at}::timestamptz as at, ${currency}::char(3) as currency) q
    cross join variants v left join inventory i on i.variant_id = v.id
    cross join lateral ${PRICE_OF_VARIANT} o
   where v.product_id = ${products}.id and v.withdrawn_at is null`;
}

const IN_STOCK = sql`coalesce(i.on_hand > i.reserved, false)`;

/** Of a row of `products`: null where none of its variants is on sale. */
export function cardOffer(shown: ShownSql): SQL<CardOffer | null> {
  return sql<CardOffer | null>`(
    select json_build_object(
             'priceMinor', o.price_minor, 'compareAtMinor', o.compare_at_minor,
             'available', bool_or(${IN_STOCK} and o.price_minor is not null) over (),
             'goodUntil', ${inMs(sql`min(o.changes_at) over ()`)})
      from ${offersFrom(shown)}
     order by o.price_minor nulls last, v.position, v.id limit 1)`;
}

/** Of a row of `products`: what `fields` say of each variant that is sold in the currency, in their order. */
export function variantOffers<Variant>(
  shown: ShownSql,
  fields: SQL,
): SQL<{ readonly variants: (Variant & VariantOffer)[]; readonly goodUntil: number | null }> {
  return sql`(
    select json_build_object(
             'variants', coalesce(json_agg(json_build_object(
               ${fields}, 'priceMinor', o.price_minor, 'compareAtMinor', o.compare_at_minor, 'available', ${IN_STOCK})
               order by v.position, v.id) filter (where o.price_minor is not null), '[]'),
             'goodUntil', ${inMs(sql`min(o.changes_at)`)})
      from ${offersFrom(shown)})`;
}

export interface VariantOffer {
  readonly priceMinor: Minor;
  readonly compareAtMinor: Minor | null;
  readonly available: boolean;
}
