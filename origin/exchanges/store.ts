/** Every query of exchanges. */

import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { products, variants } from '#db/schema/catalog.ts';
import { exchanges } from '#db/schema/returns.ts';
import type { OrderId, ProductId, ReturnId, UserId, VariantId } from '#lib/ids.ts';
import type { Currency, Minor } from '#lib/money.ts';
import { listPriceOf } from '#origin/pricing/service.ts';

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
  const price = listPriceOf({
    currency: sql`${currency}`,
    userId: sql`${userId}::uuid`,
    quantity: sql`${quantity}::int`,
    at: sql`${at.toISOString()}`,
  });
  const [row] = await db
    .select({
      productId: products.id,
      sellerId: products.sellerId,
      priceMinor: sql<Minor | null>`${price}`.mapWith(variants.priceMinor),
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
