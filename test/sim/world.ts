/**
 * Where a simulated story plays: a shop of its own (database, Stripe double), in which each story gets a variant,
 * a cart and a clock that no other story has. One story at a time in a world, for the reconciler looks at all orders.
 */

import { createHash } from 'node:crypto';
import { cartItems, carts } from '#db/schema/cart.ts';
import { categories, products, variants } from '#db/schema/catalog.ts';
import { createRandom, type Random } from '#db/seed/random.ts';
import { after, type Clock, DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import type { Brand, CartId, CartItemId, CategoryId, IdSource, ProductId, VariantId } from '#lib/ids.ts';
import { createLogger } from '#lib/log.ts';
import { minor, SHOP_CURRENCY } from '#lib/money.ts';
import type { Deps } from '#origin/deps.ts';
import type { Guest } from '#origin/http/auth.ts';
import { receiveStock } from '#origin/inventory/service.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';

export const STOCK = 5;
export const PRICE = minor(2_500);
export const QUANTITY = 2;
const EPOCH = Date.parse('2030-01-01T00:00:00Z');

export interface World {
  readonly shop: OriginUnderTest;
  readonly productId: ProductId;
  /** Stories told so far: each plays days after the one before. */
  stories: number;
}

export interface Scene {
  readonly random: Random;
  readonly clock: Clock & { advance(ms: number): void };
  readonly ids: IdSource;
  readonly variantId: VariantId;
  readonly cartId: CartId;
  readonly guest: Guest;
  /** The outside as the real shop has it, with this story's time and chance. */
  readonly deps: Deps;
}

export async function openWorld(): Promise<World> {
  const shop = await openOrigin();
  const { db, ids } = shop.deps;
  const categoryId = ids.next<CategoryId>();
  const productId = ids.next<ProductId>();
  await shop.double.control('POST', '/webhook', { url: null });
  await db.insert(categories).values({ id: categoryId, slug: 'simulated', name: 'Simulated' });
  await db.insert(products).values({
    id: productId,
    slug: 'simulated',
    name: 'Simulated',
    categoryId,
    optionNames: ['Story'],
    currency: SHOP_CURRENCY,
    priceMinor: PRICE,
  });
  return { shop, productId, stories: 0 };
}

export async function openScene(world: World, seed: number): Promise<Scene> {
  const { shop, productId } = world;
  const random = createRandom(seed);
  const clock = createClock(after(new Date(EPOCH), world.stories * DAY_MS));
  world.stories += 1;
  // Another chance than the story's own: two stories of one seed must not make the same order.
  const idSource = createRandom(world.stories);
  const ids: IdSource = { next: <Id extends Brand<string, string>>() => idSource.id<Id>(clock.now()) };
  const variantId = shop.deps.ids.next<VariantId>();
  const cartId = shop.deps.ids.next<CartId>();
  const cartToken = `ct_${cartId}`;
  await shop.deps.db.transaction(async (tx) => {
    await tx
      .insert(variants)
      .values({ id: variantId, productId, optionValues: [variantId], priceMinor: PRICE, position: 0 });
    await receiveStock(tx, [{ variantId, quantity: STOCK }]);
    await tx.insert(carts).values({ id: cartId, tokenHash: createHash('sha256').update(cartToken).digest() });
    await tx.insert(cartItems).values({
      id: shop.deps.ids.next<CartItemId>(),
      cartId,
      variantId,
      quantity: QUANTITY,
      seenPriceMinor: PRICE,
    });
  });
  const deps: Deps = {
    ...shop.deps,
    clock,
    ids,
    log: createLogger({ level: 'error', write: () => {}, clock }, {}),
    // Which replica may be read is not the story here.
    ownWrites: { note: async () => {}, read: (_caller, read) => read(shop.deps.db) },
  };
  return { random, clock, ids, variantId, cartId, guest: { kind: 'guest', cartToken }, deps };
}

function createClock(from: Date) {
  let now = from;
  return {
    now: () => now,
    advance: (ms: number) => {
      now = after(now, ms);
    },
  };
}

/** Longer than an order may wait for its payment, and than a cut-off request holds its key. */
export const LONG_MS = 40 * MINUTE_MS;
