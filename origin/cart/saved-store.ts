/** Every query of what is put aside from carts. */

import { and, desc, eq, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { asIn, kept, type Slots } from '#db/kept.ts';
import { MAX_LINE_QUANTITY, savedItems } from '#db/schema/cart.ts';
import { products, variants } from '#db/schema/catalog.ts';
import { inventory } from '#db/schema/inventory.ts';
import type { CartId, CartItemId, VariantId } from '#lib/ids.ts';
import { type CartLineRow, findLines } from './store.ts';

export type SavedItemRow = Awaited<ReturnType<typeof findSaved>>[number];

interface ByCart {
  readonly id: CartId;
}

const FIND_SAVED = kept((db, { id }: Slots<ByCart>) =>
  db
    .select({
      id: savedItems.id,
      variantId: savedItems.variantId,
      productId: variants.productId,
      name: products.name,
      optionValues: variants.optionValues,
      quantity: savedItems.quantity,
      savedAt: savedItems.savedAt,
      isAvailable: sql<boolean>`${variants.withdrawnAt} is null and ${products.withdrawnAt} is null
        and coalesce(${inventory.onHand} - ${inventory.reserved}, 0) > 0`,
    })
    .from(savedItems)
    .innerJoin(variants, eq(variants.id, savedItems.variantId))
    .innerJoin(products, eq(products.id, variants.productId))
    .leftJoin(inventory, eq(inventory.variantId, variants.id))
    .where(eq(savedItems.cartId, id))
    .orderBy(desc(savedItems.savedAt), desc(savedItems.id)),
);

/** What is put aside, the newest first. */
export async function findSaved(db: Queryable, id: CartId) {
  return FIND_SAVED(db, { id });
}

export interface CartContents {
  readonly lines: readonly CartLineRow[];
  readonly saved: readonly SavedItemRow[];
}

/** Both are asked for at once: in a transaction behind whatever was sent before. */
export async function findContents(db: Queryable, id: CartId, at: Date): Promise<CartContents> {
  const [lines, saved] = await Promise.all([findLines(db, id, at), findSaved(db, id)]);
  return { lines, saved };
}

interface Place {
  readonly cartId: CartId;
  readonly itemId: CartItemId;
}

const SAVE_LINE = kept((db, { cartId, itemId, at }: Slots<Place & { readonly at: Date }>) =>
  db.execute(sql`
    with line as (delete from cart_items where id = ${itemId} and cart_id = ${cartId} returning *)
    insert into saved_items (id, cart_id, variant_id, quantity, saved_at)
    select id, cart_id, variant_id, quantity, ${asIn(savedItems.savedAt, at)}::timestamptz from line
    on conflict (cart_id, variant_id) do update
       set quantity = least(${MAX_LINE_QUANTITY}::int, saved_items.quantity + excluded.quantity),
           saved_at = excluded.saved_at
    returning 1`),
);

/**
 * Out of the cart and onto what is put aside of its variant, up to the most of a line. False when the cart has no such
 * line.
 */
export async function saveLine(tx: Transaction, place: Place, at: Date): Promise<boolean> {
  const rows = await SAVE_LINE(tx, { ...place, at });
  return rows.length === 1;
}

interface Taken {
  readonly variantId: VariantId;
  readonly quantity: number;
}

const TAKE_SAVED = kept((db, { cartId, itemId }: Slots<Place>) =>
  db
    .delete(savedItems)
    .where(and(eq(savedItems.id, itemId), eq(savedItems.cartId, cartId)))
    .returning({ variantId: savedItems.variantId, quantity: savedItems.quantity }),
);

/** Takes it away, and gives what it was; undefined when nothing such is put aside. */
export async function takeSaved(tx: Transaction, place: Place): Promise<Taken | undefined> {
  const [row] = await TAKE_SAVED(tx, place);
  return row;
}
