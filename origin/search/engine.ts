/**
 * What search asks of an engine. PostgreSQL answers today (postgres-engine.ts); another one takes its place by
 * keeping the contract that test/contract/search-engine.contract.ts holds every engine to.
 */

import type { CategoryId, ProductId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';

/** All that a product is found by, ranked by and filtered by. The catalogue is the truth, an index its copy. */
export interface SearchDocument {
  readonly productId: ProductId;
  /** Of the product: an engine never lets an older document replace a newer one. */
  readonly version: number;
  readonly name: string;
  readonly vendor: string;
  /** The product's category and those above it, then the same of each that has taken it in by its rule. */
  readonly categories: readonly { readonly id: CategoryId; readonly name: string }[];
  readonly tags: readonly string[];
  /** Plain text. */
  readonly description: string;
  readonly options: readonly Option[];
  readonly skus: readonly string[];
  readonly priceMinor: number;
  readonly popularity: number;
  readonly available: boolean;
  readonly createdAt: Date;
}

export interface Option {
  readonly name: string;
  readonly value: string;
}

export type SearchSort = 'relevance' | 'newest' | 'price' | '-price' | 'popular';

export interface SearchFilter {
  /** The category and everything below it. */
  readonly categoryId?: CategoryId;
  readonly vendor?: string;
  readonly option?: Option;
  readonly available?: boolean;
  readonly minPriceMinor?: number;
  readonly maxPriceMinor?: number;
}

/** Where a page ended: the key that hits are sorted by, least first under `price`, else greatest; then ids likewise. */
export interface Position {
  readonly key: number;
  readonly id: ProductId;
}

/** Sorted by relevance a search may end after the hits that are ranked; sorted otherwise it has all that there are. */
export interface SearchRequest {
  /** As it was typed: words, "a phrase", -without. */
  readonly text: string;
  readonly filter: SearchFilter;
  readonly sort: SearchSort;
  readonly limit: number;
  readonly after?: Position;
  readonly withFacets: boolean;
}

/** Counts of hits within the request's filter; for more hits than an engine ranks they are 'at least'. */
export interface Facets {
  readonly categories: readonly { readonly id: CategoryId; readonly count: number }[];
  readonly vendors: readonly { readonly value: string; readonly count: number }[];
  /** Bands of prices in minor units, both ends included; the last has no upper one. */
  readonly prices: readonly { readonly min: number; readonly max: number | null; readonly count: number }[];
  readonly options: readonly (Option & { readonly count: number })[];
  readonly available: number;
  readonly unavailable: number;
}

export interface SearchResult {
  readonly hits: readonly Position[];
  readonly hasMore: boolean;
  readonly facets: Facets | null;
  /** The query as it may have been meant, when what was typed finds little or nothing. */
  readonly didYouMean: string | null;
}

export interface Suggestion {
  readonly text: string;
  readonly kind: 'word' | 'vendor' | 'category' | 'product';
}

export interface PopularityChange {
  readonly productId: ProductId;
  readonly popularity: number;
}

const RETRY_AFTER_SECONDS = 2;

/** What was asked for would cost more than one search may. */
export class SearchBudgetSpent extends AppError {
  constructor() {
    super('unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }
}

/** Reading fails with {@link SearchBudgetSpent} when it costs more than its budget, never later. */
export interface SearchEngine {
  search(request: SearchRequest): Promise<SearchResult>;
  /** What begins as the text does, the most popular first. */
  suggest(text: string, limit: number): Promise<readonly Suggestion[]>;
  /** Adds or replaces, unless the index knows a newer version; doing it again changes nothing. */
  index(documents: readonly SearchDocument[]): Promise<void>;
  remove(productIds: readonly ProductId[]): Promise<void>;
  /** As `index`, for all documents there are, the most popular first: what an index can be laid out by. */
  rebuild(documents: AsyncIterable<readonly SearchDocument[]>): Promise<void>;
  /** Ranks and sorts documents anew without their being indexed anew; what the index does not have is left out. */
  setPopularity(changes: readonly PopularityChange[]): Promise<void>;
  /**
   * Renews what is derived from all documents: frequencies, spelling, tiers. Search is right without it, if slower.
   * Words and vendors that no document has are suggested no more.
   */
  refresh(): Promise<void>;
}
