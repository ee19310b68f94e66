/** What a file wants a product to be. A property under `given` is there only if the file has its column. */

import type { Currency, Minor } from '#lib/money.ts';
import type { Place } from './rows.ts';

export interface VariantDetails {
  readonly sku: string | null;
  readonly barcode: string | null;
  readonly compareAtMinor: Minor | null;
  readonly grams: number | null;
  readonly requiresShipping: boolean;
  readonly taxable: boolean;
}

export interface WantedVariant {
  readonly at: Place;
  readonly position: number;
  readonly optionValues: readonly string[];
  readonly priceMinor: Minor;
  readonly given: Partial<VariantDetails>;
  /** Null where the file does not say. */
  readonly quantity: number | null;
  /** Undefined where the file has no such column. */
  readonly imageUrl: string | null | undefined;
}

export interface WantedImage {
  readonly url: string;
  /** Undefined where the file has no such column. */
  readonly alt: string | undefined;
}

export interface ProductDetails {
  readonly vendor: string;
  readonly descriptionHtml: string;
  readonly tags: readonly string[];
}

export interface WantedProduct {
  readonly at: Place;
  readonly slug: string;
  readonly name: string;
  readonly currency: Currency;
  readonly given: Partial<ProductDetails>;
  /** From the top; empty for none, undefined where the file has no such column. */
  readonly categoryPath: readonly string[] | undefined;
  readonly optionNames: readonly string[];
  readonly status: 'published' | 'draft' | 'scheduled' | 'withdrawn';
  /** Of a scheduled product. */
  readonly publishAt: Date | null;
  readonly variants: readonly WantedVariant[];
  /** Undefined where the file has no such column. */
  readonly images: readonly WantedImage[] | undefined;
  /** Some of its rows were refused: the variants that are not here may be those, and stay on sale. */
  readonly incomplete: boolean;
}
