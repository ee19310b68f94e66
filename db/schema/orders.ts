/** Orders with their lines and time line. What an order says never changes with the catalogue. */

import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  index,
  integer,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type {
  CartId,
  DiscountId,
  OrderId,
  OrderLineId,
  ProductId,
  ShippingMethodId,
  UserId,
  VariantId,
} from '#lib/ids.ts';
import { minor } from '#lib/money.ts';
import type { Traceparent } from '#lib/trace.ts';
import { users } from './accounts.ts';
import { carts } from './cart.ts';
import { variants } from './catalog.ts';
import { bytes, counter, currencyCode, instant, minorUnits, sequence } from './columns.ts';
import { discounts } from './discounts.ts';
import { shippingKind, shippingMethods } from './shipping.ts';

export const orderStatus = pgEnum('order_status', [
  'pending_payment',
  'requires_action',
  'payment_failed',
  'paid',
  'cancelled',
  'partially_fulfilled',
  'fulfilled',
  'delivered',
  'partially_refunded',
  'refunded',
  'returned',
]);

/** As it is before it is sealed. */
export interface ShippingAddress {
  readonly name: string;
  readonly line1: string;
  readonly line2?: string;
  readonly city: string;
  readonly region?: string;
  readonly postalCode: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** In degrees, where the shopper's page knows them. */
  readonly coordinates?: { readonly latitude: number; readonly longitude: number };
}

const FIRST_ORDER_NUMBER = 100_001;
const ZERO = minor(0);

export const orders = pgTable(
  'orders',
  {
    id: uuid('id').primaryKey().$type<OrderId>(),
    number: bigint('number', { mode: 'number' })
      .notNull()
      .unique()
      .generatedAlwaysAsIdentity({ startWith: FIRST_ORDER_NUMBER }),
    cartId: uuid('cart_id')
      .notNull()
      .$type<CartId>()
      .references(() => carts.id),
    userId: uuid('user_id')
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'set null' }),
    email: text('email').notNull(),
    status: orderStatus('status').notNull(),
    currency: currencyCode('currency').notNull(),
    /** What the lines come to; the total adds what is on top of them and takes off what is not charged. */
    subtotalMinor: minorUnits('subtotal_minor').notNull(),
    discountMinor: minorUnits('discount_minor').notNull().default(ZERO),
    shippingMinor: minorUnits('shipping_minor').notNull().default(ZERO),
    /** What is added as tax; what prices contain of it is beside, and in the rest already. */
    taxMinor: minorUnits('tax_minor').notNull().default(ZERO),
    includedTaxMinor: minorUnits('included_tax_minor').notNull().default(ZERO),
    totalMinor: minorUnits('total_minor').notNull(),
    /** A {@link ShippingAddress} as JSON, sealed by the field cipher. */
    shippingAddress: bytes('shipping_address').notNull(),
    placedAt: instant('placed_at').notNull(),
    /** Until then the payment must be settled and the stock is reserved; the reconciler ends what is not. */
    paymentDeadline: instant('payment_deadline').notNull(),
    /** The trace of the checkout. Whoever settles the payment, what follows from it belongs there. */
    traceparent: text('traceparent').$type<Traceparent>(),
    version: counter('version').notNull().default(1),
  },
  (table) => [
    check('orders_total_not_negative', sql`${table.totalMinor} >= 0`),
    check(
      'orders_total_adds_up',
      sql`${table.totalMinor} = ${table.subtotalMinor} - ${table.discountMinor} + ${table.shippingMinor} + ${table.taxMinor}`,
    ),
    check(
      'orders_parts_not_negative',
      sql`least(${table.subtotalMinor}, ${table.discountMinor}, ${table.shippingMinor}, ${table.taxMinor}, ${table.includedTaxMinor}) >= 0`,
    ),
    index('orders_user').on(table.userId, table.placedAt, table.id),
    /** What somebody bought before they had an account, for them to see and to have taken out. */
    index('orders_guest_email').on(sql`lower(${table.email})`).where(sql`${table.userId} is null`),
    /** A cart that goes asks for its orders, whatever became of them. */
    index('orders_cart').on(table.cartId),
    /** A cart is being paid for at most once at a time, and becomes at most one order. */
    uniqueIndex('orders_one_live_per_cart')
      .on(table.cartId)
      .where(sql`${table.status} not in ('payment_failed', 'cancelled')`),
    index('orders_open_payments')
      .on(table.paymentDeadline)
      .where(sql`${table.status} in ('pending_payment', 'requires_action')`),
  ],
);

