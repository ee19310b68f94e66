/**
 * The search index: one document per product on sale with all that matching, ranking, sorting and facets need,
 * so that a query touches one table; the dictionary that spelling and suggestions come from; and the tiers.
 */

import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  boolean,
  index,
  integer,
  pgEnum,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import type { CategoryId, ProductId } from '#lib/ids.ts';
import { counter, instant, minorUnits, tsvector } from './columns.ts';

/**
 * An index of the words of each tier: a search reads the next one only if those before it did not bring enough.
 * 0 holds the most popular products, the last one most of the others.
 */
export const SEARCH_TIERS = [0, 1, 2, 3] as const;
export type SearchTier = (typeof SEARCH_TIERS)[number];

export const textIndexName = (tier: SearchTier) => `search_documents_tier_${tier}`;

/** Without a list of pending entries, which every search would have to go through. */
const textIndex = (tier: SearchTier, document: AnyPgColumn) =>
  index(textIndexName(tier)).using('gin', document).with({ fastupdate: false });

export const searchDocuments = pgTable(
  'search_documents',
  {
    productId: uuid('product_id').primaryKey().$type<ProductId>(),
    /** The product's version that the document was built from; an older one never replaces it. */
    version: counter('version').notNull(),
    /** Folded words by weight, and marks: lexemes such as `c:<category id>`, which filters are matched against. */
    document: tsvector('document').notNull(),
    /** For suggestions, and to know a name that is the query itself. */
    foldedName: text('folded_name').notNull(),
    name: text('name').notNull(),
    vendor: text('vendor').notNull(),
    /** Each category that it is in, by hand or by a rule, and those above it. */
    categoryPath: uuid('category_path').array().notNull().$type<CategoryId[]>(),
    /** Each a JSON pair of name and value. */
    options: text('options').array().notNull(),
    priceMinor: minorUnits('price_minor').notNull(),
    popularity: integer('popularity').notNull(),
    available: boolean('available').notNull(),
    createdAt: instant('created_at').notNull(),
    /** As {@link searchTiers} has it. */
    tier: smallint('tier').notNull().$type<SearchTier>(),
  },
  (table) => [
    ...SEARCH_TIERS.map((tier) =>
      textIndex(tier, table.document).where(sql`${table.tier} = ${sql.raw(`${tier}`)}`),
    ),
    index('search_documents_names').on(table.tier, table.foldedName.op('text_pattern_ops')),
    index('search_documents_price').on(table.priceMinor, table.productId),
    index('search_documents_created').on(table.createdAt, table.productId),
  ],
);

/**
 * The documents in the order of their popularity. That changes by itself and often: an index of it on the documents
 * would have each change put all words of a document into their index once more.
 */
export const searchPopularity = pgTable(
  'search_popularity',
  {
    productId: uuid('product_id').primaryKey().$type<ProductId>(),
    popularity: integer('popularity').notNull(),
  },
  (table) => [index('search_popularity_order').on(table.popularity, table.productId)],
);

export const searchTermKind = pgEnum('search_term_kind', ['word', 'vendor', 'category']);

/** Every word that some document has, and the names of vendors and categories. */
export const searchTerms = pgTable(
  'search_terms',
  {
    kind: searchTermKind('kind').notNull(),
    /** Folded. */
    term: text('term').notNull(),
    /** As it is shown. */
    label: text('label').notNull(),
    /** What words of one origin share, by the English stemmer. */
    stem: text('stem').notNull(),
    /** How many documents have it: an estimate that grows true with each refresh. */
    frequency: integer('frequency').notNull(),
    /** In a name, a vendor, a category, a tag or an option: worth suggesting. */
    isSuggested: boolean('is_suggested').notNull(),
  },
  (table) => {
    const isWord = sql`${table.kind} = 'word'`;
    return [
      primaryKey({ columns: [table.kind, table.term] }),
      index('search_terms_stem').on(table.stem).where(isWord),
      index('search_terms_spelling').using('gin', table.term.op('gin_trgm_ops')).where(isWord),
      index('search_terms_prefix').on(table.term.op('text_pattern_ops')),
    ];
  },
);

/** Where each tier ends: its least popular product. What is below all of them is in the tier after the last. */
export const searchTiers = pgTable('search_tiers', {
  tier: smallint('tier').primaryKey(),
  popularity: integer('popularity').notNull(),
  productId: uuid('product_id').notNull(),
});
