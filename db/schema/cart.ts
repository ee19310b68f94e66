/** Carts of customers (by user) and of guests (by a token, kept as its hash). */

import { sql } from 'drizzle-orm';
import { char, check, index, integer, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
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
  },
  (table) => [
    index('carts_user').on(table.userId),
    check('carts_have_one_owner', sql`(${table.userId} is null) <> (${table.tokenHash} is null)`),
  ],
);

export const MAX_LINE_QUANTITY = 999;

export const cartItems = pgTable(
  'cart_items',
  {
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