export const orderLines = pgTable(
  'order_lines',
  {
    id: uuid('id').primaryKey().$type<OrderLineId>(),
    orderId: uuid('order_id')
      .notNull()
      .$type<OrderId>()
      .references(() => orders.id),
    variantId: uuid('variant_id')
      .notNull()
      .$type<VariantId>()
      .references(() => variants.id),
    productId: uuid('product_id').notNull().$type<ProductId>(),
    /** Who sold it, and sees the line therefore. Null for the house. */
    sellerId: uuid('seller_id').$type<UserId>(),
    name: text('name').notNull(),
    sku: text('sku'),
    optionValues: text('option_values').array().notNull().default([]),
    quantity: integer('quantity').notNull(),
    unitPriceMinor: minorUnits('unit_price_minor').notNull(),
    lineTotalMinor: minorUnits('line_total_minor').notNull(),
    /** What is charged for the line is `lineTotal - discount + tax`. */
    discountMinor: minorUnits('discount_minor').notNull().default(ZERO),
    taxMinor: minorUnits('tax_minor').notNull().default(ZERO),
    /** Contained in the price, and not added. */
    includedTaxMinor: minorUnits('included_tax_minor').notNull().default(ZERO),
    /** Parts per million: 190,000 is 19 %. */
    taxRatePpm: integer('tax_rate_ppm').notNull().default(0),
    position: integer('position').notNull(),
  },
  (table) => [
    unique('order_lines_one_per_variant').on(table.orderId, table.variantId),
    index('order_lines_seller').on(table.sellerId, table.orderId).where(sql`${table.sellerId} is not null`),
    check('order_lines_quantity_positive', sql`${table.quantity} > 0`),
    check('order_lines_price_not_negative', sql`${table.unitPriceMinor} >= 0`),
    check(
      'order_lines_total_adds_up',
      sql`${table.lineTotalMinor} = ${table.unitPriceMinor} * ${table.quantity}`,
    ),
    check('order_lines_discount_within', sql`${table.discountMinor} between 0 and ${table.lineTotalMinor}`),
    check(
      'order_lines_tax_not_negative',
      sql`least(${table.taxMinor}, ${table.includedTaxMinor}, ${table.taxRatePpm}) >= 0`,
    ),
  ],
);

/** The discounts of an order as they were. Append-only; with the lines and the shipping they explain its total. */
export const orderDiscounts = pgTable(
  'order_discounts',
  {
    orderId: uuid('order_id')
      .notNull()
      .$type<OrderId>()
      .references(() => orders.id),
    discountId: uuid('discount_id')
      .notNull()
      .$type<DiscountId>()
      .references(() => discounts.id),
    discountVersion: counter('discount_version').notNull(),
    name: text('name').notNull(),
    code: text('code'),
    /** What it takes off each line, in the order of their positions. */
    sharesMinor: minorUnits('shares_minor').array().notNull(),
    /** What it takes off shipping. */
    shippingMinor: minorUnits('shipping_minor').notNull(),
    /** Of a code: whose use of it this is, as `discount_customers` has it. */
    customer: bytes('customer'),
  },
  (table) => [
    primaryKey({ columns: [table.orderId, table.discountId] }),
    index('order_discounts_discount').on(table.discountId),
    check(
      'order_discounts_not_negative',
      sql`${table.shippingMinor} >= 0 and 0 <= all (${table.sharesMinor})`,
    ),
    check(
      'order_discounts_of_codes_have_a_customer',
      sql`(${table.code} is null) = (${table.customer} is null)`,
    ),
  ],
);

/** How an order is shipped, and what that costs. Append-only. */
export const orderShipping = pgTable(
  'order_shipping',
  {
    orderId: uuid('order_id')
      .primaryKey()
      .$type<OrderId>()
      .references(() => orders.id),
    methodId: uuid('method_id')
      .notNull()
      .$type<ShippingMethodId>()
      .references(() => shippingMethods.id),
    methodVersion: counter('method_version').notNull(),
    name: text('name').notNull(),
    kind: shippingKind('kind').notNull(),
    listMinor: minorUnits('list_minor').notNull(),
    discountMinor: minorUnits('discount_minor').notNull(),
    taxMinor: minorUnits('tax_minor').notNull(),
    includedTaxMinor: minorUnits('included_tax_minor').notNull(),
    taxRatePpm: integer('tax_rate_ppm').notNull(),
  },
  (table) => [
    check('order_shipping_discount_within', sql`${table.discountMinor} between 0 and ${table.listMinor}`),
    check(
      'order_shipping_tax_not_negative',
      sql`least(${table.taxMinor}, ${table.includedTaxMinor}, ${table.taxRatePpm}) >= 0`,
    ),
  ],
);

/** The time line: who did what, and when. Append-only. */
export const orderEvents = pgTable(
  'order_events',
  {
    id: sequence('id').primaryKey(),
    orderId: uuid('order_id')
      .notNull()
      .$type<OrderId>()
      .references(() => orders.id),
    event: text('event').notNull(),
    actor: text('actor').notNull(),
    /** The member of staff who did it, where it was one. */
    actorId: uuid('actor_id').$type<UserId>(),
    /** For people: an amount, a reason. */
    detail: text('detail').notNull().default(''),
    occurredAt: instant('occurred_at').notNull(),
  },
  (table) => [index('order_events_order').on(table.orderId, table.id)],
);
