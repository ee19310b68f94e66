/** Every query of carts. */

import { and, asc, desc, eq, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { asIn, kept, type Slots } from '#db/kept.ts';
import { cartItems, carts } from '#db/schema/cart.ts';
import { products, variants } from '#db/schema/catalog.ts';
import { categoryMembers } from '#db/schema/category-rules.ts';
import { inventory } from '#db/schema/inventory.ts';
import { prices } from '#db/schema/pricing.ts';
import { present } from '#lib/assert.ts';
import type { CartId, CartItemId, CategoryId, ProductId, UserId, VariantId } from '#lib/ids.ts';
import type { Minor } from '#lib/money.ts';
import { listPriceOf } from '#origin/pricing/service.ts';

export type CartRow = typeof carts.$inferSelect;
export type CartLineRow = Awaited<ReturnType<typeof findLines>>[number];

type NewCart = Pick<CartRow, 'id' | 'userId' | 'tokenHash'>;
type ById = Pick<CartRow, 'id'>;

/** Whom its prices are for, and in what. */
const OF_CART = { currency: carts.currency, userId: carts.userId };

const INSERT_CART = kept((db, { id, userId, tokenHash }: Slots<NewCart>) =>
  db.insert(carts).values({ id, userId, tokenHash }),
);

export async function insertCart(db: Queryable, cart: NewCart): Promise<void> {
  await INSERT_CART(db, cart);
}

const FIND_CART = kept((db, { id }: Slots<ById>) => db.select().from(carts).where(eq(carts.id, id)));

export async function findCart(db: Queryable, id: CartId): Promise<CartRow | undefined> {
  const [cart] = await FIND_CART(db, { id });
  return cart;
}

const LOCK_CART = kept((db, { id }: Slots<ById>) =>
  db.select().from(carts).where(eq(carts.id, id)).for('update'),
);

/** Locks the cart until the transaction ends: changes and checkouts of one cart take turns. */
export async function lockCart(tx: Transaction, id: CartId): Promise<CartRow | undefined> {
  const [cart] = await LOCK_CART(tx, { id });
  return cart;
}

interface LinesQuery extends ById {
  readonly at: Date;
}

const FIND_LINES = kept((db, { id, at }: Slots<LinesQuery>) => {
  const listPrice = listPriceOf({ ...OF_CART, quantity: cartItems.quantity, at: asIn(prices.validFrom, at) });
  return db
    .select({
      id: cartItems.id,
      variantId: cartItems.variantId,
      productId: variants.productId,
      productVersion: products.version,
      categoryId: products.categoryId,
      /** The categories that it is in by their rules. */
      takenInBy: sql<readonly CategoryId[]>`(
        select coalesce(json_agg(m.category_id), '[]')
          from ${categoryMembers} m where m.product_id = ${products.id})`,
      sellerId: products.sellerId,
      name: products.name,
      sku: variants.sku,
      optionValues: variants.optionValues,
      quantity: cartItems.quantity,
      grams: variants.grams,
      requiresShipping: variants.requiresShipping,
      taxable: variants.taxable,
      taxCategory: products.taxCategory,
      seenPriceMinor: cartItems.seenPriceMinor,
      listPriceMinor: sql<Minor | null>`${listPrice}`.mapWith(variants.priceMinor),
      isWithdrawn: sql<boolean>`${variants.withdrawnAt} is not null or ${products.withdrawnAt} is not null`,
      available: sql<number>`coalesce(${inventory.onHand} - ${inventory.reserved}, 0)`,
    })
    .from(cartItems)
    .innerJoin(carts, eq(carts.id, cartItems.cartId))
    .innerJoin(variants, eq(variants.id, cartItems.variantId))
    .innerJoin(products, eq(products.id, variants.productId))
    .leftJoin(inventory, eq(inventory.variantId, variants.id))
    .where(eq(cartItems.cartId, id))
    .orderBy(asc(cartItems.id));
});

/** The lines with what the catalogue says of them now. */
export async function findLines(db: Queryable, id: CartId, at: Date) {
  const rows = await FIND_LINES(db, { id, at });
  return rows.map(({ listPriceMinor, isWithdrawn, ...row }) => ({
    ...row,
    priceMinor: listPriceMinor ?? row.seenPriceMinor,
    /** Or it is not sold in the cart's currency any more. */
    withdrawn: isWithdrawn || listPriceMinor === null,
  }));
}

export type CartOwner = { readonly userId: UserId } | { readonly tokenHash: Uint8Array };

/** Of carts that are no orders yet, the newest lines first. */
export async function findProducts(db: Queryable, owner: CartOwner, limit: number): Promise<ProductId[]> {
  const isOwn = 'userId' in owner ? eq(carts.userId, owner.userId) : eq(carts.tokenHash, owner.tokenHash);
  const rows = await db
    .select({ productId: variants.productId })
    .from(cartItems)
    .innerJoin(carts, eq(carts.id, cartItems.cartId))
    .innerJoin(variants, eq(variants.id, cartItems.variantId))
    .where(and(isOwn, isNull(carts.completedAt)))
    .orderBy(desc(cartItems.id))
    .limit(limit);
  return rows.map(({ productId }) => productId);
}

export interface NewLine {
  readonly id: CartItemId;
  readonly cartId: CartId;
  readonly variantId: VariantId;
  readonly quantity: number;
  /** The prices of then count as seen. */
  readonly at: Date;
}

export interface CartLimits {
  readonly maxLines: number;
  readonly maxQuantity: number;
}

const ADD_LINE = kept((db, slots: Slots<NewLine & CartLimits>) => {
  const { id, cartId, variantId, quantity, maxLines, maxQuantity } = slots;
  const wanted = sql`(${quantity}::int + coalesce(held.quantity, 0))`;
  const listPrice = listPriceOf({ ...OF_CART, quantity: wanted, at: asIn(prices.validFrom, slots.at) });
  return db.execute(sql`
    insert into cart_items (id, cart_id, variant_id, quantity, seen_price_minor)
    select ${id}::uuid, carts.id, variants.id, ${quantity}::int, ${listPrice}
      from carts join variants on variants.id = ${variantId} join products on products.id = variants.product_id
      left join cart_items held on held.cart_id = carts.id and held.variant_id = variants.id
     where carts.id = ${cartId} and variants.withdrawn_at is null and products.withdrawn_at is null
       and ${listPrice} is not null and ${quantity}::int <= ${maxQuantity}::int
       and (select count(*) from cart_items
             where cart_id = ${cartId} and variant_id <> ${variantId}) < ${maxLines}::int
    on conflict (cart_id, variant_id) do update
       set quantity = cart_items.quantity + excluded.quantity, seen_price_minor = excluded.seen_price_minor
     where cart_items.quantity + excluded.quantity <= ${maxQuantity}::int
    returning 1`);
});

/**
 * Adds to the variant's line if there is one, at the price of now. False when the variant is not on sale, or the cart
 * would hold too much.
 */
export async function addLine(tx: Transaction, line: NewLine, limits: CartLimits): Promise<boolean> {
  const rows = await ADD_LINE(tx, { ...line, ...limits });
  return rows.length === 1;
}

interface NewQuantity {
  readonly cartId: CartId;
  readonly itemId: CartItemId;
  readonly quantity: number;
  readonly at: Date;
}

const SET_QUANTITY = kept((db, slots: Slots<NewQuantity>) => {
  const { cartId, itemId, quantity } = slots;
  const at = asIn(prices.validFrom, slots.at);
  return db.execute(sql`
    update cart_items set quantity = ${quantity}::int,
           seen_price_minor = case when found.before = seen_price_minor then coalesce(found.after, seen_price_minor)
                                   else seen_price_minor end
      from (
        select cart_items.id as item_id,
               ${listPriceOf({ ...OF_CART, quantity: sql`cart_items.quantity`, at })} as before,
               ${listPriceOf({ ...OF_CART, quantity: sql`${quantity}::int`, at })} as after
          from cart_items join carts on carts.id = cart_items.cart_id
          join variants on variants.id = cart_items.variant_id join products on products.id = variants.product_id
         where cart_items.id = ${itemId} and cart_items.cart_id = ${cartId}) found
     where cart_items.id = found.item_id
    returning 1`);
});

/**
 * A line that was at the price which the shopper has seen is at what the new quantity costs, as they will see.
 * False when the cart has no such line.
 */
export async function setQuantity(tx: Transaction, change: NewQuantity): Promise<boolean> {
  const rows = await SET_QUANTITY(tx, change);
  return rows.length === 1;
}

interface SeenPrice {
  readonly cartId: CartId;
  readonly itemId: CartItemId;
  readonly priceMinor: Minor;
}

const SET_SEEN_PRICE = kept((db, { cartId, itemId, priceMinor }: Slots<SeenPrice>) =>
  db.execute(sql`
    update cart_items set seen_price_minor = ${priceMinor}::bigint
     where id = ${itemId} and cart_id = ${cartId} returning 1`),
);

/** False when the cart has no such line. */
export async function setSeenPrice(tx: Transaction, seen: SeenPrice): Promise<boolean> {
  const rows = await SET_SEEN_PRICE(tx, seen);
  return rows.length === 1;
}

/** False when the cart has no such line. */
export async function deleteLine(tx: Transaction, cartId: CartId, itemId: CartItemId): Promise<boolean> {
  const rows = await tx
    .delete(cartItems)
    .where(and(eq(cartItems.cartId, cartId), eq(cartItems.id, itemId)))
    .returning({ id: cartItems.id });
  return rows.length === 1;
}

interface At {
  readonly id: CartId;
  readonly at: Date;
}

const TOUCH_CART = kept((db, { id, at }: Slots<At>) =>
  db
    .update(carts)
    .set({ version: sql`${carts.version} + 1`, updatedAt: asIn(carts.updatedAt, at), idleNotedAt: null })
    .where(eq(carts.id, id))
    .returning(),
);

/** Locks the cart, gives it its next version, and returns it so. */
export async function touchCart(tx: Transaction, id: CartId, at: Date): Promise<CartRow | undefined> {
  const [cart] = await TOUCH_CART(tx, { id, at });
  return cart;
}

/** Spelled as the index `orders_one_live_per_cart` is. */
const IS_BEING_PAID = kept((db, { id }: Slots<ById>) =>
  db.execute<{ isPaid: boolean }>(sql`
    select exists (select from orders
      where cart_id = ${id} and status not in ('payment_failed', 'cancelled')) as "isPaid"`),
);

/** Whether an order of the cart waits for its payment, or has it. Certain while the cart is locked. */
export async function isBeingPaid(tx: Transaction, id: CartId): Promise<boolean> {
  const [row] = await IS_BEING_PAID(tx, { id });
  return present(row, 'an answer').isPaid;
}

const COMPLETE_CART = kept((db, { id, at }: Slots<At>) =>
  db
    .update(carts)
    .set({ completedAt: asIn(carts.completedAt, at) })
    .where(eq(carts.id, id)),
);

export async function completeCart(tx: Transaction, id: CartId, at: Date): Promise<void> {
  await COMPLETE_CART(tx, { id, at });
}

/** From now on the shopper has seen the variant at that price. */
export async function acknowledgePrice(
  tx: Transaction,
  { cartId, variantId, priceMinor }: Pick<NewLine, 'cartId' | 'variantId'> & { readonly priceMinor: Minor },
): Promise<void> {
  await tx
    .update(cartItems)
    .set({ seenPriceMinor: priceMinor })
    .where(and(eq(cartItems.cartId, cartId), eq(cartItems.variantId, variantId)));
}

/** What a cart says of itself, beside what is in it. */
export type CartTerms = Partial<
  Pick<CartRow, 'currency' | 'codes' | 'country' | 'region' | 'postalCode' | 'shippingMethodId'>
>;

/** The cart's row is locked already. A way of shipping that there is not counts as none. */
export async function setTerms(tx: Transaction, id: CartId, terms: CartTerms): Promise<CartRow> {
  const { shippingMethodId, ...rest } = terms;
  const chosen =
    shippingMethodId === undefined
      ? {}
      : { shippingMethodId: sql`(select id from shipping_methods where id = ${shippingMethodId})` };
  const [cart] = await tx
    .update(carts)
    .set({ ...rest, ...chosen })
    .where(eq(carts.id, id))
    .returning();
  return present(cart, `cart ${id}`);
}
