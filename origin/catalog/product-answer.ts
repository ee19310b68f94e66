/** From rows to what a shopper reads: the one place where products and their cards are put into shape. */

import { createHash } from 'node:crypto';
import type { Queryable } from '#db/client.ts';
import { CACHE_TAGS } from '#lib/edge-contract.ts';
import { isUuid, type ProductId } from '#lib/ids.ts';
import { type Minor, money } from '#lib/money.ts';
import type { FencedAnswer } from '#origin/cache/answer.ts';
import { attributeValue } from './change-attributes.ts';
import type { Product, ProductCard } from './model.ts';
import { ratingOf } from './rating.ts';
import * as store from './store.ts';

/** Reads a product and serialises it, once for all tiers. Null when it is not on sale. */
export async function buildAnswer(db: Queryable, slugOrId: string): Promise<FencedAnswer | null> {
  const by = isUuid(slugOrId) ? { id: slugOrId as ProductId } : { slug: slugOrId };
  const row = await store.findProduct(db, by);
  return row === undefined ? null : toAnswer(row);
}

/** The same of a product that may not be on sale yet: for those whose it is, and for no cache. */
export async function buildOwnAnswer(db: Queryable, id: ProductId): Promise<FencedAnswer | null> {
  const row = await store.findOwn(db, id);
  return row === undefined ? null : toAnswer(row);
}

function toAnswer(row: store.ProductRow): FencedAnswer {
  const body = Buffer.from(JSON.stringify(toProduct(row)));
  const tags = CACHE_TAGS.product(row.id);
  return { body, etag: etagOf(row.version, body), tags, fence: row.id, version: row.version };
}

/** `"<version>-<digest>"`: the version is what `If-Match` is held against. */
function etagOf(version: number, body: Uint8Array): string {
  return `"${version}-${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
}

function toProduct(row: store.ProductRow): Product {
  const { variants, images } = row;
  const price = (amount: Minor) => money(amount, row.currency);
  const available = variants.some((variant) => variant.available);
  return {
    ...toCard({ ...row, available, image: images[0] ?? null }),
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

/** What a card is made of. */
type CardSource = Omit<store.CardRow, 'popularity' | 'createdAt'>;

export function toCard(row: CardSource): ProductCard {
  const { id, slug, name, vendor, currency, priceMinor, compareAtMinor, available, image, version } = row;
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
