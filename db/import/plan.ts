/** Decides what an import does to one product: pure, so that a dry run decides the same. */

import { present } from '#lib/assert.ts';
import type { CategoryId, IdSource, ImageId, ProductId, VariantId } from '#lib/ids.ts';
import { matchVariants, type VariantMatch } from './match-variants.ts';
import type { Refusal } from './rows.ts';
import type { ImageRow, ProductRow, StockRow, StoredProduct, VariantRow } from './stored.ts';
import type { VariantDetails, WantedProduct, WantedVariant } from './wanted.ts';

/** `keep`: the file's quantities count for new variants only. `set`: they overwrite what is on hand. */
export type StockMode = 'keep' | 'set';

export interface StockChange {
  readonly variantId: VariantId;
  readonly onHand: number;
  readonly delta: number;
  readonly movement: 'receipt' | 'correction';
}

export interface ProductPlan {
  readonly kind: 'created' | 'changed' | 'unchanged';
  readonly wanted: WantedProduct;
  readonly product: ProductRow;
  /** New and changed ones. */
  readonly variants: readonly VariantRow[];
  /** Leave the sale for good, or for a moment because their SKU or options move. */
  readonly parked: readonly VariantId[];
  /** All of the product's images, or null where they stay as they are. */
  readonly images: readonly ImageRow[] | null;
  readonly stock: readonly StockChange[];
  readonly counts: VariantCounts;
}

export interface VariantCounts {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly withdrawn: number;
}

export interface PlanContext {
  readonly ids: IdSource;
  readonly now: Date;
  readonly stockMode: StockMode;
  /** Undefined where the file does not say. */
  readonly categoryId: CategoryId | null | undefined;
  readonly stockOf: ReadonlyMap<VariantId, StockRow>;
  readonly refuse: (refusal: Refusal) => void;
}

const NEW_VARIANT: VariantDetails = {
  sku: null,
  barcode: null,
  compareAtMinor: null,
  grams: null,
  requiresShipping: true,
  taxable: true,
};

interface PlannedVariant extends VariantMatch {
  readonly row: VariantRow;
  readonly changed: boolean;
}

export function planProduct(
  wanted: WantedProduct,
  stored: StoredProduct | null,
  context: PlanContext,
): ProductPlan {
  const productId = stored?.product.id ?? context.ids.next<ProductId>();
  const { matches, gone } = matchVariants(wanted.variants, stored?.variants ?? []);
  const keepsPlaces = isInOrder(matches, stored?.variants ?? []);
  const planned = matches.map((match) => planVariant(match, { productId, keepsPlaces }, context.ids));
  const stock = planned.flatMap((variant) => planStock(variant, context));
  const changed = planned.filter((variant) => variant.changed);
  const withdrawn = wanted.incomplete ? [] : gone;
  const onSale = [...planned.map(({ row }) => row), ...(wanted.incomplete ? gone : [])];
  const product = planRow({ wanted, stored, productId, onSale }, context);
  const images = planImages(wanted, { planned, productId, stored: stored?.images ?? [] }, context.ids);
  const same =
    stored !== null &&
    changed.length + withdrawn.length + stock.length === 0 &&
    images === null &&
    sameValues(withoutPrices(product), stored.product);
  const created = planned.filter((variant) => variant.stored === null).length;
  return {
    kind: stored === null ? 'created' : same ? 'unchanged' : 'changed',
    wanted,
    product,
    variants: changed.map(({ row }) => row),
    parked: [...changed.filter(isMoving).map(({ row }) => row.id), ...withdrawn.map(({ id }) => id)],
    images,
    stock,
    counts: {
      created,
      changed: changed.length - created,
      unchanged: planned.length - changed.length,
      withdrawn: withdrawn.length,
    },
  };
}

/** Positions are for the order alone: where that is as it was, they stay what they were. */
function isInOrder(matches: readonly VariantMatch[], stored: readonly VariantRow[]): boolean {
  const places = matches.map((match) => (match.stored === null ? -1 : stored.indexOf(match.stored)));
  return places.every((place, index) => place > (places[index - 1] ?? -1));
}

function planVariant(
  { wanted, stored }: VariantMatch,
  { productId, keepsPlaces }: { readonly productId: ProductId; readonly keepsPlaces: boolean },
  ids: IdSource,
): PlannedVariant {
  const row: VariantRow = {
    id: stored?.id ?? ids.next<VariantId>(),
    productId,
    ...NEW_VARIANT,
    ...(stored === null ? {} : detailsOf(stored)),
    ...wanted.given,
    optionValues: [...wanted.optionValues],
    priceMinor: wanted.priceMinor,
    position: keepsPlaces && stored !== null ? stored.position : wanted.position,
    withdrawnAt: null,
  };
  return { wanted, stored, row, changed: stored === null || !sameValues(row, stored) };
}

function detailsOf({
  sku,
  barcode,
  compareAtMinor,
  grams,
  requiresShipping,
  taxable,
}: VariantRow): VariantDetails {
  return { sku, barcode, compareAtMinor, grams, requiresShipping, taxable };
}

/** Two variants may swap SKUs or options, and each would run into the other. */
function isMoving({ row, stored }: PlannedVariant): boolean {
  if (stored === null || stored.withdrawnAt !== null) return false;
  return row.sku !== stored.sku || !sameValues({ of: row.optionValues }, { of: stored.optionValues });
}

