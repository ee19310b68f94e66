/** Changing a product, under the version that the caller has seen. */

import type { Transaction } from '#db/client.ts';
import { renewCurrentPrices } from '#db/current-prices.ts';
import { sanitizeDescription } from '#db/html.ts';
import { markHandled } from '#db/outbox.ts';
import { type EventId, isUuid, type ProductId, type VariantId } from '#lib/ids.ts';
import { minor } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import { type Act, recordAct } from '#origin/audit-log/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { isOwnProduct } from '#origin/http/permissions.ts';
import { changeAttributes } from './change-attributes.ts';
import type { ProductChange } from './change-model.ts';
import { changeParts } from './change-parts.ts';
import * as writes from './change-store.ts';
import { changeVariants } from './change-variants.ts';
import { dropAnswers } from './freshness.ts';
import type { ChangedProduct } from './product-cache.ts';
import { requireCategoryId, takenNames } from './product-rules.ts';
import { eventOf, type ProductStatus, publicationAt, transition } from './publication.ts';
import { changeSlug } from './slugs.ts';
import * as store from './store.ts';

/** How a request to change a product may end. */
export const CHANGE_FAILURES = [
  'unauthenticated',
  'forbidden',
  'product_not_found',
  'version_conflict',
  'precondition_required',
] as const;

export interface VersionedProduct {
  readonly productId: ProductId;
  /** The version that the caller has seen, from `If-Match`. */
  readonly version: number;
  /** Where the request may be repeated after a part of it was done: this change leaves its mark. */
  readonly mark?: { readonly name: string; readonly id: EventId };
}

/** @throws {AppError} as {@link changeOwnProduct}, and `invalid_input`, `variant_unavailable` */
export async function changeProduct(
  deps: Deps,
  seller: SignedIn,
  target: VersionedProduct,
  change: ProductChange,
): Promise<void> {
  await changeOwnProduct(deps, seller, target, async (tx, product, at) => {
    const prices = await changePrices(tx, target.productId, change);
    await changeVariants(tx, product, change, at);
    await changeParts(tx, product, change, deps.ids);
    if (change.slug !== undefined) await changeSlug(tx, product, change.slug, at);
    const update = await updateOf(tx, change);
    if (change.attributes !== undefined) {
      await changeAttributes(tx, { ...product, ...update }, change.attributes);
    }
    return {
      update: { ...update, ...publicationOf(change, product.status, at) },
      action: 'product.changed',
      changes: { fields: Object.keys(change), prices },
    };
  });
}

function publicationOf({ publishAt }: ProductChange, from: ProductStatus, now: Date) {
  if (publishAt === undefined) return {};
  return transition(from, publicationAt(publishAt, now), now);
}

interface ChangeOfProduct {
  readonly action: Act['action'];
  readonly changes: Readonly<Record<string, unknown>>;
  readonly update?: Parameters<typeof writes.updateProduct>[2];
}

/**
 * Changes what belongs to a product, under its lock: with the next version, the event and the entry in the log.
 * @throws {AppError} `product_not_found`, `version_conflict`, and where a name is taken `slug_taken`, `sku_taken`
 */
export async function changeOwnProduct(
  deps: Deps,
  seller: SignedIn,
  target: VersionedProduct,
  change: (tx: Transaction, product: writes.LockedProduct, at: Date) => Promise<ChangeOfProduct>,
): Promise<void> {
  const run = async (tx: Transaction) => {
    const locked = await lockOwnProduct(tx, seller, target);
    if (target.mark !== undefined) await markHandled(tx, target.mark.name, target.mark.id);
    const at = deps.clock.now();
    const { action, changes, update = {} } = await change(tx, locked, at);
    const prices = await renewCurrentPrices(tx, target.productId, at);
    const updated = await writes.updateProduct(tx, target.productId, { ...update, ...prices }, at);
    const changed = updated.slug === locked.slug ? updated : { ...updated, formerSlug: locked.slug };
    await announce(deps, tx, locked.status, changed);
    const object = { kind: 'product', id: changed.id };
    await recordAct(tx, seller, { action, object, changes: { version: changed.version, ...changes } });
    return changed;
  };
  const product = await takenNames(() => deps.db.transaction(run));
  await dropAnswers(deps, { ...product, productId: product.id });
}

/** A seller sees only their own products; somebody else's is not there. */
export async function lockOwn(
  tx: Transaction,
  seller: SignedIn,
  productId: ProductId,
): Promise<writes.LockedProduct> {
  const product = await writes.lockProduct(tx, productId);
  if (product === undefined) throw new AppError('product_not_found');
  if (!isOwnProduct(seller, product)) throw new AppError('product_not_found', {}, OF_ANOTHER);
  return product;
}

/** The same, as the caller has seen it. */
export async function lockOwnProduct(
  tx: Transaction,
  seller: SignedIn,
  { productId, version }: VersionedProduct,
): Promise<writes.LockedProduct> {
  const product = await lockOwn(tx, seller, productId);
  if (product.version !== version)
    throw new AppError('version_conflict', { currentVersion: product.version });
  return product;
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
    const found = await writes.updateVariantPrice(tx, productId, id as VariantId, {
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

async function updateOf(tx: Transaction, change: ProductChange) {
  const { name, vendor, descriptionHtml, category, tags, optionNames } = change;
  return {
    ...(name === undefined ? {} : { name }),
    ...(vendor === undefined ? {} : { vendor }),
    ...(descriptionHtml === undefined ? {} : { descriptionHtml: sanitizeDescription(descriptionHtml) }),
    ...(category === undefined ? {} : { categoryId: await requireCategoryId(tx, category) }),
    ...(tags === undefined ? {} : { tags }),
    ...(optionNames === undefined ? {} : { optionNames }),
  };
}

/** Gives the products of these variants a new version: their answers have changed, by stock for one. */
export async function touchProductsOf(
  deps: Deps,
  tx: Transaction,
  variantIds: readonly VariantId[],
): Promise<void> {
  if (variantIds.length === 0) return;
  for (const { id } of await writes.productsOfVariants(tx, variantIds)) {
    await touchProduct(deps, tx, id);
  }
}

/** The same for one product, which the caller's transaction has locked. */
export async function touchProduct(deps: Deps, tx: Transaction, id: ProductId): Promise<void> {
  const product = await writes.updateProduct(tx, id, {}, deps.clock.now());
  await announce(deps, tx, product.status, product);
}

/** Tells everybody of a change that everybody can see, or could until now. */
export async function announce(
  deps: Deps,
  tx: Transaction,
  from: ProductStatus,
  changed: Awaited<ReturnType<typeof writes.updateProduct>> & Pick<ChangedProduct, 'formerSlug'>,
): Promise<void> {
  const { id: productId, status, ...product } = changed;
  const name = eventOf(from, status);
  if (name !== null) await emit(deps, tx, { name, data: { productId, ...product } });
}

/** The product and version that a request to change it names. @throws {AppError} */
export function versionedProduct(productId: string, ifMatch: string | undefined): VersionedProduct {
  if (!isUuid(productId)) throw new AppError('product_not_found');
  if (ifMatch === undefined) throw new AppError('precondition_required');
  const version = /^"(\d{1,15})(?:-[\w-]+)?"$/.exec(ifMatch.trim())?.[1];
  if (version === undefined) throw new AppError('version_conflict');
  return { productId: productId as ProductId, version: Number(version) };
}
