/** Attributes: what products may say of themselves beside what every product has, and what each does say. */

import { sql } from 'drizzle-orm';
import { check, index, pgEnum, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { CategoryId, ProductId } from '#lib/ids.ts';
import { categories, products } from './catalog.ts';

export const attributeKind = pgEnum('attribute_kind', ['text', 'number', 'boolean', 'choice']);

export const attributes = pgTable(
  'attributes',
  {
    key: text('key').primaryKey(),
    name: text('name').notNull(),
    kind: attributeKind('kind').notNull(),
    /** Of a choice: what can be chosen. */
    choices: text('choices').array().notNull().default([]),
    /** Only products of this category, and of those below it, may have it; all, where it is null. */
    categoryId: uuid('category_id')
      .$type<CategoryId>()
      .references(() => categories.id),
  },
  (table) => [
    index('attributes_category').on(table.categoryId),
    check('attributes_choices', sql`(${table.kind} = 'choice') = (cardinality(${table.choices}) > 0)`),
  ],
);

/** Every value as text, in the one way that its kind is written. */
export const productAttributes = pgTable(
  'product_attributes',
  {
    productId: uuid('product_id')
      .notNull()
      .$type<ProductId>()
      .references(() => products.id, { onDelete: 'cascade' }),
    key: text('key')
      .notNull()
      .references(() => attributes.key),
    value: text('value').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.productId, table.key] }),
    index('product_attributes_value').on(table.key, table.value, table.productId),
  ],
);
