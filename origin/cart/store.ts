/** Every query of carts. */

import { and, asc, eq, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { cartItems, carts } from '#db/schema/cart.ts';
import { products, variants } from '#db/schema/catalog.ts';
import { inventory } from '#db/schema/inventory.ts';
import { present } from '#lib/assert.ts';
import type { CartId, CartItemId, VariantId } from '#lib/ids.ts';
import type { Minor } from '#lib/money.ts';

export type CartRow = typeof carts.$inferSelect;
export type CartLineRow = Awaited<ReturnType<typeof findLines>>[number];

export async function insertCart(
  db: Queryable,
  cart: Pick<CartRow, 'id' | 'userId' | 'tokenHash'>,
): Promise<void> {
  await db.insert(carts).values(cart);
}

export async function findCart(db: Queryable, id: CartId): Promise<CartRow | undefined> {
  const [cart] = await db.select().from(carts).where(eq(carts.id, id));
  return cart;
}

/** Locks the cart until the transaction ends: changes and checkouts of one cart take turns. */
export async function lockCart(tx: Transaction, id: CartId): Promise<CartRow | undefined> {
  const [cart] = await tx.select().from(carts).where(eq(carts.id, id)).for('update');
  return cart;
}

/** The lines with what the catalogue says of them now. */
export async function findLines(db: Queryable, cartId: CartId) {
  return db
    .select({
      id: cartItems.id,
      variantId: cartItems.variantId,
      productId: variants.productId,
      productVersion: products.version,
      name: products.name,
      sku: variants.sku,
      optionValues: variants.optionValues,
      quantity: cartItems.quantity,
      seenPriceMinor: cartItems.seenPriceMinor,
      priceMinor: variants.priceMinor,
      currency: products.currency,
      withdrawn: sql<boolean>`${variants.withdrawnAt} is not null`,
      available: sql<number>`coalesce(${inventory.onHand} - ${inventory.reserved}, 0)`,
    })
    .from(cartItems)
    .innerJoin(variants, eq(variants.id, cartItems.variantId))
    .innerJoin(products, eq(products.id, variants.productId))
    .leftJoin(inventory, eq(inventory.variantId, variants.id))
    .where(eq(cartItems.cartId, cartId))
    .orderBy(asc(cartItems.id));
}

export async function findOffer(db: Queryable, variantId: VariantId) {
  const [variant] = await db
    .select({ priceMinor: variants.priceMinor })
    .from(variants)
    .where(and(eq(variants.id, variantId), sql`${variants.withdrawnAt} is null`));
  return variant;
}

interface NewLine {
  readonly id: CartItemId;
  readonly cartId: CartId;
  readonly variantId: VariantId;
  readonly quantity: number;
  readonly seenPriceMinor: Minor;
}

/** Adds to the variant's line if there is one. */
export async function addLine(tx: Transaction, line: NewLine) {
  await tx
    .insert(cartItems)
    .values(line)
    .onConflictDoUpdate({
      target: [cartItems.cartId, cartItems.variantId],
      set: {
        quantity: sql`${cartItems.quantity} + excluded.quantity`,
        seenPriceMinor: sql`excluded.seen_price_minor`,
      },
    });
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

/** Returns the cart's version from now on. */
export async function touchCart(tx: Transaction, id: CartId, at: Date): Promise<number> {
  const [cart] = await tx
    .update(carts)
    .set({ version: sql`${carts.version} + 1`, updatedAt: at })
    .where(eq(carts.id, id))
    .returning({ version: carts.version });
  return present(cart, `cart ${id}`).version;
}

export async function completeCart(tx: Transaction, id: CartId, at: Date): Promise<void> {
  await tx.update(carts).set({ completedAt: at }).where(eq(carts.id, id));
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
