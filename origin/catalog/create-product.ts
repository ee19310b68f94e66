/** Putting a product on sale, with its variants and their first stock. */

import type { Transaction } from '#db/client.ts';
import { sanitizeDescription } from '#db/html.ts';
import type { ProductId, VariantId } from '#lib/ids.ts';
import { minor, SHOP_CURRENCY } from '#lib/money.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { receiveStock } from '#origin/inventory/service.ts';
import type { NewProduct, NewVariant } from './change-model.ts';
import * as writes from './change-store.ts';
import { dropAnswers } from './freshness.ts';
import { cheapest, checkOptions, requireCategoryId, takenNames } from './product-rules.ts';
import { PUBLISHED, type Publication, publicationAt } from './publication.ts';
import { checkSlug, takeOver } from './slugs.ts';

const MAX_SLUG_LENGTH = 200;
const FIRST_VERSION = 1;

/** @throws {AppError} `invalid_input`, `slug_taken`, `sku_taken` */
export async function createProduct(deps: Deps, seller: SignedIn, input: NewProduct): Promise<ProductId> {
  checkSlug(input.slug);
  const { optionNames = [], variants } = input;
  checkOptions(
    optionNames,
    variants.map(({ optionValues = [] }) => optionValues),
    (index) => `/variants/${index}/optionValues`,
  );
  const productId = deps.ids.next<ProductId>();
  const slug = input.slug ?? slugify(input.name, productId);
  await takenNames(() => deps.db.transaction((tx) => insert(deps, tx, { productId, slug, seller, input })));
  // That there was nothing under its names may have been kept.
  await dropAnswers(deps, { productId, slug, version: FIRST_VERSION });
  return productId;
}

interface Creation {
  readonly productId: ProductId;
  readonly slug: string;
  readonly seller: SignedIn;
  readonly input: NewProduct;
}

async function insert(deps: Deps, tx: Transaction, creation: Creation): Promise<void> {
  const { productId, slug, seller, input } = creation;
  const now = deps.clock.now();
  const offers = input.variants.map((variant, position) => ({
    ...offerOf(variant),
    id: deps.ids.next<VariantId>(),
    productId,
    position,
  }));
  const publication = publishedBy(input, now);
  const product = {
    id: productId,
    slug,
    name: input.name,
    vendor: input.vendor ?? '',
    descriptionHtml: sanitizeDescription(input.descriptionHtml ?? ''),
    categoryId: await requireCategoryId(tx, input.category),
    sellerId: seller.userId,
    tags: input.tags ?? [],
    optionNames: input.optionNames ?? [],
    currency: SHOP_CURRENCY,
    ...cheapest(offers),
    ...publication,
    createdAt: now,
    updatedAt: now,
  };
  await writes.insertProduct(tx, product, offers);
  await takeOver(tx, productId, slug);
  await receiveStock(
    tx,
    offers.map(({ id, stock }) => ({ variantId: id, quantity: stock })),
  );
  if (publication.status === 'published') {
    await emit(deps, tx, { name: 'product.created', data: { productId, slug, version: FIRST_VERSION } });
  }
  await recordAct(tx, seller, {
    action: 'product.created',
    object: { kind: 'product', id: productId },
    changes: { variants: offers.map(({ id, priceMinor, stock }) => ({ id, priceMinor, stock })) },
  });
}

/** At once, if it does not say. */
function publishedBy({ publishAt }: NewProduct, now: Date): Publication {
  return publishAt === undefined ? PUBLISHED : publicationAt(publishAt, now);
}

/** A variant's own columns, and its first stock. */
export function offerOf(variant: NewVariant) {
  return {
    sku: variant.sku ?? null,
    barcode: variant.barcode ?? null,
    optionValues: variant.optionValues ?? [],
    priceMinor: minor(variant.price),
    compareAtMinor: variant.compareAtPrice === undefined ? null : minor(variant.compareAtPrice),
    grams: variant.grams ?? null,
    requiresShipping: variant.requiresShipping ?? true,
    taxable: variant.taxable ?? true,
    stock: variant.stock ?? 0,
  };
}

/** Readable and unique: the end of the id tells namesakes apart. */
function slugify(name: string, id: ProductId): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const suffix = id.slice(-6);
  return `${words.slice(0, MAX_SLUG_LENGTH - suffix.length - 1) || 'product'}-${suffix}`;
}
