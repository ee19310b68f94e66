/** Every query of what carts are priced by, and of the uses of codes. */

import { isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { asIn, kept, type Slots } from '#db/kept.ts';
import { discounts } from '#db/schema/discounts.ts';
import { currencies, taxRates } from '#db/schema/pricing.ts';
import { present } from '#lib/assert.ts';
import type { CartId, CustomerGroupId, DiscountId, UserId } from '#lib/ids.ts';
import { type Currency, type Minor, SHOP_CURRENCY } from '#lib/money.ts';
import type { Benefit, Discount, ShippingMethod, TaxRates } from './basket.ts';
import { isCountedAlike } from './chargeable.ts';
import { customersOf, usesBy } from './uses-store.ts';

/** Where something is sent to, as far as it is known. Region and postal code in capitals: see `places.ts`. */
export interface Place {
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  /** ISO 3166-2 without the country, where it is one: `NY`. */
  readonly region: string;
  /** Letters and digits only. */
  readonly postalCode: string;
}

interface RulesQuery extends Place {
  readonly cartId: CartId;
  readonly at: Date;
}

export interface DiscountRow {
  readonly id: DiscountId;
  readonly version: number;
  readonly name: string;
  readonly code: string | null;
  readonly kind: Benefit['kind'];
  readonly ppm: number | null;
  readonly amountMinor: Minor | null;
  readonly buy: number | null;
  readonly get: number | null;
  readonly currency: Currency | null;
  readonly minimumMinor: Minor;
  readonly isExclusive: boolean;
  readonly productIds: Discount['productIds'];
  /** With all that are below them. */
  readonly categoryIds: Discount['categoryIds'];
  readonly groupId: CustomerGroupId | null;
  readonly isFirstOrderOnly: boolean;
  readonly isInForce: boolean;
  readonly isUsedUp: boolean;
}

export interface FoundRules {
  readonly codes: readonly string[];
  readonly isCurrencySold: boolean;
  readonly pricesIncludeTax: boolean;
  readonly groups: readonly { readonly id: CustomerGroupId; readonly isTaxExempt: boolean }[];
  readonly isFirstOrder: boolean;
  /** Automatic ones that are in force, and all that the cart has the code of. */
  readonly discounts: readonly DiscountRow[];
  /** The cart's own, where it serves the place. */
  readonly shipping: ShippingMethod | null;
  /** Whether there has ever been one: where all have ended nothing is shipped. */
  readonly hasZones: boolean;
  /** Whether the place is in one. */
  readonly isInZone: boolean;
  /** Whether tax, now or later, or shipping in the country goes by region. */
  readonly hasRegions: boolean;
  /** What all postal prefixes of the country begin with; null where there is none, or of either kind. */
  readonly postalStart: 'digit' | 'letter' | null;
}

const IN_FORCE = sql`d.valid_from <= q.at and (d.valid_until is null or d.valid_until > q.at)`;

/** The narrowest area that the place lies in. */
const ZONE = sql`(
  select a.zone_id from shipping_areas a
   where a.country = q.country and a.region in ('', q.region) and starts_with(q.postal_code, a.postal_prefix)
   order by length(a.postal_prefix) desc, a.region desc limit 1)`;

const HAS_REGIONS = sql`(
  exists (select from tax_rates t
           where t.country = q.country::bpchar and t.region <> '' and (t.valid_until > q.at or t.valid_until is null))
  or exists (select from shipping_areas a where a.country = q.country::bpchar and a.region <> ''))`;

const POSTAL_START = sql`(
  select case when bool_and(a.postal_prefix ~ '^[0-9]') then 'digit'
              when bool_and(a.postal_prefix ~ '^[A-Z]') then 'letter' end
    from shipping_areas a where a.country = q.country::bpchar and a.postal_prefix <> '')`;

/** The categories that a discount `d` is for. One that is gone stays among them: for none is for everything. */
export const CATEGORIES_WITHIN = sql`case when d.category_ids = '{}' then d.category_ids else (
             with recursive inside as (
               select unnest(d.category_ids) as id
               union select c.id from categories c join inside on c.parent_id = inside.id)
             select array_agg(id) from inside) end`;

const DISCOUNTS = sql`(
  select coalesce(json_agg(json_build_object(
           'id', d.id, 'version', d.version, 'name', d.name, 'code', d.code, 'kind', d.kind, 'ppm', d.ppm,
           'amountMinor', d.amount_minor, 'buy', d.buy_quantity, 'get', d.get_quantity, 'currency', d.currency,
           'minimumMinor', d.minimum_minor, 'isExclusive', d.exclusive, 'productIds', d.product_ids,
           'categoryIds', ${CATEGORIES_WITHIN}, 'groupId', d.group_id, 'isFirstOrderOnly', d.first_order_only, 'isInForce', ${IN_FORCE},
           'isUsedUp', coalesce(d.uses >= d.max_uses, false) or coalesce(
             ${usesBy(customersOf(sql`p.id = q.user_id`))} >= d.max_uses_per_customer, false))), '[]')
    from discounts d
   where d.code = any (q.codes) or (d.code is null and ${IN_FORCE} and coalesce(d.currency, q.currency) = q.currency))`;

const FIND_RULES = kept((db, slots: Slots<RulesQuery>) => {
  const { cartId, country, region, postalCode } = slots;
  const at = asIn(discounts.validFrom, slots.at);
  return db.execute<{ rules: FoundRules }>(sql`
    with q as (
      select carts.*, now_at.* from carts, (
        select ${country}::text as country_to, ${region}::text as region_to, ${postalCode}::text as postal_code_to,
               ${at}::timestamptz as at) now_at
       where carts.id = ${cartId})
    select json_build_object(
      'codes', q.codes,
      'isCurrencySold', q.currency = ${sql.raw(`'${SHOP_CURRENCY}'`)} or coalesce(m.ended_at > q.at, m.code is not null),
      'pricesIncludeTax', coalesce(m.tax_inclusive, false),
      'groups', (
        select coalesce(json_agg(json_build_object('id', g.id, 'isTaxExempt', g.tax_exempt)), '[]')
          from customer_group_members gm join customer_groups g on g.id = gm.group_id
         where gm.user_id = q.user_id and g.ended_at is null),
      'isFirstOrder', q.user_id is not null and not exists (
        select from orders o where o.user_id = q.user_id and o.status not in ('payment_failed', 'cancelled')),
      'discounts', ${DISCOUNTS},
      'hasZones', exists (select from shipping_zones),
      'isInZone', z.id is not null,
      'hasRegions', ${HAS_REGIONS},
      'postalStart', ${POSTAL_START},
      'shipping', (
        select json_build_object('id', s.id, 'version', s.version, 'name', s.name, 'kind', s.kind,
                                 'steps', s.steps, 'freeFromMinor', s.free_from_minor)
          from shipping_methods s
         where s.id = q.shipping_method_id and s.ended_at is null and s.currency = q.currency
           and (s.zone_id is null or s.zone_id = z.id))) as rules
      from (select currency, codes, user_id, shipping_method_id, at, country_to as country, region_to as region,
                   postal_code_to as postal_code from q) q
      left join currencies m on m.code = q.currency
      left join lateral (select ${ZONE} as id) z on true`);
});

/** All but tax, in one statement; the caller has locked the cart where that matters. */
export async function findRules(db: Queryable, query: RulesQuery): Promise<FoundRules> {
  const [row] = await FIND_RULES(db, query);
  return present(row, `cart ${query.cartId}`).rules;
}

export interface Move {
  readonly from: Place;
  readonly to: Place;
}

interface FoundMove extends Pick<FoundRules, 'postalStart'> {
  /** Whether both places are in one zone, or neither is in any. */
  readonly isInOneZone: boolean;
}

/** What shipping goes by where an order moves to. */
export async function findMove(db: Queryable, { from, to }: Move): Promise<FoundMove> {
  const at = ({ country, region, postalCode }: Place) =>
    sql`(select ${country}::text as country, ${region}::text as region, ${postalCode}::text as postal_code) q`;
  const [row] = await db.execute<{ move: FoundMove }>(sql`
    select json_build_object(
             'isInOneZone', (select ${ZONE} from ${at(from)}) is not distinct from ${ZONE},
             'postalStart', ${POSTAL_START}) as move
      from ${at(to)}`);
  return present(row, 'what shipping goes by').move;
}

interface MethodsQuery extends Place {
  readonly currency: Currency;
}

const FIND_METHODS = kept((db, { country, region, postalCode, currency }: Slots<MethodsQuery>) =>
  db.execute<{ method: ShippingMethod }>(sql`
    select json_build_object('id', s.id, 'version', s.version, 'name', s.name, 'kind', s.kind, 'steps', s.steps,
                             'freeFromMinor', s.free_from_minor) as method
      from (select ${country}::text as country, ${region}::text as region, ${postalCode}::text as postal_code) q
      join lateral (select ${ZONE} as id) z on true
      join shipping_methods s on s.zone_id is null or s.zone_id = z.id
     where s.ended_at is null and s.currency = ${currency}
     order by s.id`),
);

/** All that serve the place. */
export async function findMethods(db: Queryable, query: MethodsQuery): Promise<ShippingMethod[]> {
  return (await FIND_METHODS(db, query)).map(({ method }) => method);
}

/** Beside the shop's own. */
export async function findSoldCurrencies(db: Queryable): Promise<Currency[]> {
  const rows = await db.select({ code: currencies.code }).from(currencies).where(isNull(currencies.endedAt));
  return rows.map(({ code }) => code).filter(isCountedAlike);
}

interface RatesQuery extends Pick<Place, 'region'> {
  readonly country: string;
  readonly at: Date;
}

const FIND_RATES = kept((db, slots: Slots<RatesQuery>) => {
  const at = asIn(taxRates.validFrom, slots.at);
  return db.execute<{ category: string; name: string; ppm: number }>(sql`
    select distinct on (category) category, name, rate_ppm as ppm from tax_rates
     where country = ${slots.country} and region in ('', ${slots.region})
       and valid_from <= ${at}::timestamptz and (valid_until is null or valid_until > ${at}::timestamptz)
     order by category, region desc`);
});

export async function findTaxRates(db: Queryable, query: RatesQuery): Promise<TaxRates> {
  const rows = await FIND_RATES(db, query);
  return Object.fromEntries(rows.map(({ category, name, ppm }) => [category, { name, ppm }]));
}

interface Payer {
  /** Null for a guest, whom nothing is known of. */
  readonly userId: UserId | null;
  readonly currency: Currency;
}

/** Whether the currency's prices contain tax, and the customer pays none. */
export async function isExemptFromContained(db: Queryable, { userId, currency }: Payer): Promise<boolean> {
  if (userId === null) return false;
  const [row] = await db.execute<{ isExempt: boolean }>(sql`
    select exists (
      select from currencies c, customer_group_members m join customer_groups g on g.id = m.group_id
       where c.code = ${currency} and c.tax_inclusive
         and m.user_id = ${userId} and g.ended_at is null and g.tax_exempt) as "isExempt"`);
  return present(row, 'an answer').isExempt;
}

const LOCK_CUSTOMER = kept((db, { userId }: Slots<{ readonly userId: UserId }>) =>
  db.execute(sql`select from users where id = ${userId} for no key update`),
);

/** Of one customer's checkouts those that lock them take turns: an order is first to one of them only. */
export async function lockCustomer(tx: Transaction, userId: UserId): Promise<void> {
  await LOCK_CUSTOMER(tx, { userId });
}
