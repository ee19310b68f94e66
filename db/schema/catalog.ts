/** The catalogue: categories, products with their variants and images, and the pictures themselves. */

import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  boolean,
  check,
  index,
  integer,
  pgEnum,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { CategoryId, ImageId, ProductId, UserId, VariantId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { bytes, counter, currencyCode, instant, minorUnits } from './columns.ts';

export const categories = pgTable(
  'categories',
  {
    id: uuid('id').primaryKey().$type<CategoryId>(),
    slug: text('slug').notNull().unique(),
    name: text('name').notNull(),
    parentId: uuid('parent_id')
      .$type<CategoryId>()
      .references((): AnyPgColumn => categories.id),
    position: integer('position').notNull().default(0),
  },
  (table) => [
    index('categories_parent').on(table.parentId),
    // A path of names leads to one category: product files name them so.
    unique('categories_siblings').on(table.parentId, table.name).nullsNotDistinct(),
    check('categories_not_own_parent', sql`${table.parentId} <> ${table.id}`),
  ],
);

/** What may follow what stands in `origin/catalog/publication.ts`. */
export const productStatus = pgEnum('product_status', ['draft', 'scheduled', 'published', 'withdrawn']);

/**
 * `priceMinor` and `compareAtMinor` repeat what the cheapest variant costs now, so that lists sort and filter on one
 * index; `priceChangesAt` is when they have to be renewed, by the price lists.
 */
export const products = pgTable(
  'products',
  {
    id: uuid('id').primaryKey().$type<ProductId>(),
    slug: text('slug').notNull().unique(),
    name: text('name').notNull(),
    vendor: text('vendor').notNull().default(''),
    /** Which of a place's tax rates is its own. */
    taxCategory: text('tax_category').notNull().default('standard'),
    descriptionHtml: text('description_html').notNull().default(''),
    categoryId: uuid('category_id')
      .$type<CategoryId>()
      .references(() => categories.id),
    sellerId: uuid('seller_id')
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'set null' }),
    tags: text('tags').array().notNull().default([]),
    /** Names of the options, in the order of each variant's `optionValues`. */
    optionNames: text('option_names').array().notNull().default([]),
    currency: currencyCode('currency').notNull(),
    priceMinor: minorUnits('price_minor').notNull(),
    compareAtMinor: minorUnits('compare_at_minor'),
    priceChangesAt: instant('price_changes_at'),
    popularity: integer('popularity').notNull().default(0),
    /** Grows with each change that alters an answer; fences caches and `If-Match`. */
    version: counter('version').notNull().default(1),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    status: productStatus('status').notNull().default('published'),
    /** When a scheduled product comes on sale. */
    publishAt: instant('publish_at'),
    /** Since when it is not on sale, for whatever reason; null exactly while it is published, as a check says. */
    withdrawnAt: instant('withdrawn_at'),
  },
  (table) => {
    const onSale = sql`${table.withdrawnAt} is null`;
    return [
      check('products_price_not_negative', sql`${table.priceMinor} >= 0`),
      check('products_compare_at_not_negative', sql`${table.compareAtMinor} >= 0`),
      check('products_name_length', sql`char_length(${table.name}) between 1 and 500`),
      check('products_version_positive', sql`${table.version} > 0`),
      index('products_newest').on(table.createdAt, table.id).where(onSale),
      index('products_by_price').on(table.priceMinor, table.id).where(onSale),
      index('products_popular').on(table.popularity, table.id).where(onSale),
      index('products_category_newest').on(table.categoryId, table.createdAt, table.id).where(onSale),
      index('products_category_price').on(table.categoryId, table.priceMinor, table.id).where(onSale),
      index('products_category_popular').on(table.categoryId, table.popularity, table.id).where(onSale),
      index('products_seller').on(table.sellerId, table.id),
      index('products_price_due').on(table.priceChangesAt).where(sql`${table.priceChangesAt} is not null`),
      index('products_due').on(table.publishAt).where(sql`${table.status} = 'scheduled'`),
    ];
  },
);

export const variants = pgTable(
  'variants',
  {
    id: uuid('id').primaryKey().$type<VariantId>(),
    productId: uuid('product_id')
      .notNull()
      .$type<ProductId>()
      .references(() => products.id),
    sku: text('sku'),
    barcode: text('barcode'),
    optionValues: text('option_values').array().notNull().default([]),
    priceMinor: minorUnits('price_minor').notNull(),
    compareAtMinor: minorUnits('compare_at_minor'),
    /** What it weighs; null where nobody has said. */
    grams: integer('grams'),
    requiresShipping: boolean('requires_shipping').notNull().default(true),
    taxable: boolean('taxable').notNull().default(true),
    position: integer('position').notNull(),
    withdrawnAt: instant('withdrawn_at'),
  },
  (table) => [
    check('variants_price_not_negative', sql`${table.priceMinor} >= 0`),
    check('variants_compare_at_not_negative', sql`${table.compareAtMinor} >= 0`),
    check('variants_grams_not_negative', sql`${table.grams} >= 0`),
    uniqueIndex('variants_sku').on(table.sku).where(sql`${table.withdrawnAt} is null`),
    uniqueIndex('variants_options')
      .on(table.productId, table.optionValues)
      .where(sql`${table.withdrawnAt} is null`),
  ],
);

export const productImages = pgTable(
  'product_images',
  {
    id: uuid('id').primaryKey().$type<ImageId>(),
    productId: uuid('product_id')
      .notNull()
      .$type<ProductId>()
      .references(() => products.id, { onDelete: 'cascade' }),
    variantId: uuid('variant_id')
      .$type<VariantId>()
      .references(() => variants.id),
    url: text('url').notNull(),
    alt: text('alt').notNull().default(''),
    position: integer('position').notNull(),
  },
  (table) => [unique('product_images_position').on(table.productId, table.position)],
);

/** Pictures that we serve ourselves at `/media/<name>`. */
export const mediaFiles = pgTable('media_files', {
  name: text('name').primaryKey(),
  contentType: text('content_type').notNull(),
  body: bytes('body').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
});
