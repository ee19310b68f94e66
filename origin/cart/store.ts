/** Every query of carts. */

import { and, asc, desc, eq, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { asIn, kept, type Slots } from '#db/kept.ts';
import { cartItems, carts } from '#db/schema/cart.ts';
import { products, variants } from '#db/schema/catalog.ts';
import { inventory } from '#db/schema/inventory.ts';
import type { CartId, CartItemId, ProductId, UserId, VariantId } from '#lib/ids.ts';
import type { Minor } from '#lib/money.ts';

export type CartRow = typeof carts.$inferSelect;
export type CartLineRow = Awaited<ReturnType<typeof findLines>>[number];

type NewCart = Pick<CartRow, 'id' | 'userId' | 'tokenHash'>;
type ById = Pick<CartRow, 'id'>;

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

const FIND_LINES = kept((db, { id }: Slots<ById>) =>
  db
    .select({
      id: cartItems.id,
      variantId: cartItems.variantId,
      productId: variants.productId,
      productVersion: products.version,
      sellerId: products.sellerId,
      name: products.name,
      sku: variants.sku,
      optionValues: variants.optionValues,
      quantity: cartItems.quantity,
      seenPriceMinor: cartItems.seenPriceMinor,
      priceMinor: variants.priceMinor,
      currency: products.currency,
      withdrawn: sql<boolean>`${variants.withdrawnAt} is not null or ${products.withdrawnAt} is not null`,
      available: sql<number>`coalesce(${inventory.onHand} - ${inventory.reserved}, 0)`,
    })
    .from(cartItems)
    .innerJoin(variants, eq(variants.id, cartItems.variantId))
    .innerJoin(products, eq(products.id, variants.productId))
    .leftJoin(inventory, eq(inventory.variantId, variants.id))
    .where(eq(cartItems.cartId, id))
    .orderBy(asc(cartItems.id)),
);

/** The lines with what the catalogue says of them now. */
export async function findLines(db: Queryable, id: CartId) {
  return FIND_LINES(db, { id });
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
}

export interface CartLimits {
  readonly maxLines: number;
  readonly maxQuantity: number;
}

const ADD_LINE = kept((db, slots: Slots<NewLine & CartLimits>) => {
  const { id, cartId, variantId, quantity, maxLines, maxQuantity } = slots;
  return db.execute(sql`
    insert into cart_items (id, cart_id, variant_id, quantity, seen_price_minor)
    select ${id}::uuid, ${cartId}::uuid, variants.id, ${quantity}::int, price_minor
      from variants where id = ${variantId} and withdrawn_at is null and ${quantity}::int <= ${maxQuantity}::int
       and exists (select 1 from products p where p.id = variants.product_id and p.withdrawn_at is null)
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

/** False when the cart has no such line. */
export async function setQuantity(
  tx: Transaction,
  cartId: CartId,
  itemId: CartItemId,
  quantity: number,
): Promise<boolean> {
  const rows = await tx
    .update(cartItems)
    .set({ quantity })
    .where(and(eq(cartItems.cartId, cartId), eq(cartItems.id, itemId)))
    .returning({ id: cartItems.id });
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
    .set({ version: sql`${carts.version} + 1`, updatedAt: asIn(carts.updatedAt, at) })
    .where(eq(carts.id, id))
    .returning(),
);

/** Locks the cart, gives it its next version, and returns it so. */
export async function touchCart(tx: Transaction, id: CartId, at: Date): Promise<CartRow | undefined> {
  const [cart] = await TOUCH_CART(tx, { id, at });
  return cart;
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
