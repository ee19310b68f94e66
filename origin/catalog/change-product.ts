/** Changing a product, under the version that the caller has seen. */

import type { Transaction } from '#db/client.ts';
import { sanitizeDescription } from '#db/html.ts';
import { isUuid, type ProductId, type VariantId } from '#lib/ids.ts';
import { minor } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { isOwnProduct } from '#origin/http/permissions.ts';
import { dropAnswers } from './freshness.ts';
import type { ProductChange } from './model.ts';
import { cheapest, requireCategoryId } from './product-rules.ts';
import * as store from './store.ts';

export interface VersionedProduct {
  readonly productId: ProductId;
  /** The version that the caller has seen, from `If-Match`. */
  readonly version: number;
}

/** @throws {AppError} `product_not_found`, `version_conflict`, `invalid_input`, `variant_unavailable` */
export async function changeProduct(
  deps: Deps,
  seller: SignedIn,
  target: VersionedProduct,
  change: ProductChange,
): Promise<void> {
  const product = await deps.db.transaction(async (tx) => {
    await lockOwnProduct(tx, seller, target);
    const prices = await changePrices(tx, target.productId, change);
    const update = await updateOf(tx, target.productId, change);
    const changed = await store.updateProduct(tx, target.productId, update, deps.clock.now());
    await emitChanged(deps, tx, changed);
    await recordAct(tx, seller, {
      action: 'product.changed',
      object: { kind: 'product', id: changed.id },
      changes: { version: changed.version, fields: Object.keys(change), prices },
    });
    return changed;
  });
  await dropAnswers(deps, { ...product, productId: product.id });
}

/** A seller sees only their own products; somebody else's is not there. */
export async function lockOwnProduct(
  tx: Transaction,
  seller: SignedIn,
  { productId, version }: VersionedProduct,
): Promise<void> {
  const product = await store.lockProduct(tx, productId);
  if (product === undefined) throw new AppError('product_not_found');
  if (!isOwnProduct(seller, product)) throw new AppError('product_not_found', {}, OF_ANOTHER);
  if (product.version !== version)
    throw new AppError('version_conflict', { currentVersion: product.version });
}

interface PriceChange {
  readonly variantId: string;
  readonly fromMinor: number | undefined;
  readonly toMinor: number | undefined;
}

/** What was asked for and is otherwise now. */
async function changePrices(
  tx: Transaction,
  productId: ProductId,
  { variants = [] }: ProductChange,
): Promise<PriceChange[]> {
  const before = variants.length === 0 ? [] : await store.findVariants(tx, productId);
  const priceOf = new Map<string, number>(before.map((variant) => [variant.id, variant.priceMinor]));
  const changes: PriceChange[] = [];
  for (const { id, price, compareAtPrice } of variants) {
    if (price === undefined && compareAtPrice === undefined) continue;
    const found = await store.updateVariantPrice(tx, productId, id as VariantId, {
      ...(price === undefined ? {} : { priceMinor: minor(price) }),
      ...(compareAtPrice === undefined
        ? {}
        : { compareAtMinor: compareAtPrice === null ? null : minor(compareAtPrice) }),
    });
    if (!found) throw new AppError('variant_unavailable', { variantId: id });
    changes.push({ variantId: id, fromMinor: priceOf.get(id), toMinor: price ?? priceOf.get(id) });
  }
  return changes;
}

async function updateOf(tx: Transaction, productId: ProductId, change: ProductChange) {
  const { name, vendor, descriptionHtml, category, tags } = change;
  return {
    ...(name === undefined ? {} : { name }),
    ...(vendor === undefined ? {} : { vendor }),
    ...(descriptionHtml === undefined ? {} : { descriptionHtml: sanitizeDescription(descriptionHtml) }),
    ...(category === undefined ? {} : { categoryId: await requireCategoryId(tx, category) }),
    ...(tags === undefined ? {} : { tags }),
    ...cheapest(await store.findVariants(tx, productId)),
  };
}

/** Gives the products of these variants a new version: their answers have changed, by stock for one. */
export async function touchProductsOf(
  deps: Deps,
  tx: Transaction,
  variantIds: readonly VariantId[],
): Promise<void> {
  if (variantIds.length === 0) return;
  for (const { id } of await store.productsOfVariants(tx, variantIds)) {
    await touchProduct(deps, tx, id);
  }
}

/** The same for one product, which the caller's transaction has locked. */
export async function touchProduct(deps: Deps, tx: Transaction, id: ProductId): Promise<void> {
  await emitChanged(deps, tx, await store.updateProduct(tx, id, {}, deps.clock.now()));
}

async function emitChanged(
  deps: Deps,
  tx: Transaction,
  { id, slug, version }: { readonly id: ProductId; readonly slug: string; readonly version: number },
): Promise<void> {
  await emit(deps, tx, { name: 'product.changed', data: { productId: id, slug, version } });
}

/** The product and version that a request to change it names. @throws {AppError} */
export function versionedProduct(productId: string, ifMatch: string | undefined): VersionedProduct {
  if (!isUuid(productId)) throw new AppError('product_not_found');
  if (ifMatch === undefined) throw new AppError('precondition_required');
  const version = /^"(\d{1,15})(?:-[\w-]+)?"$/.exec(ifMatch.trim())?.[1];
  if (version === undefined) throw new AppError('version_conflict');
  return { productId: productId as ProductId, version: Number(version) };
}
