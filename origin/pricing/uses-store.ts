/** Every query of the uses of codes: how often each was used, and by whom. */

import { type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '#db/client.ts';
import { asIn, kept, type Slots } from '#db/kept.ts';
import { discountCustomers } from '#db/schema/discounts.ts';
import { present } from '#lib/assert.ts';
import type { DiscountId, OrderId, UserId } from '#lib/ids.ts';

/** The digests under which accounts `p` have used the discount `d`: as themselves, and as guests by their email. */
export function customersOf(isMeant: SQL): SQL {
  return sql`select sha256(convert_to(d.id || who, 'UTF8'))
               from users p, unnest(array[' user ' || p.id, ' email ' || p.email]) as who where ${isMeant}`;
}

/** How often customers have used the discount `d`, all together. */
export function usesBy(customers: SQL): SQL {
  return sql`(select coalesce(sum(u.uses), 0) from discount_customers u
               where u.discount_id = d.id and u.customer in (${customers}))`;
}

interface Use {
  readonly discountId: DiscountId;
  readonly customer: Uint8Array;
  /** Whose it is: an account, or the email of a guest. */
  readonly userId: UserId | null;
  readonly email: string | null;
}

const CLAIM = kept((db, slots: Slots<Pick<Use, 'discountId' | 'customer'>>) => {
  const { discountId } = slots;
  const customer = asIn(discountCustomers.customer, slots.customer);
  return db.execute<{ isCounted: boolean; isGranted: boolean }>(sql`
    with counted as (
      update discounts set uses = uses + 1
       where id = ${discountId} and (max_uses is null or uses < max_uses)
      returning id, max_uses_per_customer),
    granted as (
      insert into discount_customers (discount_id, customer, uses)
      select id, ${customer}::bytea, 1 from counted
      on conflict (discount_id, customer) do update set uses = discount_customers.uses + 1
       where discount_customers.uses < coalesce(
         (select max_uses_per_customer from discounts where id = discount_customers.discount_id), 2147483647)
      returning 1)
    select exists (select from counted) as "isCounted", exists (select from granted) as "isGranted"`);
});

/** By its own statement: it sees what others committed while the claim waited for them. */
const IS_BEYOND = kept((db, slots: Slots<Use>) => {
  const { discountId, userId, email } = slots;
  const customer = asIn(discountCustomers.customer, slots.customer);
  const own = customersOf(sql`p.id = ${userId}::uuid or p.email = ${email}::text`);
  const all = sql`${own} union select ${customer}::bytea`;
  return db.execute<{ isBeyond: boolean }>(sql`
    select coalesce(${usesBy(all)} > d.max_uses_per_customer, false) as "isBeyond"
      from discounts d where d.id = ${discountId}`);
});

/** Counts one more use, unless that were one too many: of all, or of the customer's. The caller then undoes all. */
export async function claimUse(
  tx: Transaction,
  use: Use,
): Promise<'granted' | 'used_up' | 'used_by_customer'> {
  const { discountId, customer, userId, email } = use;
  const [[claimed], [found]] = await Promise.all([
    CLAIM(tx, { discountId, customer }),
    IS_BEYOND(tx, { discountId, customer, userId, email }),
  ]);
  const { isCounted, isGranted } = present(claimed, `the use of discount ${discountId}`);
  if (!isCounted) return 'used_up';
  return isGranted && found?.isBeyond === false ? 'granted' : 'used_by_customer';
}

const GIVE_BACK = kept((db, { orderId }: Slots<{ readonly orderId: OrderId }>) =>
  db.execute(sql`
    with used as (
      select discount_id, customer from order_discounts where order_id = ${orderId} and code is not null),
    locked as (
      select id from discounts where id in (select discount_id from used) order by id for no key update),
    counted as (
      update discounts set uses = uses - 1 where id in (select id from locked) returning id)
    update discount_customers c set uses = c.uses - 1
      from used join counted on counted.id = used.discount_id
     where c.discount_id = used.discount_id and c.customer = used.customer`),
);

/** The uses of codes that an order has had count no more. Called once, by whoever ends the order. */
export async function giveUsesBack(tx: Transaction, orderId: OrderId): Promise<void> {
  await GIVE_BACK(tx, { orderId });
}