function planStock({ wanted, stored, row }: PlannedVariant, context: PlanContext): StockChange[] {
  const current = context.stockOf.get(row.id);
  if (stored === null) {
    const onHand = wanted.quantity ?? 0;
    return [{ variantId: row.id, onHand, delta: onHand, movement: 'receipt' }];
  }
  if (context.stockMode === 'keep' || wanted.quantity === null) return [];
  const { onHand, reserved, elsewhere } = current ?? { onHand: 0, reserved: 0, elsewhere: 0 };
  if (wanted.quantity === onHand) return [];
  if (wanted.quantity < reserved) {
    const reason = `Variant Inventory Qty ${wanted.quantity} is less than the ${reserved} that orders have reserved`;
    context.refuse({ ...wanted.at, reason: `${reason}; its stock stays at ${onHand}` });
    return [];
  }
  if (wanted.quantity < elsewhere) {
    const reason = `Variant Inventory Qty ${wanted.quantity} is less than the ${elsewhere} at other stock locations`;
    context.refuse({ ...wanted.at, reason: `${reason}; its stock stays at ${onHand}` });
    return [];
  }
  const movement = current === undefined ? 'receipt' : 'correction';
  return [{ variantId: row.id, onHand: wanted.quantity, delta: wanted.quantity - onHand, movement }];
}

interface RowInput {
  readonly wanted: WantedProduct;
  readonly stored: StoredProduct | null;
  readonly productId: ProductId;
  readonly onSale: readonly VariantRow[];
}

function planRow({ wanted, stored, productId, onSale }: RowInput, context: PlanContext): ProductRow {
  const before = stored?.product;
  const cheapest = present(
    onSale.toSorted((one, other) => one.priceMinor - other.priceMinor || one.position - other.position)[0],
    'a variant on sale',
  );
  return {
    id: productId,
    slug: wanted.slug,
    name: wanted.name,
    vendor: wanted.given.vendor ?? before?.vendor ?? '',
    taxCategory: before?.taxCategory ?? 'standard',
    descriptionHtml: wanted.given.descriptionHtml ?? before?.descriptionHtml ?? '',
    categoryId: context.categoryId === undefined ? (before?.categoryId ?? null) : context.categoryId,
    sellerId: before?.sellerId ?? null,
    tags: [...(wanted.given.tags ?? before?.tags ?? [])],
    optionNames: [...wanted.optionNames],
    currency: wanted.currency,
    priceMinor: cheapest.priceMinor,
    compareAtMinor: cheapest.compareAtMinor,
    // What the price lists make of it is renewed at once.
    priceChangesAt: before === undefined ? null : context.now,
    popularity: before?.popularity ?? 0,
    version: before?.version ?? 1,
    createdAt: before?.createdAt ?? context.now,
    updatedAt: before?.updatedAt ?? context.now,
    status: wanted.status,
    publishAt: wanted.publishAt,
    withdrawnAt: wanted.status === 'published' ? null : (before?.withdrawnAt ?? context.now),
  };
}

/** They follow from the variants' and the price lists'. */
function withoutPrices({
  priceMinor: _,
  compareAtMinor: __,
  priceChangesAt: ___,
  ...row
}: ProductRow): Partial<ProductRow> {
  return row;
}

interface ImagesInput {
  readonly planned: readonly PlannedVariant[];
  readonly productId: ProductId;
  readonly stored: readonly ImageRow[];
}

/**
 * An image belongs to the first variant that names it: the shop knows one variant an image. Of what the file does not
 * say, it keeps what it had under the same address.
 */
function planImages(
  { images }: WantedProduct,
  { planned, productId, stored }: ImagesInput,
  ids: IdSource,
): ImageRow[] | null {
  if (images === undefined) return null;
  const kept = new Map(stored.map((image) => [image.url, image]));
  const saysVariants = planned.some(({ wanted }) => wanted.imageUrl !== undefined);
  const variantOf = new Map<string, VariantId>();
  for (const { wanted, row } of planned) {
    if (wanted.imageUrl && !variantOf.has(wanted.imageUrl)) variantOf.set(wanted.imageUrl, row.id);
  }
  const rows = images.map(({ url, alt = kept.get(url)?.alt ?? '' }, index): ImageRow => {
    const before = stored[index];
    const variantId = (saysVariants ? variantOf.get(url) : kept.get(url)?.variantId) ?? null;
    return { id: before?.id ?? ids.next<ImageId>(), productId, variantId, url, alt, position: index + 1 };
  });
  const same =
    rows.length === stored.length &&
    rows.every(({ position: _, ...row }, index) => sameValues(row, stored[index] ?? {}));
  return same ? null : rows;
}

/** Of plain values, dates and lists of text. */
function sameValues(one: object, other: object): boolean {
  const entries = Object.entries(one);
  const others = new Map(Object.entries(other));
  return entries.every(([name, value]) => JSON.stringify(value) === JSON.stringify(others.get(name)));
}

/** How many variants name a picture that another variant has already. */
export function sharedPictures(variants: readonly WantedVariant[]): number {
  const named = variants.flatMap(({ imageUrl }) => imageUrl ?? []);
  return named.length - new Set(named).size;
}
