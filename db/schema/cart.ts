/** Carts of customers (by user) and of guests (by a token, kept as its hash). */

import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  char,
  check,
  index,
  integer,
  pgTable,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import type { CartId, CartItemId, ShippingMethodId, UserId, VariantId } from '#lib/ids.ts';
import { SHOP_CURRENCY } from '#lib/money.ts';
import { users } from './accounts.ts';
import { variants } from './catalog.ts';
import { bytes, counter, currencyCode, instant, minorUnits } from './columns.ts';
import { shippingMethods } from './shipping.ts';

export const carts = pgTable(
  'carts',
  {
    id: uuid('id').primaryKey().$type<CartId>(),
    userId: uuid('user_id')
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'cascade' }),
    tokenHash: bytes('token_hash').unique(),
    /** What it is priced in, from its first day to its last. */
    currency: currencyCode('currency').notNull().default(SHOP_CURRENCY),
    /** Codes of discounts that the shopper has entered, in capitals. */
    codes: text('codes').array().notNull().default([]),
    /** Where to, as far as the shopper has said: for estimates of tax and shipping. ISO 3166-1 alpha-2. */
    country: char('country', { length: 2 }),
    region: text('region'),
    postalCode: text('postal_code'),
    shippingMethodId: uuid('shipping_method_id')
      .$type<ShippingMethodId>()
      .references(() => shippingMethods.id),
    version: counter('version').notNull().default(1),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    /** Set when the cart has become a paid order; it takes no more changes then. */
    completedAt: instant('completed_at'),
    /** A guest's, at its owner's log-in: the cart that has its lines now. Null again once that one has gone. */
    mergedInto: uuid('merged_into')
      .$type<CartId>()
      .references((): AnyPgColumn => carts.id, { onDelete: 'set null' }),
    /** From then on it takes no more changes, and has nothing in it. */
    mergedAt: instant('merged_at'),
    /** When it was found to have been left; null from its next change on. */
    idleNotedAt: instant('idle_noted_at'),
  },
  (table) => [
    index('carts_user').on(table.userId),
    index('carts_merged_into').on(table.mergedInto).where(sql`${table.mergedInto} is not null`),
    /** A queue: whoever looks at what stands in it takes it out. Nothing of it changes when a cart becomes an order. */
    index('carts_left')
      .on(table.updatedAt)
      .where(sql`${table.userId} is not null and ${table.idleNotedAt} is null`),
    /** A guest's of which nothing became. */
    index('carts_of_guests')
      .on(table.updatedAt)
      .where(sql`${table.userId} is null and ${table.completedAt} is null`),
    check(
      'carts_end_once',
      sql`${table.mergedAt} is null or (${table.completedAt} is null and ${table.userId} is null)`,
    ),
    check('carts_merged_dated', sql`${table.mergedInto} is null or ${table.mergedAt} is not null`),
    check('carts_have_one_owner', sql`(${table.userId} is null) <> (${table.tokenHash} is null)`),
  ],
);

export const MAX_LINE_QUANTITY = 999;

/** Units of a variant that are in a cart, or were put aside from it: under one id, whichever they are. */
const unitsInCart = () => ({
  id: uuid('id').primaryKey().$type<CartItemId>(),
  cartId: uuid('cart_id')
    .notNull()
    .$type<CartId>()
    .references(() => carts.id, { onDelete: 'cascade' }),
  variantId: uuid('variant_id')
    .notNull()
    .$type<VariantId>()
    .references(() => variants.id),
  quantity: integer('quantity').notNull(),
});

export const cartItems = pgTable(
  'cart_items',
  {
    ...unitsInCart(),
    /** The price that the shopper last saw; checkout refuses to charge another one. */
    seenPriceMinor: minorUnits('seen_price_minor').notNull(),
  },
  (table) => [
    unique('cart_items_one_per_variant').on(table.cartId, table.variantId),
    check(
      'cart_items_quantity_in_range',
      sql`${table.quantity} between 1 and ${sql.raw(String(MAX_LINE_QUANTITY))}`,
    ),
  ],
);

/** What a shopper has put aside from a cart for later: it is neither priced nor bought, and holds no stock. */
export const savedItems = pgTable(
  'saved_items',
  {
    ...unitsInCart(),
    savedAt: instant('saved_at').notNull(),
  },
  (table) => [
    unique('saved_items_one_per_variant').on(table.cartId, table.variantId),
    check(
      'saved_items_quantity_in_range',
      sql`${table.quantity} between 1 and ${sql.raw(String(MAX_LINE_QUANTITY))}`,
    ),
  ],
);
