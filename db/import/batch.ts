/** Imports a batch of products: who may have which handle and SKU, then one transaction for all of them. */

import type { Queryable } from '#db/client.ts';
import { sqlState, violatedConstraint } from '#db/failures.ts';
import type { CategoryTree } from './categories.ts';
import { claim, find } from './claims.ts';
import { type ProductPlan, planProduct } from './plan.ts';
import { recordImport } from './record.ts';
import type { Place, Refusal } from './rows.ts';
import type { Run } from './run.ts';
import { findScattered } from './scattered.ts';
import { loadProducts, loadSkuOwners, loadStock } from './stored.ts';
import type { WantedProduct, WantedVariant } from './wanted.ts';
import { writePlans } from './write.ts';

interface BatchContext {
  readonly run: Run;
  readonly tree: CategoryTree;
}

/** SQLSTATE class 23: a constraint of the database refused a row that passed every check of ours. */
const INTEGRITY_VIOLATION = /^23/;

export async function importBatch(
  db: Queryable,
  batch: readonly WantedProduct[],
  context: BatchContext,
): Promise<void> {
  const { run, tree } = context;
  const heard = await markScattered(db, await claimHandles(db, batch, run));
  const wanted = await claimSkus(db, heard, run);
  for (const { categoryPath } of wanted) tree.reach(categoryPath ?? []);
  const made = tree.take();
  run.summary.categories.created += made.length;
  if (run.writes()) await tree.save(db, made);
  try {
    await attempt(db, wanted, context);
  } catch (error) {
    if (!INTEGRITY_VIOLATION.test(sqlState(error) ?? '')) throw error;
    // One product spoils the batch: alone, each of the others goes through.
    for (const product of wanted) await attemptAlone(db, product, context);
  }
}

async function attemptAlone(db: Queryable, product: WantedProduct, context: BatchContext): Promise<void> {
  try {
    await attempt(db, [product], context);
  } catch (error) {
    if (!INTEGRITY_VIOLATION.test(sqlState(error) ?? '')) throw error;
    const constraint = violatedConstraint(error) ?? 'a constraint';
    context.run.refuse({ ...product.at, reason: `the database refuses the product (${constraint})` });
  }
}

/** All or nothing; refusals and counts are told only of what went through. */
async function attempt(
  db: Queryable,
  wanted: readonly WantedProduct[],
  { run, tree }: BatchContext,
): Promise<void> {
  const refusals: Refusal[] = [];
  const plans = await db.transaction(async (tx) => {
    const writes = run.writes();
    const now = new Date();
    const stored = await loadProducts(
      tx,
      wanted.map(({ slug }) => slug),
      writes,
    );
    const setsStock = run.options.stockMode === 'set';
    const variantIds = [...stored.values()].flatMap(({ variants }) => variants.map(({ id }) => id));
    const stockOf = await loadStock(tx, setsStock ? variantIds : [], writes);
    const decided = wanted.map((product) =>
      planProduct(product, stored.get(product.slug) ?? null, {
        ids: run.ids,
        now,
        stockMode: run.options.stockMode,
        categoryId: product.categoryPath === undefined ? undefined : tree.reach(product.categoryPath),
        stockOf,
        refuse: (refusal) => refusals.push(refusal),
      }),
    );
    if (writes) await writePlans(tx, decided, { ids: run.ids, now, stockReason: 'import' });
    // A strict import is one transaction and tells of itself at its end: who waits for the log holds nothing up.
    if (writes && !run.options.strict) await recordImport(tx, run, countsOf(decided));
    return decided;
  });
  for (const refusal of refusals) run.refuse(refusal);
  for (const plan of plans) count(plan, run);
}

function countsOf(plans: readonly ProductPlan[]) {
  const ofKind = (kind: ProductPlan['kind']) => plans.filter((plan) => plan.kind === kind).length;
  return { created: ofKind('created'), changed: ofKind('changed') };
}

function count(plan: ProductPlan, { summary }: Run): void {
  summary.products[plan.kind] += 1;
  summary.variants.created += plan.counts.created;
  summary.variants.changed += plan.counts.changed;
  summary.variants.unchanged += plan.counts.unchanged;
  summary.variants.withdrawn += plan.counts.withdrawn;
  summary.images += plan.wanted.images?.length ?? 0;
  summary.stockChanges += plan.stock.filter(({ delta }) => delta !== 0).length;
}

/** Drops products whose handle came before: their rows must stand together. */
async function claimHandles(
  db: Queryable,
  batch: readonly WantedProduct[],
  run: Run,
): Promise<WantedProduct[]> {
  const firsts = await claim(
    db,
    'handles',
    batch.map(({ slug, at }) => ({ key: slug, slug, place: placeOf(at) })),
  );
  return batch.filter(({ slug, at }) => {
    const first = firsts.get(slug)?.place;
    if (first === placeOf(at)) return true;
    run.refuse({
      ...at,
      reason: `Handle '${slug}' has been imported from ${first}: the rows of a product must stand together; the product's rows from here on are left out`,
    });
    return false;
  });
}

/** What else the files say of such a product is refused, and may be its other variants. */
async function markScattered(db: Queryable, batch: readonly WantedProduct[]): Promise<WantedProduct[]> {
  const scattered = await findScattered(
    db,
    batch.map(({ slug }) => slug),
  );
  return batch.map((product) => (scattered.has(product.slug) ? { ...product, incomplete: true } : product));
}

/** Drops variants whose SKU another product has, and products that have none left. */
async function claimSkus(db: Queryable, batch: readonly WantedProduct[], run: Run): Promise<WantedProduct[]> {
  const claims = batch.flatMap(({ slug, variants }) =>
    variants.flatMap(({ at, given: { sku } }) => (sku ? [{ key: sku, slug, place: placeOf(at) }] : [])),
  );
  const firsts = await claim(db, 'skus', claims);
  const owners = await loadSkuOwners(
    db,
    claims.map(({ key }) => key),
  );
  // An owner whose rows came in this import has said by them which SKUs it still has.
  const heard = await find(db, 'handles', [...new Set(owners.values())]);
  const refusal = ({ at, given: { sku } }: WantedVariant, slug: string): string | undefined => {
    if (!sku) return undefined;
    const first = firsts.get(sku);
    if (first !== undefined && first.place !== placeOf(at))
      return `Variant SKU '${sku}' is already in ${first.place}`;
    const owner = owners.get(sku);
    if (owner === undefined || owner === slug || heard.has(owner)) return undefined;
    return `Variant SKU '${sku}' belongs to the product '${owner}' in the shop`;
  };
  return batch.flatMap((product) => {
    const variants = product.variants.filter((variant) => {
      const reason = refusal(variant, product.slug);
      if (reason !== undefined) run.refuse({ ...variant.at, reason });
      return reason === undefined;
    });
    if (variants.length === 0) return [];
    return [
      { ...product, variants, incomplete: product.incomplete || variants.length < product.variants.length },
    ];
  });
}

function placeOf({ file, line }: Place): string {
  return `${file}:${line}`;
}
