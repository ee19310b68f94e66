/**
 * Where a simulated story plays: a shop of its own (database, Stripe double), in which each story gets a variant,
 * a cart and a clock that no other story has. One story at a time in a world, for the reconciler looks at all orders.
 */

import { createHash } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { cartItems, carts } from '#db/schema/cart.ts';
import { categories, products, variants } from '#db/schema/catalog.ts';
import { discounts } from '#db/schema/discounts.ts';
import { taxRates } from '#db/schema/pricing.ts';
import { shippingAreas, shippingMethods, shippingZones } from '#db/schema/shipping.ts';
import { DEFAULT_LOCATION, stockLocations } from '#db/schema/stock-locations.ts';
import { createRandom, type Random } from '#db/seed/random.ts';
import { after, type Clock, DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import type {
  Brand,
  CartId,
  CartItemId,
  CategoryId,
  DiscountId,
  IdSource,
  ProductId,
  ShippingMethodId,
  ShippingZoneId,
  StockLocationId,
  StockMoveId,
  TaxRateId,
  VariantId,
} from '#lib/ids.ts';
import { createLogger } from '#lib/log.ts';
import { minor, SHOP_CURRENCY } from '#lib/money.ts';
import { readQuote } from '#origin/cart/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { Guest } from '#origin/http/auth.ts';
import { moveUnits, receiveStock } from '#origin/inventory/service.ts';
import { writeDefaultLocation } from '#origin/locations/service.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';

export const STOCK = 5;
const PRICE = minor(2_500);
export const QUANTITY = 2;
/** Where the shopper of `checkoutBody` lives. */
const PLACE = { country: 'US', region: null, postalCode: '12345' };
const RATES_PPM = [88_750, 90_000, 70_000] as const;
const CODE_PPM = 100_000;
const EPOCH = Date.parse('2030-01-01T00:00:00Z');

export interface World {
  readonly shop: OriginUnderTest;
  readonly productId: ProductId;
  readonly methodId: ShippingMethodId;
  /** Where some of the stock lies in some stories. */
  readonly locationId: StockLocationId;
  /** Stories told so far: each plays days after the one before. */
  stories: number;
}

export interface Scene {
  readonly random: Random;
  readonly clock: Clock & { advance(ms: number): void };
  readonly ids: IdSource;
  readonly variantId: VariantId;
  /** Units of it that lie at the world's other location. */
  readonly elsewhere: number;
  readonly cartId: CartId;
  readonly guest: Guest;
  /** Null for a cart of nothing but its items: no tax, no shipping, no code. */
  readonly terms: Terms | null;
  /** What may be charged for it, and nothing else. */
  readonly totalMinor: number;
  /** The outside as the real shop has it, with this story's time and chance. */
  readonly deps: Deps;
}

export interface Terms {
  readonly quote: string;
  /** Of the cart's code, which one order may have. */
  readonly discountId: DiscountId;
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
  const methodId = await openShipping(shop);
  const locationId = ids.next<StockLocationId>();
  await db.insert(stockLocations).values({ id: locationId, name: 'Elsewhere', country: PLACE.country });
  await db.transaction(writeDefaultLocation);
  return { shop, productId, methodId, locationId, stories: 0 };
}

async function openShipping({ deps: { db, ids } }: OriginUnderTest): Promise<ShippingMethodId> {
  const zoneId = ids.next<ShippingZoneId>();
  const id = ids.next<ShippingMethodId>();
  const validFrom = new Date(EPOCH);
  await db.insert(shippingZones).values({ id: zoneId, name: 'US' });
  await db.insert(shippingAreas).values({ zoneId, country: PLACE.country });
  const steps = [{ from: 0, rateMinor: 490 }];
  await db
    .insert(shippingMethods)
    .values({ id, zoneId, name: 'Parcel', kind: 'flat', currency: SHOP_CURRENCY, steps });
  for (const category of ['standard', 'shipping']) {
    const rate = { id: ids.next<TaxRateId>(), name: 'Tax', country: PLACE.country, category };
    await db.insert(taxRates).values({ ...rate, ratePpm: RATES_PPM[0], validFrom });
  }
  return id;
}

/** A merchant who changes what the cart is priced by while it is being paid for. */
export async function changeRules({ db }: Deps, { random, terms }: Scene): Promise<void> {
  if (terms === null) return;
  await db.update(taxRates).set({ ratePpm: random.pick(RATES_PPM) });
  const change = { ppm: random.pick([CODE_PPM, CODE_PPM / 2]), version: sql`${discounts.version} + 1` };
  if (random.chance(0.5)) await db.update(discounts).set(change).where(eq(discounts.id, terms.discountId));
}

export async function openScene(world: World, seed: number): Promise<Scene> {
  const { shop, productId, methodId, locationId } = world;
  const random = createRandom(seed);
  const clock = createClock(after(new Date(EPOCH), world.stories * DAY_MS));
  world.stories += 1;
  // Another chance than the story's own: two stories of one seed must not make the same order.
  const idSource = createRandom(world.stories);
  const ids: IdSource = { next: <Id extends Brand<string, string>>() => idSource.id<Id>(clock.now()) };
  const variantId = shop.deps.ids.next<VariantId>();
  const cartId = shop.deps.ids.next<CartId>();
  const cartToken = `ct_${cartId}`;
  const guest: Guest = { kind: 'guest', cartToken };
  const isPriced = random.chance(0.5);
  const discountId = shop.deps.ids.next<DiscountId>();
  const elsewhere = random.chance(0.5) ? random.integer(1, STOCK) : 0;
  const code = `STORY-${discountId.toUpperCase()}`;
  await shop.deps.db.transaction(async (tx) => {
    await tx.insert(variants).values({
      ...{ id: variantId, productId, optionValues: [variantId], priceMinor: PRICE, position: 0 },
      ...{ requiresShipping: isPriced, taxable: isPriced },
    });
    await receiveStock(tx, [{ variantId, quantity: STOCK }]);
    const move = { variantId, from: DEFAULT_LOCATION, to: locationId, quantity: elsewhere };
    const moveId = shop.deps.ids.next<StockMoveId>();
    if (elsewhere > 0) await moveUnits(tx, move, { movement: 'transfer', moveId });
    if (isPriced) await tx.insert(discounts).values(onceOnly(discountId, code));
    const tokenHash = createHash('sha256').update(cartToken).digest();
    const wishes = isPriced ? { ...PLACE, shippingMethodId: methodId, codes: [code] } : {};
    await tx.insert(carts).values({ id: cartId, tokenHash, ...wishes });
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
  const { token: quote, total } = await readQuote(deps, guest, cartId);
  const terms = isPriced ? { quote, discountId } : null;
  const goods = { variantId, elsewhere, cartId };
  return { random, clock, ids, ...goods, guest, terms, totalMinor: total.amount, deps };
}

function onceOnly(id: DiscountId, code: string): typeof discounts.$inferInsert {
  const kind = 'percent' as const;
  return { id, name: 'Less', code, kind, ppm: CODE_PPM, maxUses: 1, validFrom: new Date(EPOCH) };
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
