/** Many products at once, straight into the database: what lists and search are read from. */

import { categories, products, variants } from '#db/schema/catalog.ts';
import { type CategoryId, isUuid, type ProductId, type VariantId } from '#lib/ids.ts';
import { currency, minor } from '#lib/money.ts';
import { reindexProduct } from '#origin/search/service.ts';
import type { OriginUnderTest } from './origin.ts';

export interface ProductInput {
  readonly name?: string;
  readonly vendor?: string;
  readonly tags?: string[];
  readonly descriptionHtml?: string;
  readonly categoryId?: CategoryId;
  readonly price?: number;
  readonly popularity?: number;
  readonly createdAt?: Date;
  readonly options?: readonly (readonly [name: string, value: string])[];
}

/** Their ids, in the order of the inputs. */
export async function insertProducts(
  { deps }: OriginUnderTest,
  inputs: readonly ProductInput[],
): Promise<ProductId[]> {
  const rows = inputs.map(({ price = 1000, options = [], ...input }) => ({
    name: 'Test Product',
    currency: currency('USD'),
    priceMinor: minor(price),
    optionNames: options.map(([name]) => name),
    ...input,
    id: deps.ids.next<ProductId>(),
    optionValues: options.map(([, value]) => value),
  }));
  if (rows.length === 0) return [];
  await deps.db
    .insert(products)
    .values(rows.map(({ optionValues: _, ...row }) => ({ ...row, slug: `p-${row.id}` })));
  await deps.db.insert(variants).values(
    rows.map(({ id, priceMinor, optionValues }) => ({
      ...{ id: deps.ids.next<VariantId>(), productId: id, priceMinor, optionValues, position: 0 },
    })),
  );
  return rows.map(({ id }) => id);
}

/** A product that search has taken in. */
export async function insertIndexed(shop: OriginUnderTest, input: ProductInput): Promise<ProductId> {
  const [id] = await insertProducts(shop, [input]);
  if (id === undefined || !isUuid(id)) throw new Error('no product was inserted');
  await reindexProduct(shop.deps, id);
  return id;
}

export async function insertCategory(
  { deps }: OriginUnderTest,
  slug: string,
  parentId: CategoryId | null = null,
): Promise<CategoryId> {
  const id = deps.ids.next<CategoryId>();
  await deps.db.insert(categories).values({ id, slug, name: slug, parentId });
  return id;
}

/** Follows `nextCursor` to the end; `between` runs after each page. */
export async function readPages(
  shop: OriginUnderTest,
  url: string,
  between: (page: number) => Promise<void> = async () => {},
): Promise<{ readonly id: string; readonly price: { readonly amount: number } }[]> {
  const items = [];
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { status, body } = await shop.call(`${url}${cursor === null ? '' : `&cursor=${cursor}`}`);
    if (status !== 200) throw new Error(`${url} answered ${status}: ${JSON.stringify(body)}`);
    items.push(...body.items);
    cursor = body.nextCursor;
    if (cursor === null) return items;
    await between(page);
  }
  throw new Error(`${url} has no end`);
}

const MAX_PAGES = 200;
