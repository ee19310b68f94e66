/**
 * What lists are sorted and filtered by: the lowest price of each product that is in force, in the shop's currency on the
 * product itself, in others in a table beside it. Whoever changes a price renews them in the same transaction, and a
 * chore does when the time of one begins or ends.
 */

import { and, asc, eq, inArray, isNotNull, lte, type SQL, sql } from 'drizzle-orm';
import type { ProductId } from '#lib/ids.ts';
import { type Minor, SHOP_CURRENCY } from '#lib/money.ts';
import type { Queryable, Transaction } from './client.ts';
import { cardOffer, IS_SHOWN, shownSql } from './guest-price.ts';
import { products } from './schema/catalog.ts';
import { prices } from './schema/pricing.ts';

export interface CurrentPrices {
  readonly priceMinor?: Minor;
  readonly compareAtMinor?: Minor | null;
  /** When they have to be renewed; null for never. */
  readonly priceChangesAt: Date | null;
}

/** For the product's row, which the caller has locked; what stands in the table beside it is renewed already. */
export async function renewCurrentPrices(tx: Transaction, id: ProductId, at: Date): Promise<CurrentPrices> {
  const changesAt = await renewListed(tx, id, at);
  const [row] = await tx
    .select({ offer: cardOffer(shownSql({ currency: SHOP_CURRENCY, at })) })
    .from(products)
    .where(eq(products.id, id));
  const offer = row?.offer ?? null;
  return {
    ...(offer === null || offer.priceMinor === null
      ? {}
      : { priceMinor: offer.priceMinor, compareAtMinor: offer.compareAtMinor }),
    priceChangesAt: changesAt,
  };
}

/** @returns the next instant at which a price of the product begins or ends, in whichever currency */
async function renewListed(tx: Transaction, id: ProductId, at: Date): Promise<Date | null> {
  const [row] = await tx.execute<{ changesAt: number | null }>(sql`
    with q as (select ${instant(at)}::timestamptz as at),
    mine as materialized (
      select p.currency, p.price_minor, p.valid_from, p.valid_until, ${inForce(sql`q.at`)} as is_now
        from q, variants v join prices p on p.variant_id = v.id
       where v.product_id = ${id} and v.withdrawn_at is null and ${IS_SHOWN}),
    gone as (
      delete from listed_prices l
       where l.product_id = ${id} and not exists (select from mine where mine.currency = l.currency and is_now)),
    listed as (
      insert into listed_prices (product_id, currency, price_minor)
      select ${id}::uuid, currency, min(price_minor) from mine
       where is_now and currency <> ${SHOP_CURRENCY} group by currency order by currency
      on conflict (product_id, currency) do update set price_minor = excluded.price_minor
       where listed_prices.price_minor <> excluded.price_minor)
    select (extract(epoch from least(min(valid_from) filter (where valid_from > q.at),
                                     min(valid_until) filter (where valid_until > q.at))) * 1000)::float8 as "changesAt"
      from q left join mine on true`);
  const changesAt = row?.changesAt ?? null;
  return changesAt === null ? null : new Date(changesAt);
}

const instant = (at: Date) => sql`${sql.param(at, prices.validFrom)}`;

function inForce(at: SQL): SQL {
  return sql`(p.valid_from <= ${at} and (p.valid_until is null or p.valid_until > ${at}))`;
}

/** Products whose prices are due to be renewed, the oldest first; what another process is at is passed over. */
export async function lockRepriced(tx: Transaction, now: Date, limit: number) {
  return tx
    .select({ id: products.id })
    .from(products)
    .where(and(isNotNull(products.priceChangesAt), lte(products.priceChangesAt, now)))
    .orderBy(asc(products.priceChangesAt))
    .limit(limit)
    .for('update', { skipLocked: true });
}

/** Of these the products, locked in the order of their ids; what another process is at is passed over. */
export async function lockProducts(tx: Transaction, ids: readonly ProductId[]) {
  return tx
    .select({ id: products.id, priceMinor: products.priceMinor })
    .from(products)
    .where(inArray(products.id, [...ids]))
    .orderBy(asc(products.id))
    .for('update', { skipLocked: true });
}

/** When the prices of a product change next, which is no change of it by itself. */
export async function setPriceChange(tx: Transaction, id: ProductId, at: Date | null): Promise<void> {
  await tx.update(products).set({ priceChangesAt: at }).where(eq(products.id, id));
}

/** Products that do not say what their prices say, though they are not due: what was written past the verbs. */
export async function listMispriced(db: Queryable, now: Date, limit: number): Promise<ProductId[]> {
  const at = sql`${instant(now)}::timestamptz`;
  const rows = await db.execute<{ id: ProductId }>(sql`
    with shown as (
      select v.product_id, p.currency, min(p.price_minor) filter (where ${inForce(at)}) as price_minor,
             least(min(p.valid_from) filter (where p.valid_from > ${at}),
                   min(p.valid_until) filter (where p.valid_until > ${at})) as changes_at
        from prices p join variants v on v.id = p.variant_id
       where ${IS_SHOWN} and v.withdrawn_at is null
       group by v.product_id, p.currency),
    lowest as (
      select v.product_id, min(coalesce(l.price_minor, v.price_minor)) as price_minor
        from variants v
        left join lateral (
          select min(p.price_minor) as price_minor from prices p
           where p.variant_id = v.id and p.currency = ${SHOP_CURRENCY} and ${IS_SHOWN} and ${inForce(at)}) l on true
       where v.withdrawn_at is null
         and v.product_id in (select product_id from shown where currency = ${SHOP_CURRENCY})
       group by v.product_id),
    wrong as (
      select product_id from (select product_id, min(changes_at) as changes_at from shown group by product_id) s
        join products on products.id = s.product_id
       where products.price_changes_at is distinct from s.changes_at
      union
      select lowest.product_id from lowest join products on products.id = lowest.product_id
       where products.price_minor <> lowest.price_minor
      union
      select coalesce(s.product_id, l.product_id)
        from (select * from shown where currency <> ${SHOP_CURRENCY} and price_minor is not null) s
        full join listed_prices l on l.product_id = s.product_id and l.currency = s.currency
       where s.price_minor is distinct from l.price_minor)
    select id from products
     where id in (select product_id from wrong) and (price_changes_at is null or price_changes_at > ${at})
     order by id limit ${limit}`);
  return rows.map(({ id }) => id);
}
