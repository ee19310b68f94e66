/** Writes the demo accounts and the demo catalogue into an empty shop, in one transaction. */

import { sql } from 'drizzle-orm';
import type { Database, Transaction } from '#db/client.ts';
import { insertAll } from '#db/import/insert-all.ts';
import { CATALOGUE_LOCK } from '#db/import/lock.ts';
import { hashPassword } from '#db/password-hash.ts';
import { users } from '#db/schema/accounts.ts';
import { categories, mediaFiles, productImages, products, variants } from '#db/schema/catalog.ts';
import { inventory, stockLedger } from '#db/schema/inventory.ts';
import { outbox } from '#db/schema/messaging.ts';
import { productPairs } from '#db/schema/recommendations.ts';
import { present } from '#lib/assert.ts';
import { checkEventData, EVENTS } from '#lib/events.ts';
import type { EventId, ImageId } from '#lib/ids.ts';
import { type Minor, SHOP_CURRENCY } from '#lib/money.ts';
import { DEMO_ACCOUNTS, DEMO_SELLER } from './accounts.ts';
import { DEMO_SEED, type DemoProduct, type DemoVariant, generateCatalogue } from './catalogue.ts';
import { elsewhereOf, writeLocations } from './locations.ts';
import { drawPairs } from './pairs.ts';
import { writePricing } from './pricing.ts';
import { createRandom, type Random } from './random.ts';
import { writeSale } from './sale.ts';

export interface SeedOptions {
  /** The demo passwords are public: a shop that faces the world goes without these accounts. */
  readonly accounts: boolean;
  /** Told what is being done, in order. */
  readonly progress?: (step: string) => void;
}

export type SeedOutcome =
  | {
      readonly kind: 'seeded';
      readonly products: number;
      readonly variants: number;
      readonly accounts: number;
    }
  | { readonly kind: 'already-stocked' };

/** Does nothing in a shop that has products. Safe to run by several processes at once: one of them seeds. */
export async function seedShop(db: Database, options: SeedOptions): Promise<SeedOutcome> {
  const progress = options.progress ?? (() => {});
  return await db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${CATALOGUE_LOCK})`);
    const [stocked] = await tx.select({ id: products.id }).from(products).limit(1);
    if (stocked !== undefined) return { kind: 'already-stocked' };
    if (options.accounts) progress('demo accounts');
    const accounts = options.accounts ? await writeAccounts(tx) : 0;
    progress('drawing the catalogue');
    const catalogue = generateCatalogue();
    progress(`writing ${catalogue.products.length} products`);
    await insertAll(tx, categories, catalogue.categories);
    await writeProducts(tx, catalogue.products, options.accounts);
    await writeSale(tx);
    await writePricing(tx);
    // What is left of products that are gone means nothing.
    await tx.delete(productPairs);
    await insertAll(tx, productPairs, drawPairs(catalogue.products));
    const variantCount = catalogue.products.reduce((count, product) => count + product.variants.length, 0);
    return { kind: 'seeded', products: catalogue.products.length, variants: variantCount, accounts };
  });
}

async function writeAccounts(tx: Transaction): Promise<number> {
  const rows = await Promise.all(
    DEMO_ACCOUNTS.map(async ({ password, ...account }) => ({
      ...account,
      passwordHash: await hashPassword(password),
    })),
  );
  const written = await tx.insert(users).values(rows).onConflictDoNothing().returning({ id: users.id });
  return written.length;
}

async function writeProducts(tx: Transaction, drawn: readonly DemoProduct[], sold: boolean): Promise<void> {
  const random = createRandom(DEMO_SEED + 1);
  const all = drawn.flatMap((product) => product.variants.map((variant) => ({ product, variant })));
  const stocked = all.filter(({ variant }) => variant.onHand > 0);
  await insertAll(
    tx,
    products,
    drawn.map((product) => productRow(product, sold)),
  );
  await insertAll(
    tx,
    variants,
    drawn.flatMap((product) =>
      product.variants.map((variant, index) => variantRow(product, variant, index + 1)),
    ),
  );
  const stock = all.map(({ variant: { id: variantId, onHand } }, index) => ({
    ...{ variantId, onHand, reserved: 0, elsewhere: elsewhereOf(onHand, index) },
  }));
  await insertAll(tx, inventory, stock);
  await writeLocations(tx, stock);
  await insertAll(
    tx,
    stockLedger,
    stocked.map(({ product, variant }) => ({
      variantId: variant.id,
      movement: 'receipt' as const,
      onHandDelta: variant.onHand,
      reservedDelta: 0,
      reason: 'demo stock',
      createdAt: product.createdAt,
    })),
  );
  await insertAll(
    tx,
    mediaFiles,
    drawn.map((product) => ({
      name: pictureName(product),
      contentType: 'image/svg+xml',
      body: new TextEncoder().encode(product.pictureSvg),
      createdAt: product.createdAt,
    })),
  );
  await insertAll(
    tx,
    productImages,
    drawn.map((product) => imageRow(product, random)),
  );
  await insertAll(
    tx,
    outbox,
    drawn.map((product) => createdEvent(product, random)),
  );
}

function productRow(product: DemoProduct, sold: boolean): typeof products.$inferInsert {
  const { variants: _, pictureSvg: __, tags, optionNames, ...columns } = product;
  const cheapest = cheapestOf(product.variants);
  return {
    ...columns,
    tags: [...tags],
    optionNames: [...optionNames],
    sellerId: sold ? DEMO_SELLER.id : null,
    currency: SHOP_CURRENCY,
    ...cheapest,
    updatedAt: product.createdAt,
  };
}

function cheapestOf(of: readonly DemoVariant[]): { priceMinor: Minor; compareAtMinor: Minor | null } {
  const cheapest = of.reduce((best, variant) => (variant.priceMinor < best.priceMinor ? variant : best));
  return { priceMinor: cheapest.priceMinor, compareAtMinor: cheapest.compareAtMinor };
}

function variantRow(
  product: DemoProduct,
  variant: DemoVariant,
  position: number,
): typeof variants.$inferInsert {
  const { onHand: _, optionValues, ...columns } = variant;
  return { ...columns, optionValues: [...optionValues], productId: product.id, position };
}

function imageRow(product: DemoProduct, random: Random): typeof productImages.$inferInsert {
  return {
    id: random.id<ImageId>(product.createdAt),
    productId: product.id,
    url: `/media/${pictureName(product)}`,
    alt: product.name,
    position: 1,
  };
}

function createdEvent(product: DemoProduct, random: Random): typeof outbox.$inferInsert {
  return {
    id: random.id<EventId>(product.createdAt),
    name: 'product.created',
    version: EVENTS['product.created'].version,
    data: checkEventData('product.created', { productId: product.id, slug: product.slug, version: 1 }),
    occurredAt: present(product.createdAt, 'the time of creation'),
  };
}

function pictureName(product: DemoProduct): string {
  return `${product.slug}.svg`;
}
