/** Every query of exchanges. */

import { and, eq, gt, inArray, isNull, type SQLWrapper, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { products, variants } from '#db/schema/catalog.ts';
import { orderLines } from '#db/schema/orders.ts';
import { exchanges, returnLines } from '#db/schema/returns.ts';
import type { OrderId, OrderLineId, ProductId, ReturnId, UserId, VariantId } from '#lib/ids.ts';
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
  /** Null for what is not taxed. */
  readonly taxCategory: string | null;
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
      taxCategory: sql<string | null>`case when ${variants.taxable} then ${products.taxCategory} end`,
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

/** The order that was charged for what an order replaces, however often it was exchanged; undefined of any other. */
export async function findPaidOrder(db: Queryable, id: OrderId): Promise<OrderId | undefined> {
  const [row] = await db.execute<{ id: OrderId }>(sql`
    with recursive replaced as (
      select r.order_id as id, 1 as steps
        from exchanges x join returns r on r.id = x.return_id where x.order_id = ${id}
      union all
      select r.order_id, b.steps + 1
        from replaced b join exchanges x on x.order_id = b.id join returns r on r.id = x.return_id)
    select id from replaced order by steps desc limit 1`);
  return row?.id;
}

export interface LineWorth {
  readonly lineId: OrderLineId;
  /** What its units came to when they were asked for, as prices are; and what pays for them, with the tax. */
  readonly pricedMinor: Minor;
  readonly paidMinor: Minor;
}

/** Of the lines of an order by which replacements go out; none of any other. */
export async function findWorth(db: Queryable, orderId: OrderId): Promise<LineWorth[]> {
  const { replacementId, replacementMinor, exchanged, exchangedMinor } = returnLines;
  const sum = (amount: SQLWrapper) => sql`sum(${amount})::float8`.mapWith(returnLines.chargedMinor);
  return db
    .select({
      lineId: orderLines.id,
      pricedMinor: sum(sql`${replacementMinor} * ${exchanged}`),
      paidMinor: sum(exchangedMinor),
    })
    .from(exchanges)
    .innerJoin(orderLines, eq(orderLines.orderId, exchanges.orderId))
    .innerJoin(
      returnLines,
      and(
        eq(returnLines.returnId, exchanges.returnId),
        eq(replacementId, orderLines.variantId),
        gt(exchanged, 0),
      ),
    )
    .where(eq(exchanges.orderId, orderId))
    .groupBy(orderLines.id);
}
