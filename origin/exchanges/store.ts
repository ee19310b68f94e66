/** Every query of exchanges. */

import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { products, variants } from '#db/schema/catalog.ts';
import { exchanges } from '#db/schema/returns.ts';
import type { OrderId, ProductId, ReturnId, UserId, VariantId } from '#lib/ids.ts';
import type { Currency, Minor } from '#lib/money.ts';

interface OfferQuery {
  readonly variantId: VariantId;
  readonly quantity: number;
  readonly currency: Currency;
  readonly userId: UserId | null;
  readonly at: Date;
}

interface Offer {
  readonly productId: ProductId;
  readonly sellerId: UserId | null;
  readonly priceMinor: Minor;
}

/** Of which product and whose the variant is, and what so many of it cost each, as in a cart; undefined where it is not sold so. */
export async function findOffer(
  db: Queryable,
  { variantId, quantity, currency, userId, at }: OfferQuery,
): Promise<Offer | undefined> {
  const now = sql`${at.toISOString()}::timestamptz`;
  const price = sql<Minor | null>`coalesce((
    select min(p.price_minor) from prices p
     where p.variant_id = ${variants.id} and p.currency = ${currency} and p.min_quantity <= ${quantity}::int
       and p.valid_from <= ${now} and (p.valid_until is null or p.valid_until > ${now})
       and (p.group_id is null or p.group_id in (
         select m.group_id from customer_group_members m join customer_groups g on g.id = m.group_id
          where m.user_id = ${userId}::uuid and g.ended_at is null))),
    case when ${products.currency} = ${currency} then ${variants.priceMinor} end)`;
  const [row] = await db
    .select({
      productId: products.id,
      sellerId: products.sellerId,
      priceMinor: price.mapWith(variants.priceMinor),
    })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(and(eq(variants.id, variantId), isNull(variants.withdrawnAt), isNull(products.withdrawnAt)));
  if (row === undefined || row.priceMinor === null) return undefined;
  return { ...row, priceMinor: row.priceMinor };
}

/** What order lines say of variants; also of one that is withdrawn by now, for it was promised. */
export async function describe(tx: Transaction, ids: readonly VariantId[]) {
  return tx
    .select({
      variantId: variants.id,
      productId: variants.productId,
      sellerId: products.sellerId,
      name: products.name,
      sku: variants.sku,
      optionValues: variants.optionValues,
    })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(inArray(variants.id, [...ids]));
}

export async function insertExchange(
  tx: Transaction,
  exchange: typeof exchanges.$inferInsert,
): Promise<void> {
  await tx.insert(exchanges).values(exchange);
}

/** The order by which the replacements of a return go out. */
export async function findExchangeOf(db: Queryable, returnId: ReturnId): Promise<OrderId | undefined> {
  const [row] = await db
    .select({ orderId: exchanges.orderId })
    .from(exchanges)
    .where(eq(exchanges.returnId, returnId));
  return row?.orderId;
}
