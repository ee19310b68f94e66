/** The search index: one document per product on sale, kept in step by the search worker. */

import { index, pgTable, uuid } from 'drizzle-orm/pg-core';
import type { ProductId } from '#lib/ids.ts';
import { products } from './catalog.ts';
import { counter, tsvector } from './columns.ts';

export const searchDocuments = pgTable(
  'search_documents',
  {
    productId: uuid('product_id')
      .primaryKey()
      .$type<ProductId>()
      .references(() => products.id, { onDelete: 'cascade' }),
    /** The product's version that the document was built from; an older one never replaces it. */
    version: counter('version').notNull(),
    document: tsvector('document').notNull(),
  },
  (table) => [index('search_documents_text').using('gin', table.document)],
);
