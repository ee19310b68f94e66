/** From rows to what a shopper reads: the one place where products and their cards are put into shape. */

import { createHash } from 'node:crypto';
import type { Queryable } from '#db/client.ts';
import type { Shown } from '#db/guest-price.ts';
import { CACHE_TAGS } from '#lib/edge-contract.ts';
import { isUuid, type ProductId } from '#lib/ids.ts';
import { type Currency, type Minor, money, SHOP_CURRENCY } from '#lib/money.ts';
import type { FencedAnswer } from '#origin/cache/answer.ts';
import { attributeValue } from './change-attributes.ts';
import type { Product, ProductCard } from './model.ts';
import { cheapest } from './product-rules.ts';
import { ratingOf } from './rating.ts';
import * as store from './store.ts';

/** Reads a product and serialises it, once for all tiers. Null when it is not on sale, or not in the currency. */
export async function buildAnswer(
  db: Queryable,
  slugOrId: string,
  shown: Shown,
): Promise<FencedAnswer | null> {
  const by = isUuid(slugOrId) ? { id: slugOrId as ProductId } : { slug: slugOrId };
  const row = await store.findProduct(db, { ...by, ...shown });
  return row === undefined ? null : toAnswer(row, shown.currency);
}

/** The same of a product that may not be on sale yet: for those whose it is, and for no cache. */
export async function buildOwnAnswer(
  db: Queryable,
  id: ProductId,
  shown: Shown,
): Promise<FencedAnswer | null> {
  const row = await store.findOwn(db, { id, ...shown });
  return row === undefined ? null : toAnswer(row, shown.currency);
}

function toAnswer(row: store.ProductRow, currency: Currency): FencedAnswer | null {
  const { variants, goodUntil } = row.offers;
  if (variants.length === 0) return null;
  const body = Buffer.from(JSON.stringify(toProduct(row, currency)));
  const tags = inCurrency(CACHE_TAGS.product(row.id), currency);
  const fenced = { fence: row.id, version: row.version };
  return { body, etag: etagOf(row.version, body), tags, ...fenced, ...until(goodUntil) };
}

/** What is said of a currency that is not the shop's goes when that is sold in no more. */
export function inCurrency(tags: string, currency: Currency): string {
  return currency === SHOP_CURRENCY ? tags : `${tags},${CACHE_TAGS.currency(currency)}`;
}

/** As answers have it. */
function until(goodUntil: number | null): { readonly goodUntil?: number } {
  return goodUntil === null ? {} : { goodUntil };
}

/** `"<version>-<digest>"`: the version is what `If-Match` is held against. */
function etagOf(version: number, body: Uint8Array): string {
  return `"${version}-${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
}

function toProduct(row: store.ProductRow, currency: Currency): Product {
  const { images } = row;
  const { variants } = row.offers;
  const price = (amount: Minor) => money(amount, currency);
  const available = variants.some((variant) => variant.available);
  return {
    ...shaped(row, { currency, offer: { ...cheapest(variants), available }, image: images[0] ?? null }),
    descriptionHtml: row.descriptionHtml,
    category: row.category,
    tags: row.tags,
    options: row.optionNames.map((name, index) => ({
      name,
      values: [...new Set(variants.flatMap(({ optionValues }) => optionValues[index] ?? []))],
    })),
    variants: variants.map((variant) => ({
      id: variant.id,
      sku: variant.sku,
      barcode: variant.barcode,
      options: Object.fromEntries(
        row.optionNames.map((name, index) => [name, variant.optionValues[index] ?? '']),
      ),
      grams: variant.grams,
      price: price(variant.priceMinor),
      compareAtPrice: variant.compareAtMinor === null ? null : price(variant.compareAtMinor),
      available: variant.available,
    })),
    attributes: row.attributes.map(({ key, kind, value }) => ({ key, value: attributeValue(kind, value) })),
    images,
  };
}

/** Cards, and until when they are right: epoch milliseconds, null for no known end. */
export interface PricedCards {
  readonly cards: readonly ProductCard[];
  readonly goodUntil: number | null;
}

/** In the order of the rows; without those that are not sold in the currency. */
export function toCards(rows: readonly store.CardRow[], currency: Currency): PricedCards {
  const cards = rows.flatMap((row) => toCard(row, currency) ?? []);
  return { cards, goodUntil: soonest(rows.map(({ offer }) => offer?.goodUntil ?? null)) };
}

/** Of instants, null for never. */
export function soonest(instants: readonly (number | null)[]): number | null {
  return instants.reduce((first, next) => {
    if (first === null || next === null) return first ?? next;
    return Math.min(first, next);
  }, null);
}

/** Null where it is not sold in the currency. */
function toCard(row: store.CardRow, currency: Currency): ProductCard | null {
  const { offer, image } = row;
  if (offer !== null && offer.priceMinor !== null) {
    return shaped(row, { currency, offer: { ...offer, priceMinor: offer.priceMinor }, image });
  }
  if (offer !== null || currency !== SHOP_CURRENCY) return null;
  // None of its variants is on sale any more: it is shown as it last was, to those whose it is.
  const { listedMinor: priceMinor } = row;
  return shaped(row, { currency, offer: { priceMinor, compareAtMinor: null, available: false }, image });
}

/** What a card is made of, beside what its row says itself. */
interface CardParts {
  readonly currency: Currency;
  readonly offer: {
    readonly priceMinor: Minor;
    readonly compareAtMinor: Minor | null;
    readonly available: boolean;
  };
  readonly image: ProductCard['image'];
}

function shaped(
  row: Pick<store.CardRow, 'id' | 'slug' | 'name' | 'vendor' | 'version' | 'ratings'>,
  { currency, offer, image }: CardParts,
): ProductCard {
  const { id, slug, name, vendor, version } = row;
  const { priceMinor, compareAtMinor, available } = offer;
  return {
    id,
    slug,
    name,
    vendor,
    price: money(priceMinor, currency),
    compareAtPrice: compareAtMinor === null ? null : money(compareAtMinor, currency),
    image,
    available,
    rating: ratingOf(row.ratings),
    version,
  };
}
